#!/bin/sh
# Attacks carve: mutated files of every format, hostile requests to a server with 1 GiB of heap beside well-behaved clients, then a
# soak with pictures and disconnects. Anything but answers and clean errors is a failure. Writes a report and, for each failure, the
# input.
#
#   bench/attack.sh [--seconds 3600] [--file-seconds 1800] [--requests 1000000] [--clients 64] [--soak 600] [--large 500]
#                   [--guided 0] [--seed 16] [--out bench/results/attack-DATE.md]
#   bench/attack.sh --repeat FILE      # reads or sends an input that failed again
#
# Of --seconds, half, or --file-seconds, is for files and the rest for requests. On top come --large requests with bodies of
# megabytes, the soak, and, for so many seconds for each of its targets, Jazzer (--guided), which chooses inputs by the branches that
# they reach.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

seconds=3600 file_seconds= requests=1000000 clients=64 soak=600 guided=0 large=500 seed=16 repeat=
out=bench/results/attack-$(date +%F).md
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2 ;;
    --file-seconds) file_seconds=$2 ;;
    --requests) requests=$2 ;;
    --clients) clients=$2 ;;
    --soak) soak=$2 ;;
    --guided) guided=$2 ;;
    --large) large=$2 ;;
    --seed) seed=$2 ;;
    --out) out=$2 ;;
    --repeat) repeat=$(readlink -f "$2") ;;
    *) sed -n '2,14p' "$0" >&2; exit 2 ;;
    esac
    shift 2
done

file_seconds=${file_seconds:-$((seconds / 2))}
failed=$root/bench/target/attack
mkdir -p "$failed"
work=$(mktemp -d)
mkdir "$work/tmp"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

tests='*FuzzTest,HostileConfigTest'
targets=40
fuzz() {
    ./mvnw -B -q -fae -Dcarve.checks.phase=none -pl app,plugin-distill -am -Dsurefire.failIfNoSpecifiedTests=false \
        -Dtest="$tests" "-Dcarve.test.arguments=$*" package
}

serve() {
    ./mvnw -q -B -pl bench -am -Dmaven.test.skip=true package >&2
    ./carve version >&2
    JDK_JAVA_OPTIONS="-Xmx1g -Djava.io.tmpdir=$work/tmp" ./carve serve model=demo/teacher --port 0 --states "$work/states" \
        >"$work/out" 2>"$work/log" &
    server=$!
    until grep -q '^carve serves' "$work/out"; do
        kill -0 "$server"
        sleep 0.2
    done
    address=$(sed -n 's/^carve serves .* at //p' "$work/out")
}

attack() {
    "$JAVA_HOME/bin/java" \
        -p api/target/classes:runtime/target/classes:hocon/target/classes:testkit/target/classes:bench/target/classes:bench/target/lib \
        --add-modules ALL-DEFAULT,jdk.incubator.vector,carve.testkit -m carve.bench/carve.bench.attack.Main "$address" "$@"
}

if [ -n "$repeat" ]; then
    case ${repeat##*/} in
    http-*) serve && attack --repeat "$repeat" ;;
    *) fuzz "-Dcarve.fuzz.input=$repeat" ;;
    esac
    exit
fi

status=0
heading='| target | inputs | answers | clean errors | failures | slowest, ms |
| --- | ---: | ---: | ---: | ---: | ---: |'

echo "Files: about $targets targets, $file_seconds s" >&2
rm -f "$failed/results.md"
fuzz "-Dcarve.fuzz.seconds=$((file_seconds / targets + 1)) -Dcarve.fuzz.seed=$seed -Dcarve.fuzz.folder=$failed" >"$failed/fuzz.log" 2>&1 || status=1
[ $status = 0 ] || { grep 'ERROR' "$failed/fuzz.log" | head -n 40 >&2; }

echo "Requests: up to $requests in $((seconds - file_seconds)) s, then a soak of $soak s" >&2
serve
attack --pid "$server" --seed "$seed" --large "$large" --requests "$requests" --seconds "$((seconds - file_seconds))" --clients "$clients" --soak "$soak" \
    --failed "$failed" --out "$failed/server.md" >&2 || status=1
