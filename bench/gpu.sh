#!/bin/sh
# Tests and measures the CUDA device on a machine that has only an NVIDIA driver: no network, no Java, no compiler.
#
#   bench/gpu.sh pack [FOLDER]   on the build machine: packs a Java runtime, the tests, and the kernels, compiled if there is
#                                nvcc, into FOLDER, target/gpu by default, in less than 64 MiB
#   FOLDER/gpu.sh [run]          on the machine with the GPU: runs the contracts of devices and kernels, without and with
#                                CUDA graphs; direct calls of the driver and cuBLAS; the same cases in PyTorch and Triton,
#                                if they are installed; then carve.bench.gpu: the fixtures in F32 and BF16, operations,
#                                generation of published shapes at 1K to 128K, memory, a training step, and each goal with
#                                the measured value. The report, card.jsonl and card.md, is written to $OUT or FOLDER/out.
#                                It ends within 9 minutes: each part has a time limit, and the last one takes what is left
#   FOLDER/gpu.sh try            anywhere: the same report with small shapes on the CPU, to test the script itself
#
# Without a GPU, run prints the reason and exits with 2.
set -eu

here=$(dirname "$(readlink -f "$0")")
limit=$((64 * 1024))
seconds=525

fail() {
    echo "gpu.sh: $1" >&2
    exit 1
}

modules="api runtime hocon bench plugin-attention plugin-cpu plugin-cuda plugin-distill plugin-mamba2 plugin-models"
models="hovle_tiny mmmamba_linear_tiny mmmamba_hybrid_tiny matvlm_teacher_tiny matvlm_tiny"

