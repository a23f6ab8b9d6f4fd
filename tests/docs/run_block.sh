#!/usr/bin/env bash
# run_block.sh BLOCKS NAME BUILD: runs BLOCKS/NAME.sh as a reader would, in a folder where `actinide` is the source tree,
# `build` its build tree, `main.c` and `launch.c` the C programs of README.md and docs/cuda.md, and `app` README.md's
# CMake project.
set -euo pipefail
docs=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export ACTINIDE_SCHEDULES=$scratch/schedules.json
cd "$scratch"
ln -s "$docs/../.." actinide
ln -s "$3" build
cp "$1/README_1.c" main.c
cp "$1/cuda_1.c" launch.c
bash "$docs/write_project.sh" "$1" app
bash -euo pipefail "$1/$2.sh"
