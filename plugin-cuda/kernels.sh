#!/bin/sh
# Compiles the kernels for cards, where there is nvcc: kernels.sh SOURCES KEPT PREBUILT
#
# Each file of SOURCES, in each of the variants that its lines "// Variant: OPTIONS" name, becomes one fatbin: machine code
# for the architectures below, and PTX, which a driver compiles for cards that are newer. Its name ends with the digest of
# all that it was made of, by which the program finds it again. What is in KEPT already is not compiled again, nor what is in
# the user's cache, ~/.cache/carve/build or where CARVE_BUILD_CACHE says, under the digest of this script and nvcc's version.
# What nvcc refuses is in PREBUILT/refused, with its words. A machine without nvcc packs nothing: the program then compiles
# itself.
set -eu

architectures="80 90"
sources=$1
kept=$2
prebuilt=$3
nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}

# The program computes the same: Source.digest().
digest() {
    { cat "$sources/carve.cuh"; printf '\0'; cat "$1"; printf '\0%s\0' "$2"; } | sha256sum | cut -c 1-32
}

# One file in one variant: OPTIONS separated by spaces, FILE, IMAGE without its ending.
compile() {
    codes=$(for a in $architectures; do printf 'sm_%s,' "$a"; done)
    if "$nvcc" -std=c++17 -Werror=all-warnings $1 -gencode "arch=compute_80,code=[${codes}compute_80]" -fatbin \
        -o "$3.new" "$2" >"$3.log" 2>&1; then
        rm "$3.log"
        mv "$3.new" "$3.fatbin"
        # whole or not at all, whoever else does the same
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
    echo "no nvcc on this machine: kernels are not compiled for cards, nor packed"
    exit
fi
mkdir -p "$kept" "$prebuilt"
# what was made a month ago is made again, if anybody still needs it
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
