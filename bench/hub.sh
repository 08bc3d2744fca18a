#!/bin/sh
# Checks that Carve and Python's huggingface_hub share a cache: what one has pulled from the hub of the tests, the other finds
# without a network, and pulls nothing again. Fails if one of them does not.
#
#     bench/hub.sh
#
# Needs python3 and PyPI; huggingface_hub goes to a virtual environment in bench/target.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
cd "$root"

venv=bench/target/huggingface_hub
work=$root/bench/target/hub
model=acme/tiny
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q huggingface_hub==2.4.0 >&2
./mvnw -q -B -pl runtime -am -DskipTests test-compile >&2
rm -rf "$work"
mkdir -p "$work"
# ./carve may build, and removes compiled tests then
cp -r runtime/target/test-classes runtime/target/classes "$work"

"$JAVA_HOME/bin/java" -cp "$work/test-classes:$work/classes:api/target/classes" \
    carve.runtime.hub.TestHub 0 demo/teacher >"$work/address" &
hub=$!
trap 'kill $hub' EXIT
while [ ! -s "$work/address" ]; do sleep 0.2; done
export HF_ENDPOINT="$(cat "$work/address")" HF_HUB_DISABLE_XET=1 HF_HUB_DISABLE_PROGRESS_BARS=1
unset HF_HUB_CACHE HF_TOKEN HF_HUB_OFFLINE

python_pulls() {
    "$venv/bin/python" -c "import huggingface_hub as h; print(h.snapshot_download('$model', local_files_only=$1))"
}

HF_HOME=$work/carve ./carve pull "$model" >"$work/pulled"
HF_HOME=$work/carve python_pulls True | diff - "$work/pulled"
HF_HOME=$work/python python_pulls False >"$work/pulled"
HF_HOME=$work/python ./carve inspect "hf:$model" >/dev/null
HF_HOME=$work/python ./carve pull "$model" 2>"$work/told" | diff - "$work/pulled"
grep -q '3 files, 0 B downloaded' "$work/told"
diff -r "$work/carve/hub/models--acme--tiny/snapshots" "$work/python/hub/models--acme--tiny/snapshots"
diff -r "$work/carve/hub/models--acme--tiny/refs" "$work/python/hub/models--acme--tiny/refs"
echo "Carve and huggingface_hub find what the other has pulled"
