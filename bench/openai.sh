#!/bin/sh
# Attacks a server with Schemathesis, by OpenAI's own OpenAPI document (app/src/test/resources/openai). Prints a table of what came of it.
#
#   bench/openai.sh [--model demo/teacher] [--seconds 300] [--seed 16]
#
# Python 3.10 or later and PyPI must be there; Schemathesis goes to a virtual environment in bench/target.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"

model=demo/teacher
seconds=300
seed=16
while [ $# -gt 0 ]; do
    case $1 in
    --model) model=$2 ;;
    --seconds) seconds=$2 ;;
    --seed) seed=$2 ;;
    *) sed -n '2,6p' "$0" >&2; exit 2 ;;
    esac
    shift 2
done

venv=bench/target/schemathesis
if [ ! -x "$venv/bin/schemathesis" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q 'schemathesis==4.32.5' >&2
fi
. bench/serving.sh
result=0
"$venv/bin/python" bench/openai_attack.py "$address" --name model --seconds "$seconds" --seed "$seed" --work "$work" || result=$?
exit $result
