#!/usr/bin/env bash
# Prints the folder of nvcc: the machine's, or that of PyPI's packages, which are installed if necessary. If neither is
# available it prints only the reason, to stderr, and the tests that need nvcc are skipped.
#
#   PATH="$(.ci/nvcc.sh):$PATH" ./mvnw verify
#
# The packages take 500 MB unpacked and are kept in ~/.cache/carve, or in CARVE_NVCC_CACHE.
set -eu

version=13.5.*
packages="nvidia-cuda-nvcc==$version nvidia-cuda-runtime==$version nvidia-cuda-nvrtc==$version nvidia-cuda-cccl"

for found in "${NVCC:-}" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
    if [ -x "$found" ]; then
        dirname "$found"
        exit
    fi
done

skip() {
    echo "nvcc.sh: no nvcc: $1; tests that need it are skipped" >&2
    exit 0
}

[ "$(uname -sm)" = "Linux x86_64" ] || skip "PyPI has it for Linux on x86-64 only"
python=$(command -v python3) || skip "it is not installed, and there is no python3 to install it from PyPI"
"$python" -m pip --version >/dev/null 2>&1 || skip "it is not installed, and python3 has no pip to install it from PyPI"

cache=${CARVE_NVCC_CACHE:-$HOME/.cache/carve}
folder=$cache/nvcc-pypi-${version%.*}
bin=$folder/nvidia/cu13/bin
if [ ! -x "$bin/nvcc" ]; then
    echo "nvcc.sh: installing nvcc from PyPI to $folder" >&2
    mkdir -p "$cache"
    new=$(mktemp -d "$cache/nvcc-pypi.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    log=$new/pip.log
    # shellcheck disable=SC2086 # a list of packages
    "$python" -m pip install --quiet --no-input --disable-pip-version-check --retries 1 --timeout 20 \
        --target "$new/packages" $packages >"$log" 2>&1 || skip "$(grep -m 1 ERROR "$log" || tail -n 1 "$log")"
    "$new/packages/nvidia/cu13/bin/nvcc" --version >/dev/null 2>&1 || skip "PyPI's does not start on this machine"
    # atomic, because several builds may install at once
    rm -rf "$folder"
    mv -T "$new/packages" "$folder" 2>/dev/null || true
fi
[ -x "$bin/nvcc" ] || skip "another build is installing it"
echo "$bin"
