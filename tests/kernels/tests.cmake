foreach(test shapes targets gradients)
  actinide_test(kernels ${test} LIBRARIES actinide_jit)
endforeach()
actinide_test(kernels aot LIBRARIES actinide_jit actinide_aot)
target_compile_definitions(kernels_aot_test PRIVATE ACTINIDE_CC="${CMAKE_C_COMPILER}"
  ACTINIDE_RUNTIME_ARCHIVE="$<TARGET_FILE:actinide_runtime>")
