#!/usr/bin/env bash
# run_cmake_block.sh BLOCKS BUILD CMAKE: installs BUILD and builds README.md's CMake project against it, with
# README.md's C program.
set -euo pipefail
docs=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
bash "$docs/write_project.sh" "$1" .
"$3" --install "$2" --prefix "$scratch/prefix" >/dev/null
"$3" -S . -B app -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix"
"$3" --build app
app/app
