#!/bin/sh
# Compares a training step of Carve with the same step in PyTorch on this machine, in turn, with the limit of the machine beside
# them. Prints Markdown.
#
#     bench/training.sh MODEL TEXTS [--rounds N] [--threads N]
#
# MODEL is a folder in Transformers' layout, TEXTS a folder of text files. PyTorch and Transformers come with the python3 of
# CARVE_PYTHON, or python3.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
model=$(readlink -f "$1") texts=$(readlink -f "$2")
shift 2
rounds=3 threads=$(nproc) rows=4 positions=512
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2; shift ;;
        --threads) threads=$2; shift ;;
        *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/recipe.conf" <<END
model = "$model"
data { type = text, files = "$texts", max-length = $positions }
samples.every = 0
stages = [{
  name = step, type = supervised, batch-size = $rows, steps = 8, tensorboard = false, checkpoint-steps = 1000000
  optimizer { type = adamw, learning-rate = 1e-5 }, schedule { type = constant }
}]
END
for round in $(seq "$rounds"); do
    ./carve train "$work/recipe.conf" -Dout="$work/run-$round" -Dcarve.devices.cpu.threads="$threads" >&2
    mv "$work/run-$round/step/metrics.jsonl" "$work/carve-$round.jsonl"
    rm -rf "$work/run-$round"
    "${CARVE_PYTHON:-python3}" bench/torch_training.py "$model" --threads "$threads" --rows "$rows" --positions "$positions" \
        >"$work/torch-$round.jsonl"
done
python3 bench/training.py "$model" "$rows" "$positions" "$work"/*.jsonl
