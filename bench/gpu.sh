#!/bin/sh
# Proves and measures the CUDA device on a machine that has nothing but an NVIDIA driver: no network, no Java, no compiler.
#
#   bench/gpu.sh pack [FOLDER]   here, where carve is built: a Java runtime, what the tests need, and kernels compiled for
#                                cards where there is nvcc; FOLDER is target/gpu by default, and has less than 64 MiB
#   FOLDER/gpu.sh [run]          there: the contracts of devices and kernels on the card, with graphs off and on, then
#                                speeds; reports go to $OUT, or to FOLDER/out. It ends within 9 minutes
#
# Where there is no card, run says why and ends with 2.
set -eu

here=$(dirname "$(readlink -f "$0")")
limit=$((64 * 1024))

fail() {
    echo "gpu.sh: $1" >&2
    exit 1
}

pack() {
    root=$(dirname "$here")
    to=$(readlink -m "${1:-$root/target/gpu}")
    . "$root/.mvn/find-jdk.sh"
    find_jdk || exit 1
    cd "$root"
    console=6.1.3
    ./mvnw -q -B -pl plugin-cuda -am -DskipTests test-compile >&2
    ./mvnw -q -B dependency:get -Dtransitive=false \
        -Dartifact=org.junit.platform:junit-platform-console-standalone:$console >&2
    rm -rf "$to"
    mkdir -p "$to/classes" "$to/lib"
    "$JAVA_HOME/bin/jlink" --add-modules java.base,java.logging,java.xml,java.management,jdk.unsupported \
        --strip-debug --no-header-files --no-man-pages --compress zip-6 --output "$to/java"
    for module in api testkit plugin-cuda; do
        cp -r "$module/target/classes/." "$to/classes/"
    done
    cp -r plugin-cuda/target/test-classes/. "$to/classes/"
    rm -f "$to/classes/module-info.class"
    cp plugin-cuda/target/lib/jcuda-[0-9]*.jar "$to/lib/"
    # of JCuda's native parts the driver's alone: the others are 24 MiB
    natives=$(ls "$root"/plugin-cuda/target/lib/jcuda-natives-*.jar)
    mkdir "$to/natives"
    (cd "$to/natives" && "$JAVA_HOME/bin/jar" --extract --file "$natives" && rm -f lib/libJNv* lib/libJCudaRuntime* \
        && "$JAVA_HOME/bin/jar" --create --no-manifest --file "$to/lib/$(basename "$natives")" lib)
    rm -rf "$to/natives"
    repository=$(./mvnw -q -B help:evaluate -Dexpression=settings.localRepository -DforceStdout)
    cp "$repository/org/junit/platform/junit-platform-console-standalone/$console/"*.jar "$to/lib/"
    [ -e "$to/classes/carve/cuda/prebuilt/architectures" ] || echo "no nvcc: the machine with the card needs NVRTC" >&2
    cp "$here/gpu.sh" "$to/gpu.sh"
    size=$(du -sk "$to" | cut -f 1)
    [ "$size" -le "$limit" ] || fail "$to has $size KiB, more than $limit"
    echo "$to: $size KiB; copy it to the machine with the card and run gpu.sh there"
}

# The folders of cuBLAS and NVRTC that a Python on the machine may have brought.
libraries() {
    find / -xdev \( -name 'libcublas.so.1[23]' -o -name 'libnvrtc.so.1[23]' \) -printf '%h\n' 2>/dev/null | sort -u \
        | tr '\n' ':'
}

contracts() {
    timeout "$1" "$here/java/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -Dcarve.cuda.libraries="$found" -Dcarve.cuda.graphs="$2" \
        -jar "$here"/lib/junit-platform-console-standalone-*.jar execute --details=summary --disable-banner \
        --class-path "$here/classes:$(ls "$here"/lib/jcuda*.jar | tr '\n' ':')" \
        --select-class carve.cuda.CardDeviceTest --select-class carve.cuda.CardKernelTest \
        --reports-dir "$out/graphs-$2" >"$out/contracts-graphs-$2.txt" 2>&1 && echo passed || echo "failed, see contracts-graphs-$2.txt"
}

run() {
    [ -x "$here/java/bin/java" ] || fail "there is no Java beside this script: make the folder with 'bench/gpu.sh pack'"
    out=${OUT:-$here/out}
    mkdir -p "$out"
    found=
    classpath=$here/classes:$here/lib/*
    reason=$("$here/java/bin/java" --enable-native-access=ALL-UNNAMED -cp "$classpath" carve.cuda.CardProbe) || { echo "gpu.sh: no card: $reason" >&2; exit 2; }
    found=$(libraries)
    echo "card: $reason"
    off=$(contracts 200 false)
    echo "contracts, launch by launch: $off"
    on=$(contracts 120 true)
    echo "contracts, graphs: $on"
    timeout 150 "$here/java/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -Dcarve.cuda.libraries="$found" -cp "$classpath" carve.cuda.CardReport "$out" 120 \
        || echo "speeds: not measured to the end"
    printf '\nContracts, launch by launch: %s\n\nContracts, graphs: %s\n' "$off" "$on" >>"$out/cuda.md"
    cat "$out/cuda.md"
}

case ${1:-} in
    pack) shift; pack "$@" ;;
    run | "") run ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 1 ;;
esac
