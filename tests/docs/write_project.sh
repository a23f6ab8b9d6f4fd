#!/usr/bin/env bash
# write_project.sh BLOCKS DIRECTORY: README.md's C program and CMake project.
set -euo pipefail
mkdir -p "$2"
cp "$1/README_1.c" "$2/main.c"
{
  echo 'cmake_minimum_required(VERSION 3.25)'
  echo 'project(App LANGUAGES C CXX)'
  cat "$1/README_1.cmake"
} >"$2/CMakeLists.txt"
