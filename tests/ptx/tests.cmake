# An interpreter of the PTX that kernels are emitted as, its own tests, and every kernel run by it.
add_library(ptx_interpreter STATIC ptx/assignment.cpp ptx/decoder.cpp ptx/kernel.cpp ptx/machine.cpp ptx/memory.cpp
  ptx/operations.cpp ptx/reader.cpp ptx/tokens.cpp ptx/types.cpp)
target_include_directories(ptx_interpreter PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(ptx_interpreter PUBLIC fmt::fmt PRIVATE actinide_warnings)
# Each instruction rounds once, also where this machine would fuse two.
target_compile_options(ptx_interpreter PRIVATE -ffp-contract=off)

actinide_test(ptx kernels LIBRARIES actinide_jit ptx_interpreter SOURCES ptx/support.cpp TIMEOUT 900)
actinide_test(ptx random_programs LIBRARIES actinide_jit ptx_interpreter
  SOURCES ptx/support.cpp ptx/random_program.cpp codegen/support.cpp)
actinide_test(ptx definitions LIBRARIES actinide_jit ptx_interpreter SOURCES ptx/support.cpp)
actinide_test(ptx reader LIBRARIES ptx_interpreter)
actinide_test(ptx operations LIBRARIES ptx_interpreter)
actinide_test(ptx machine LIBRARIES ptx_interpreter)
