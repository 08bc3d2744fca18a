#!/bin/sh
# Measures the server with many clients: throughput compared with one client, errors, memory over time. See carve.bench.ServingBenchmark.
#
#   bench/load.sh [--model demo/teacher] [--seconds 300] [--clients 64] [--json bench/target/load.json]
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

model=demo/teacher
arguments=
while [ $# -gt 0 ]; do
    case $1 in
    --model) model=$2 ;;
    --seconds | --clients | --json) arguments="$arguments $1 $2" ;;
    *) sed -n '2,4p' "$0" >&2; exit 2 ;;
    esac
    shift 2
done

./mvnw -q -B -pl bench -am -Dmaven.test.skip=true package >&2
. bench/serving.sh
# shellcheck disable=SC2086
"$JAVA_HOME/bin/java" -p api/target/classes:runtime/target/classes:hocon/target/classes:bench/target/classes:bench/target/lib \
    --add-modules ALL-DEFAULT,jdk.incubator.vector -m carve.bench/carve.bench.ServingBenchmark "$address" --name model $arguments
