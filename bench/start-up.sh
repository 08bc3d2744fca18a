#!/bin/sh
# Measures the time from start to the first token with 0, 1, 12 and 50 additional plugins. See carve.bench.StartupBenchmark.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

./mvnw -q -B -pl bench -am -Dmaven.test.skip=true package >&2
./carve version >&2 # builds the program and its class-data archive
exec "$JAVA_HOME/bin/java" -p api/target/classes:runtime/target/classes:hocon/target/classes:bench/target/classes:bench/target/lib \
    -m carve.bench/carve.bench.StartupBenchmark ./carve "${1:-demo/teacher}" ${2:+"$2"}
