#!/bin/sh
# Compares Carve's tokenizers with the libraries tokenizers and sentencepiece of PyPI: 35 tokenizers of every kind, trained on the
# files of this repo, and generated texts of many scripts, runs of spaces, combining marks, code and special tokens. Writes
# bench/results/tokenizers.md and fails if an id differs.
#
#     bench/tokenizers.sh [COUNT]     texts of each tokenizer, 30000 unless given: a million comparisons in all
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

count=${1:-30000}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/carve/tokenizers
work=$root/bench/target/tokenizers
results=$root/bench/results/tokenizers.md
[ -x "$cache/bin/python" ] || python3 -m venv "$cache"
"$cache/bin/pip" -q install tokenizers==0.23.3 sentencepiece==0.2.3
rm -rf "$work"
"$cache/bin/python" bench/tokenizer_peers.py train "$work"
"$cache/bin/python" bench/tokenizer_peers.py encode "$work" "$count"
./mvnw -q -B -pl plugin-models -am -Dmaven.test.skip=true package >&2
{
    echo "# Tokenizers beside their libraries"
    echo
    echo "\`bench/tokenizers.sh $count\`, $(nproc) cores, $(LC_ALL=C date -u '+%-d %B %Y'). tokenizers 0.23.3 and sentencepiece 0.2.3 run in Python, one text at a"
    echo "call; rates are of the thread's processor time; the last column is Carve's rate divided by the library's. Files that end in .model are SentencePiece's own format."
    echo
    "$JAVA_HOME/bin/java" -cp api/target/classes:plugin-models/target/classes bench/CompareTokenizers.java "$work"
} > "$results" || { cat "$results"; exit 1; }
cat "$results"
