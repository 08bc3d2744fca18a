#!/bin/sh
# Compares Carve with llama.cpp, PyTorch and Jlama on this machine in one run: the same files, in turn, in several rounds,
# together with the limits of the machine. Writes bench/results/peers-DATE.md and .json.
#
#     bench/peers.sh [--quick] [--rounds N] [--threads N] [--only MODEL:TYPE] [--note TEXT]
#
# llama.cpp is built from the source in npm's package node-llama-cpp, which needs npm, git, cmake and a C++ compiler;
# CARVE_LLAMA names a folder with src and build where that has been done. PyTorch is the system's python3-torch, Jlama comes
# from Maven Central. Programs that are not available are skipped, with the reason. Models have random weights of published
# shapes and are stored in bench/target/peers. --only compares a single model with llama.cpp.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

quick= rounds=3 threads=$(nproc) only= note=
while [ $# -gt 0 ]; do
    case $1 in
        --quick) quick=yes rounds=1 ;;
        --rounds) rounds=$2; shift ;;
        --threads) threads=$2; shift ;;
        --only) only=$2; shift ;;
        --note) note=$2; shift ;;
        *) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done

work=$root/bench/target/peers
models=$work/models
figures=$work/figures
rm -rf "$figures"
mkdir -p "$models" "$figures"
say() { echo "peers: $*" >&2; }

# --- the peers -------------------------------------------------------------------------------------------------------------
version=3.22.1
llama=${CARVE_LLAMA:-$work/llama}
build_llama() {
    mkdir -p "$llama"
    (cd "$llama"
        [ -d src ] || {
            npm install --no-audit --no-fund --ignore-scripts "node-llama-cpp@$version"
            git clone -q node_modules/node-llama-cpp/llama/gitRelease.bundle src
        }
        cmake -S src -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF \
            -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_TOOLS=ON
        cmake --build build -j"$(nproc)" --target llama-bench) >"$work/llama.log" 2>&1
}
[ -x "$llama/build/bin/llama-bench" ] || { say "building llama.cpp, about ten minutes on 2 cores"; build_llama; } \
    || { say "llama.cpp cannot be built, see $work/llama.log; left out"; llama=; }
if [ -n "$llama" ]; then
    bin=$llama/build/bin
    c++ -O2 -o "$work/greedy" bench/peers/greedy.cpp -I"$llama/src/include" -I"$llama/src/ggml/include" -L"$bin" \
        -lllama -lggml -lggml-base -lggml-cpu -Wl,-rpath,"$bin"
fi
python=
for one in $(which -a python3 || true); do
    [ -n "$python" ] || ! "$one" -c 'import torch' 2>/dev/null || python=$one
done
./mvnw -q -B -pl bench -am -Dmaven.test.skip=true package >&2
./carve devices >/dev/null

# --- the models ------------------------------------------------------------------------------------------------------------
if [ -n "$quick" ]; then
    list="mamba2-130m:f32 mamba2-130m:bf16 mamba2-130m:q8_0 mamba2-370m:bf16 llama-1b:q8_0 llama-1b:q4_0"
    prompts=512 answers=64 repeat=3
else
    list=
    for model in mamba2-130m mamba2-370m; do
        for type in f32 bf16 q8_0 q4_0; do list="$list $model:$type"; done
    done
    list="$list llama-1b:q8_0 llama-1b:q4_0"
    prompts=512,2048 answers=64 repeat=3
fi
[ -z "$only" ] || list=$only
also="llama-1b:bf16 mamba2-130m:bf16"
[ -z "$only" ] || also=
for one in $list $also; do
    file=$models/${one%:*}-${one#*:}.gguf
    [ -f "$file" ] || { say "writing $file"; ./carve export "shape:${one%:*}" "$file" --type "${one#*:}" >&2; }
done

# --- rounds ----------------------------------------------------------------------------------------------------------------
ours() { # file, prompts, more
    name=$(basename "$1" .gguf)
    ./carve bench --models "$1" --prompt "$2" --generate "$answers" --repeat "$repeat" --warm-up 4 \
        --threads "$threads" --json "$figures/ours-$round-$name$3.jsonl" $4 >/dev/null 2>"$figures/ours-$round-$name$3.err" \
        || { say "carve bench failed:"; cat "$figures/ours-$round-$name$3.err" >&2; }
}
theirs() { # file
    [ -n "$llama" ] || return 0
    name=$(basename "$1" .gguf)
    "$bin/llama-bench" -m "$1" -t "$threads" -p "$prompts" -n "$answers" -r "$repeat" -o jsonl \
        >"$figures/llama.cpp-$round-$name.jsonl" 2>"$figures/llama.cpp-$round-$name.err" \
        || { say "llama-bench failed:"; tail -n 3 "$figures/llama.cpp-$round-$name.err" >&2; }
}
limits() {
    say "limits and ops"
    for what in "decay scan" "softmax attention"; do
        bench/cpu.sh --only "$what" --repetitions 9 --json "$figures/cpu-$(echo "$what" | tr ' ' -).jsonl" >/dev/null 2>"$figures/cpu.err" \
            || { say "bench/cpu.sh --only '$what' failed:"; tail -n 3 "$figures/cpu.err" >&2; }
    done
}
[ -n "$only" ] || limits
round=1
while [ "$round" -le "$rounds" ]; do
    for one in $list; do
        file=$models/${one%:*}-${one#*:}.gguf
        say "round $round of $rounds: $(basename "$file")"
        if [ $((round % 2)) -eq 1 ]; then
            ours "$file" "$prompts" "" ""; theirs "$file"
        else
            theirs "$file"; ours "$file" "$prompts" "" ""
        fi
    done
    [ -z "$only" ] || { round=$((round + 1)); continue; }
    ours "$models/llama-1b-bf16.gguf" 0 "" ""
    ours "$models/mamba2-130m-bf16.gguf" 0 -deep "--depth 0,105472"
    if [ -n "$python" ]; then
        "$python" bench/torch_ssd.py --threads "$threads" >"$figures/torch-$round.jsonl" || say "PyTorch did not run; left out"
    else
        say "no python3-torch; left out"
    fi
    round=$((round + 1))
done

# --- the same tokens -------------------------------------------------------------------------------------------------------
for one in $list; do
    name=${one%:*}-${one#*:}
    mine=$(sed -n 's/.*greedy tokens //p' "$figures/ours-1-$name.err")
    yours=$([ -z "$llama" ] || "$work/greedy" "$models/$name.gguf" 16 16 "$threads" || true)
    printf '{"name": "%s", "ours": "%s", "llama.cpp": "%s"}\n' "$name" "$mine" "$yours" >>"$figures/greedy.jsonl"
done

[ -n "$only" ] || bench/peers/jlama.sh "$work" "$figures" "$threads" "$prompts" "$answers" \
    || say "Jlama did not run; left out"

exec "$JAVA_HOME/bin/java" -Djava.awt.headless=true \
    -p "api/target/classes:runtime/target/classes:hocon/target/classes:bench/target/classes:bench/target/lib" \
    --add-modules jdk.incubator.vector -m carve.bench/carve.bench.comparison.Main "$figures" \
    "bench/results/peers-$(date +%F)${quick:+-quick}" "$note"
