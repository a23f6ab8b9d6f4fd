# Halide and LLVM: only the stages from lowering on need them.
#
# Halide comes as a PyPI wheel into the private virtual environment `.venv` (tools/setup); LLVM 19 from Debian.
list(APPEND CMAKE_PREFIX_PATH ${PROJECT_SOURCE_DIR}/.venv)
find_package(Halide 21 REQUIRED COMPONENTS Halide)
find_package(LLVM 19.1 REQUIRED CONFIG PATHS /usr/lib/llvm-19/lib/cmake/llvm)

# LLVM as one shared library, headers as SYSTEM.
add_library(actinide_llvm INTERFACE)
target_include_directories(actinide_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
# Not the __STDC_*_MACROS, for which C++ has had no use since C++11: with them a precompiled header wouldn't fit.
set(definitions ${LLVM_DEFINITIONS})
separate_arguments(definitions)
list(FILTER definitions EXCLUDE REGEX "^-D__STDC_.*_MACROS$")
target_compile_definitions(actinide_llvm INTERFACE ${definitions})
target_link_libraries(actinide_llvm INTERFACE LLVM)
