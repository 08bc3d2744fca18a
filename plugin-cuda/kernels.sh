#!/bin/sh
# Compiles the CUDA kernels if nvcc is installed: kernels.sh SOURCES KEPT PREBUILT
#
# Each file of SOURCES is compiled once for each of its lines "// Variant: OPTIONS" to a fatbin: machine code for the
# architectures below, and PTX, which the driver compiles for newer GPUs. The name of a fatbin ends with the digest of its
# inputs, by which the program finds it. Fatbins in KEPT are not compiled again, nor those in the user's cache,
# ~/.cache/carve/build or CARVE_BUILD_CACHE, under the digest of this script and nvcc's version. Compiler errors are written
# to PREBUILT/refused. Without nvcc nothing is packed, and the program compiles kernels at run time.
set -eu

architectures="80 90"
sources=$1
kept=$2
prebuilt=$3
nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}

# Source.digest() in the program computes the same digest.
digest() {
    { cat "$sources/carve.cuh"; printf '\0'; cat "$1"; printf '\0%s\0' "$2"; } | sha256sum | cut -c 1-32
}

# Compiles one variant of a file. Arguments: options, separated by spaces; source; image without extension.
compile() {
    codes=$(for a in $architectures; do printf 'sm_%s,' "$a"; done)
    if "$nvcc" -std=c++17 -Werror=all-warnings $1 -gencode "arch=compute_80,code=[${codes}compute_80]" -fatbin \
        -o "$3.new" "$2" >"$3.log" 2>&1; then
        rm "$3.log"
        mv "$3.new" "$3.fatbin"
        # atomic, because several builds may write the same file
        mkdir -p "$cache" && cp "$3.fatbin" "$cache/$(basename "$3").$$" \
            && mv "$cache/$(basename "$3").$$" "$cache/$(basename "$3").fatbin" || true
    else
        { echo "$(basename "$2") $1:"; cat "$3.log"; } >"$3.refused"
    fi
}

cache=${CARVE_BUILD_CACHE:-$HOME/.cache/carve/build}/nvcc-$({ cat "$0"; "$nvcc" --version; } 2>/dev/null | sha256sum | cut -c 1-16)

if [ "${4:-}" = compile ]; then
    compile "$7" "$5" "$6"
    exit
fi

rm -rf "$prebuilt"
if [ ! -x "$nvcc" ]; then
    echo "no nvcc on this machine: the CUDA kernels are neither compiled nor packed"
    exit
fi
mkdir -p "$kept" "$prebuilt"
# entries older than a month are deleted
find "${cache%/*}" -type f -mtime +30 -delete 2>/dev/null || true
"$nvcc" --version | tail -n 1 >"$kept/nvcc.new"
cmp -s "$kept/nvcc.new" "$kept/nvcc" || rm -f "$kept"/*.fatbin
mv "$kept/nvcc.new" "$kept/nvcc"
rm -f "$kept"/*.refused
wanted=$kept/wanted
: >"$wanted"
for source in "$sources"/*.cu; do
    { grep '^// Variant:' "$source" || echo; } | sed 's,^// Variant: *,,' | while read -r options; do
        echo "$source|$kept/$(basename "$source" .cu)-$(digest "$source" "$options")|$options"
    done
done >"$wanted"
while IFS='|' read -r source image options; do
    [ -e "$image.fatbin" ] || cp "$cache/$(basename "$image").fatbin" "$image.fatbin" 2>/dev/null || true
    [ -e "$image.fatbin" ] || printf '%s\0%s\0%s\0' "$source" "$image" "$options"
done <"$wanted" | NVCC=$nvcc xargs -0 -r -n 3 -P "$(nproc)" sh "$0" "$sources" "$kept" "$prebuilt" compile
while IFS='|' read -r source image options; do
    [ ! -e "$image.fatbin" ] || cp "$image.fatbin" "$prebuilt/"
    [ ! -e "$image.refused" ] || cat "$image.refused" >>"$prebuilt/refused"
done <"$wanted"
echo "$architectures" >"$prebuilt/architectures"
