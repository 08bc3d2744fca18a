#!/bin/sh
# Compares the logits and greedy tokens of carved students with those that Transformers and llama.cpp have of the same files. Prints a
# table; exits with 1 if one differs.
#
#   bench/parity/parity.sh [--model FOLDER] [--python PROGRAM] [--llama-python PROGRAM] [--work FOLDER]
#
# Without --model the teacher is a tiny Llama with random weights. Python 3.10 or later and PyPI must be there, for virtual environments in
# bench/target, or programs with transformers and torch, and with llama-cpp-python.
set -eu

root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
cd "$root"

model=
python=
llama=
work=bench/target/parity
while [ $# -gt 0 ]; do
    case $1 in
    --model) model=$2 ;;
    --python) python=$2 ;;
    --llama-python) llama=$2 ;;
    --work) work=$2 ;;
    *) sed -n '2,8p' "$0" >&2; exit 2 ;;
    esac
    shift 2
done

# Makes a virtual environment with some packages and prints its python.
environment() {
    venv=bench/target/parity-$1
    shift
    if [ ! -x "$venv/bin/python" ]; then
        python3 -m venv "$venv"
        "$venv/bin/pip" install -q "$@" >&2
    fi
    echo "$venv/bin/python"
}

[ -n "$python" ] || python=$(environment transformers torch 'transformers==5.24.0')
[ -n "$llama" ] || llama=$(environment llama 'llama-cpp-python==0.3.36' safetensors)
parity=bench/parity/parity.py
mkdir -p "$work"

teacher=$model
scale=0.02
[ -n "$model" ] || { teacher=$work/teacher; scale=0.2; "$python" $parity teacher "$teacher" >&2; }
name=$(basename "$teacher")

cat >"$work/hybrid.conf" <<'END'
mixers { mamba2 { type = plain-mamba2, init = kqvo-identity, groups = heads, state-width = 0, norm-groups = 0 } }
repeat = [keep, mamba2 x2]
END

rm -rf "$work/student" "$work/student.gguf"
./carve convert "$teacher" --plan "$work/hybrid.conf" --out "$work/student" >&2
"$python" $parity perturb "$work/student" $scale
vocabulary=$(sed -n 's/.*"vocab_size": *\([0-9]*\).*/\1/p' "$work/student/config.json")
"$python" $parity inputs "$work/in.safetensors" "$vocabulary" 96
./carve trace "$work/student" --input "$work/in.safetensors" --out "$work/carve.safetensors" --greedy 32 --device cpu >&2
"$python" $parity transformers "$work/student" "$work/in.safetensors" "$work/transformers.safetensors" 32 >&2
./carve export "$work/student" "$work/student.gguf" >&2
"$llama" $parity llama.cpp "$work/student.gguf" "$work/in.safetensors" "$work/llama.safetensors" 32 >&2
./carve trace "$work/student.gguf" --input "$work/in.safetensors" --out "$work/gguf.safetensors" --greedy 32 --device cpu >&2

"$python" $parity versions
"$llama" $parity versions
echo
echo "| student, read by | positions | rms of differences over rms | greatest difference | same top-1 | same greedy tokens | least margin of top-1 |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
failed=0
"$python" $parity compare "$name, Transformers" "$work/carve.safetensors" "$work/transformers.safetensors" || failed=1
"$python" $parity compare "$name, llama.cpp (GGUF)" "$work/carve.safetensors" "$work/llama.safetensors" || failed=1
"$python" $parity compare "$name, Carve (GGUF)" "$work/carve.safetensors" "$work/gguf.safetensors" || failed=1
exit $failed
