#!/bin/sh
# Measures the CPU device against the limits of the machine. Builds the benchmark, then prints a table. See --help.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

plugins="plugin-attention plugin-cpu plugin-distill plugin-mamba2 plugin-models"
./mvnw -q -B -pl "bench,$(echo "$plugins" | tr ' ' ',')" -am -Dmaven.test.skip=true package >&2

# Our modules are on the module path; libraries are on the class path unless a module requires them.
modules=
libraries=
for plugin in $plugins; do
    modules=$modules:$plugin/target/classes
    libraries=$libraries:$plugin/target/lib/*
done
exec "$JAVA_HOME/bin/java" --add-modules ALL-DEFAULT,jdk.incubator.vector --sun-misc-unsafe-memory-access=allow \
    --enable-native-access=ALL-UNNAMED,carve.api,carve.bench,carve.cpu \
    --add-reads carve.cpu=ALL-UNNAMED \
    -Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0 \
    -Duser.language=en -Duser.country=US -Xmx4g \
    -cp "${libraries#:}" -p "api/target/classes:runtime/target/classes:hocon/target/classes:bench/target/classes:bench/target/lib$modules" \
    -m carve.bench/carve.bench.Main "$@"
