#!/bin/sh
# Repeats the papers' ablations with the demo's models and writes bench/results/ablations-DATE.md and .png. Takes about 15
# minutes on 2 cores; an interrupted run continues.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

for paper in mmmamba matvlm; do
    ./carve demo --recipe "bench/ablations/$paper.conf" --out "runs/ablations/$paper"
done
./mvnw -q -B -pl bench -am -Dmaven.test.skip=true package >&2
mkdir -p bench/results
exec "$JAVA_HOME/bin/java" -Djava.awt.headless=true \
    -p "api/target/classes:runtime/target/classes:hocon/target/classes:bench/target/classes:bench/target/lib" \
    -m carve.bench/carve.bench.ablation.Main bench/ablations/papers.json runs/ablations "bench/results/ablations-$(date +%F)"
