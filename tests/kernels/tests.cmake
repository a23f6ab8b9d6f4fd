foreach(test shapes targets gradients)
  actinide_test(kernels ${test} LIBRARIES actinide_jit)
endforeach()
actinide_test(kernels aot LIBRARIES actinide_jit actinide_aot)
target_compile_definitions(kernels_aot_test PRIVATE ACTINIDE_CC="${CMAKE_C_COMPILER}"
  ACTINIDE_RUNTIME_ARCHIVE="$<TARGET_FILE:actinide_runtime>")
# 2^22 points for each kernel, on all cores.
actinide_test(kernels accuracy LIBRARIES actinide_jit actinide_accuracy TIMEOUT 1500)
set_tests_properties(kernels.accuracy PROPERTIES PROCESSORS 2)