pack() {
    root=$(dirname "$here")
    to=$(readlink -m "${1:-$root/target/gpu}")
    . "$root/.mvn/find-jdk.sh"
    find_jdk || exit 1
    cd "$root"
    console=6.1.3
    ./mvnw -q -B -pl bench,plugin-attention,plugin-cpu,plugin-cuda,plugin-distill,plugin-mamba2,plugin-models -am -DskipTests \
        test-compile >&2
    ./mvnw -q -B dependency:get -Dtransitive=false \
        -Dartifact=org.junit.platform:junit-platform-console-standalone:$console >&2
    rm -rf "$to"
    mkdir -p "$to/modules" "$to/tests" "$to/lib" "$to/needs" "$to/fixtures" "$to/model"
    "$JAVA_HOME/bin/jlink" --strip-debug --no-header-files --no-man-pages --compress zip-0 --output "$to/java" \
        --add-modules java.base,java.compiler,java.desktop,java.logging,java.management,java.net.http,jdk.unsupported,jdk.incubator.vector
    tar -C "$to" -czf "$to/java.tar.gz" java # smaller than with jlink's own compression
    rm -rf "$to/java"
    for module in $modules; do
        cp -r "$module/target/classes" "$to/modules/$module"
    done
    cp -r testkit/target/classes/. plugin-cuda/target/test-classes/. "$to/tests/"
    rm -f "$to/tests/module-info.class"
    cp bench/target/lib/*.jar "$to/needs/"
    cp plugin-cuda/target/lib/jcuda-[0-9]*.jar "$to/lib/"
    # only the driver API of JCuda's native libraries: the others are 24 MiB
    natives=$(ls "$root"/plugin-cuda/target/lib/jcuda-natives-*.jar)
    mkdir "$to/natives"
    (cd "$to/natives" && "$JAVA_HOME/bin/jar" --extract --file "$natives" && rm -f lib/libJNv* lib/libJCudaRuntime* \
        && "$JAVA_HOME/bin/jar" --create --no-manifest --file "$to/lib/$(basename "$natives")" lib)
    rm -rf "$to/natives"
    repository=$(./mvnw -q -B help:evaluate -Dexpression=settings.localRepository -DforceStdout)
    cp "$repository/org/junit/platform/junit-platform-console-standalone/$console/"*.jar "$to/tests.jar"
    for model in $models; do
        cp -r "fixtures/$model" "$to/fixtures/"
    done
    rm -f "$to"/fixtures/*/init_with_kqvo.safetensors "$to"/fixtures/*/train_format.safetensors
    "$JAVA_HOME/bin/java" -p "api/target/classes:runtime/target/classes:hocon/target/classes:bench/target/classes:bench/target/lib" \
        -m carve.bench/carve.bench.ZeroWeightModel "$to/model" bf16 hovle 2>/dev/null
    rm "$to/model/model.safetensors" # the benchmark uses random weights
    [ -e "$to/modules/plugin-cuda/carve/cuda/prebuilt/architectures" ] \
        || echo "no nvcc: kernels are not compiled; the machine with the GPU needs NVRTC" >&2
    cp "$here/gpu.sh" "$here/gpu_peers.py" "$here/torch_ssd.py" "$to/"
    size=$(du -sk "$to" | cut -f 1)
    [ "$size" -le "$limit" ] || fail "$to has $size KiB, more than $limit"
    echo "$to: $size KiB; copy it to the machine with the GPU and run gpu.sh there"
}

# The folders of cuBLAS and NVRTC, which a Python package on the machine may contain.
libraries() {
    timeout 20 find / -xdev \( -name 'libcublas.so.1[23]' -o -name 'libnvrtc.so.1[23]' \) -printf '%h\n' 2>/dev/null \
        | sort -u | tr '\n' ':'
}

joined() {
    ls -d "$@" | tr '\n' ':'
}

# Unpacks Java to a temporary folder, because the folder of this script may be read-only.
unpack() {
    [ -e "$here/java.tar.gz" ] || fail "java.tar.gz is missing beside this script: make the folder with 'bench/gpu.sh pack'"
    home=$(mktemp -d)
    trap 'rm -rf "$home"' EXIT
    tar -C "$home" -xzf "$here/java.tar.gz"
    export home
}

java() {
    "$home/java/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -Dcarve.cuda.libraries="$found" -Dcarve.devices.cuda.library-path="$found" "$@"
}

# The remaining seconds of the time limit.
left() {
    echo $((begun + seconds - $(date +%s)))
}

contracts() {
    code=0
    timeout "$1" "$0" java -Dcarve.cuda.graphs="$2" -jar "$here/tests.jar" execute --details=summary --disable-banner \
        --class-path "$tests" --select-class carve.cuda.GpuDeviceTest --select-class carve.cuda.GpuKernelTest \
        --reports-dir "$out/graphs-$2" >"$out/contracts-graphs-$2.txt" 2>&1 || code=$?
    case ${code:-0} in
        0) echo passed ;;
        124) echo "stopped after $1 seconds, see contracts-graphs-$2.txt" ;;
        *) echo "failed, see contracts-graphs-$2.txt" ;;
    esac
}

# Measures the same cases in PyTorch, if a Python with PyTorch is installed.
peers() {
    for python in python3 /usr/bin/python3; do
        if command -v $python >/dev/null && $python -c 'import torch' 2>/dev/null; then
            timeout "$1" $python "$here/gpu_peers.py" ${2:-} >>"$out/peers.jsonl" 2>>"$out/peers.txt" || true
            return
        fi
    done
    echo "no PyTorch on this machine" >>"$out/peers.txt"
}

measure() {
    timeout "$1" "$0" java --add-modules ALL-DEFAULT,jdk.incubator.vector \
        --enable-native-access=ALL-UNNAMED,carve.bench,carve.cpu,carve.cuda --add-reads carve.cuda=ALL-UNNAMED \
        --add-reads carve.cpu=ALL-UNNAMED -Xmx16g -cp "$(joined "$here"/lib/*.jar)" \
        -p "$(joined "$here"/modules/*)$(joined "$here"/needs/*.jar)" \
        -m carve.bench/carve.bench.gpu.Main "$3" "$out" "$2" "$here/fixtures" "$4" ${5:-}
}

run() {
    begun=$(date +%s)
    unpack
    out=${OUT:-$here/out}
    mkdir -p "$out"
    reason=$(java -cp "$tests" carve.cuda.GpuProbe) || { echo "gpu.sh: no GPU: $reason" >&2; exit 2; }
    found=$(libraries)
    export found
    echo "GPU: $(java -cp "$tests" carve.cuda.GpuProbe)"
    { command -v nvidia-smi >/dev/null && nvidia-smi; } >"$out/nvidia-smi.txt" 2>&1 || true
    off=$(contracts 150 false)
    echo "contracts, without graphs: $off"
    on=$(contracts 75 true)
    echo "contracts, with graphs: $on"
    timeout 40 "$0" java -cp "$tests" carve.cuda.DirectCudaBenchmark >"$out/peers.jsonl" 2>"$out/peers.txt" \
        || echo "the driver and cuBLAS could not be called directly, see peers.txt"
    peers 80
    measure "$(left)" $(($(left) - 40)) cuda "$here/model" || echo "the report is incomplete"
    printf '\nContracts, without graphs: %s\n\nContracts, with graphs: %s\n' "$off" "$on" >>"$out/card.md"
    cat "$out/card.md"
}

# Makes the report with small shapes on the CPU, from the packed files.
try() {
    begun=$(date +%s)
    unpack
    out=${OUT:-$here/out}
    mkdir -p "$out"
    : >"$out/peers.jsonl"
    : >"$out/peers.txt"
    peers 60 --cpu
    measure "$(left)" 150 cpu "$here/fixtures/hovle_tiny" small
    cat "$out/card.md"
}

tests=$here/tests:$here/modules/api:$here/modules/runtime:$here/modules/plugin-cuda:$(joined "$here"/lib/jcuda*.jar 2>/dev/null || true)
found=${found:-}

case ${1:-} in
    pack) shift; pack "$@" ;;
    run | "") run ;;
    try) try ;;
    java) shift; java "$@" ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 1 ;;
esac
