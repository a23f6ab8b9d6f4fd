foreach(test shapes targets gradients swept together)
  actinide_test(kernels ${test} LIBRARIES actinide_jit actinide_accuracy)
endforeach()
actinide_test(kernels aot LIBRARIES actinide_jit actinide_aot actinide_accuracy)
target_compile_definitions(kernels_aot_test PRIVATE ACTINIDE_CC="${CMAKE_C_COMPILER}"
  ACTINIDE_RUNTIME_ARCHIVE="$<TARGET_FILE:actinide_runtime>")
# 2^22 points for each kernel, on all cores.
actinide_test(kernels accuracy LIBRARIES actinide_jit actinide_accuracy SOURCES kernels/bound.cpp TIMEOUT 3000)
set_tests_properties(kernels.accuracy PROPERTIES PROCESSORS 2)
actinide_test(kernels rows LIBRARIES actinide_jit actinide_accuracy PkgConfig::MPFR SOURCES kernels/row_reference.cpp)
actinide_test(kernels passes_accuracy LIBRARIES actinide_jit actinide_accuracy SOURCES kernels/bound.cpp TIMEOUT 1800)
set_tests_properties(kernels.passes_accuracy PROPERTIES PROCESSORS 2)
actinide_test(kernels shaped LIBRARIES actinide_jit actinide_accuracy PkgConfig::MPFR)
# The same on the lesser targets, as far as this CPU runs them.
foreach(test rows shaped)
  foreach(target x86-64-v2 x86-64-v3)
    add_test(NAME kernels.${test}_${target} COMMAND kernels_${test}_test)
    set_tests_properties(kernels.${test}_${target} PROPERTIES LABELS kernels TIMEOUT 1200
      ENVIRONMENT ACTINIDE_TARGET=${target})
  endforeach()
endforeach()
