#!/usr/bin/env bash
# run_block.sh BLOCKS NAME BUILD: runs BLOCKS/NAME.sh as a reader would, in a folder where `build` is the build tree
# and `main.c` is the C program of README.md.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
ln -s "$3" build
cp "$1/README_1.c" main.c
bash -euo pipefail "$1/$2.sh"
