#!/usr/bin/env bash
# run_cmake_block.sh BLOCKS BUILD CMAKE: installs BUILD and builds README.md's CMake project against it, with
# README.md's C program.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cp "$1/README_1.c" main.c
{
  echo 'cmake_minimum_required(VERSION 3.25)'
  echo 'project(App LANGUAGES C CXX)'
  cat "$1/README_1.cmake"
} >CMakeLists.txt
"$3" --install "$2" --prefix "$scratch/prefix" >/dev/null
"$3" -S . -B app -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix"
"$3" --build app
app/app