kill "$server"
ended=0
wait "$server" || ended=$?
server=
left=$(find "$work/tmp" -mindepth 1 | wc -l)
unexpected=$(grep -c 'OutOfMemoryError\|StackOverflowError' "$work/log" || true)
cp "$work/log" "$failed/server.log"

guided_rows() {
    jazzer=bench/target/jazzer
    ./mvnw -q -B dependency:copy -Dartifact=com.code-intelligence:jazzer:0.30.0 -DoutputDirectory="$root/$jazzer" >&2
    ./mvnw -q -B dependency:copy -Dartifact=com.code-intelligence:jazzer-api:0.30.0 -DoutputDirectory="$root/$jazzer" >&2
    classes=api/target/classes:runtime/target/classes:hocon/target/classes:testkit/target/classes:bench/target/classes:bench/target/lib/*:$jazzer/*
    for target in json safetensors 'safetensors index' gguf hocon; do
        corpus=$failed/guided/$(echo "$target" | tr ' ' '-')
        "$JAVA_HOME/bin/java" -cp "$classes" "-Dcarve.fuzz.target=$target" "-Dcarve.fuzz.work=$work/guided" carve.bench.attack.GuidedTarget "$corpus"
        found=0
        "$JAVA_HOME/bin/java" -XX:+EnableDynamicAgentLoading -Xmx2g -cp "$classes" "-Dcarve.fuzz.target=$target" \
            "-Dcarve.fuzz.work=$work/guided" \
            com.code_intelligence.jazzer.Jazzer --target_class=carve.bench.attack.GuidedTarget --instrumentation_includes='carve.**' \
            --reproducer_path="$failed" -artifact_prefix="$failed/" -max_total_time="$guided" -timeout=10 -rss_limit_mb=4096 -max_len=65536 \
            "$corpus" >"$corpus.log" 2>&1 || found=1
        runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p; s/^#\([0-9]*\)\s*DONE.*/\1/p' "$corpus.log" | tail -n 1)
        covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$corpus.log" | tail -n 1)
        echo "| $target | ${runs:-0} | ${covered:-0} | $found |"
        [ $found = 0 ] || touch "$failed/guided.failed"
    done
}

commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
{
    echo "# Standing attack, $(date +%F)"
    echo
    echo "\`bench/attack.sh --seconds $seconds --file-seconds $file_seconds --requests $requests --clients $clients --soak $soak --large $large --guided $guided --seed $seed\` at $commit, $(nproc) cores,"
    echo "JDK $("$JAVA_HOME/bin/java" -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p')."
    echo
    cat <<'TEXT'
Each input ends in an answer or in a clean error; anything else is a failure.

- Files: a clean error is an exception of Carve's own with a message. Another exception, an error of the JVM, or more than ten seconds is a failure.
- Requests: a clean error is a status of 4xx, 501, 503, 505 or 507 with OpenAI's JSON. Another status, a reply that is not HTTP or tells of the
  server's insides, 40 seconds without a byte, or a connection closed without a reply to a whole request is a failure. Where the request is not
  whole, or the client disconnects, there may be no reply; these are counted with the clean errors. Clients stop reading an answer after five seconds.
TEXT
    echo
    echo "## Files"
    echo
    echo "$heading"
    sort "$failed/results.md"
    awk -F'|' '{i+=$3; a+=$4; r+=$5; f+=$6; if ($7+0>s) s=$7+0} END {printf "| all | %d | %d | %d | %d | %d |\n", i, a, r, f, s}' "$failed/results.md"
    echo
    cat "$failed/server.md"
    echo
    echo "The server had 1 GiB of heap. It ended with status $ended after SIGTERM; files left in its temporary folder: $left;"
    echo "lines of its log with OutOfMemoryError or StackOverflowError: $unexpected."
    if [ "$guided" -gt 0 ]; then
        echo
        echo "## Guided by coverage"
        echo
        echo "Jazzer, $guided s for each target."
        echo
        echo "| target | inputs | branches reached | findings |"
        echo "| --- | ---: | ---: | ---: |"
        rm -f "$failed/guided.failed"
        guided_rows
    fi
} >"$out"
[ ! -e "$failed/guided.failed" ] || status=1
[ "$left" = 0 ] || status=1
echo "Written to $out" >&2
exit $status
