#!/usr/bin/env bash
# Prints the folder of a CUDA compiler: that of the machine's nvcc, or that of PyPI's, which is installed first where it is
# missing. Prints nothing, and says why on stderr, where there is none to be had: the tests that need nvcc are then skipped.
#
#   PATH="$(.ci/nvcc.sh):$PATH" ./mvnw verify
#
# The packages are those below, 500 MB unpacked; they stay in ~/.cache/carve, or where CARVE_NVCC_CACHE says.
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
    # whole or not at all, whoever else does the same
    rm -rf "$folder"
    mv -T "$new/packages" "$folder" 2>/dev/null || true
fi
[ -x "$bin/nvcc" ] || skip "another build is installing it"
echo "$bin"
