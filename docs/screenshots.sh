#!/bin/sh
# Takes the screenshots of the documentation, docs/*.png, with a headless Chromium. Needs the models of './carve demo'.
#
#   docs/screenshots.sh [FOLDER]     FOLDER to write to; docs by default
set -eu

cd "$(dirname "$0")/.."
out=${1:-docs}
[ -d runs/demo/linear/student ] || { echo "screenshots.sh: runs/demo is missing: run './carve demo' first" >&2; exit 1; }
. .mvn/find-jdk.sh
find_jdk || exit 1
./carve version >&2 # builds the program
./mvnw -q -B -pl app -am -DskipTests -Dcarve.checks.phase=none test-compile
work=$(mktemp -d)
./carve serve --demo --port 0 --runs runs/demo --states "$work/states" >"$work/out" 2>"$work/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
until address=$(grep -os 'http://[^ ]*' "$work/out"); do
    kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.2
done
"$JAVA_HOME/bin/java" -cp app/target/test-classes:api/target/classes carve.app.page.Screenshots \
    "$address" runs/demo/data/test/000000.png "$out"
