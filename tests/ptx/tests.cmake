# An interpreter of the PTX that kernels are emitted as, its own tests, and every kernel run by it.
add_library(ptx_interpreter STATIC ptx/assignment.cpp ptx/decoder.cpp ptx/kernel.cpp ptx/machine.cpp ptx/memory.cpp
  ptx/operations.cpp ptx/reader.cpp ptx/tokens.cpp ptx/types.cpp)
target_link_libraries(ptx_interpreter PUBLIC actinide_expression PRIVATE actinide_warnings)
actinide_use_headers(ptx_interpreter actinide_headers)
# Each instruction rounds once, also where this machine would fuse two.
target_compile_options(ptx_interpreter PRIVATE -ffp-contract=off)

actinide_test(ptx kernels LIBRARIES actinide_jit actinide_pipeline actinide_aot actinide_accuracy ptx_interpreter
  SOURCES ptx/support.cpp ptx/assembler.cpp TIMEOUT 1800 COST 350)
actinide_test(ptx assembler LIBRARIES actinide_jit actinide_pipeline actinide_aot ptx_interpreter SOURCES ptx/assembler.cpp COST 50)
# One run in which every test skips is a skip, and says so.
set_tests_properties(ptx.assembler PROPERTIES SKIP_REGULAR_EXPRESSION "no ptxas here")
actinide_test(ptx random_programs LIBRARIES actinide_jit actinide_pipeline actinide_accuracy ptx_interpreter codegen_support
  SOURCES ptx/support.cpp ptx/random_program.cpp)
actinide_test(ptx division LIBRARIES actinide_jit actinide_pipeline actinide_accuracy ptx_interpreter SOURCES ptx/support.cpp)
actinide_test(ptx definitions LIBRARIES actinide_jit actinide_pipeline actinide_accuracy ptx_interpreter SOURCES ptx/support.cpp)
actinide_test(ptx reader LIBRARIES ptx_interpreter)
actinide_test(ptx operations LIBRARIES ptx_interpreter)
actinide_test(ptx machine LIBRARIES ptx_interpreter)
