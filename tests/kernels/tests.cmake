actinide_test(kernels gradients LIBRARIES actinide_jit actinide_pipeline actinide_accuracy COST 100)
foreach(test shapes targets swept together fused mixed gated gated_gradients before_pairs products exact_products constants whole_forms)
  actinide_test(kernels ${test} LIBRARIES actinide_jit actinide_pipeline actinide_accuracy)
endforeach()
actinide_test(kernels aot LIBRARIES actinide_jit actinide_pipeline actinide_aot actinide_accuracy COST 100)
target_compile_definitions(kernels_aot_test PRIVATE ACTINIDE_CC="${CMAKE_C_COMPILER}"
  ACTINIDE_RUNTIME_ARCHIVE="$<TARGET_FILE:actinide_runtime>")
actinide_test(kernels accuracy LIBRARIES actinide_jit actinide_pipeline actinide_accuracy SOURCES kernels/bound.cpp
              TIMEOUT 3000 COST 250)
actinide_test(kernels rows LIBRARIES actinide_jit actinide_pipeline actinide_accuracy COST 50)
actinide_test(kernels passes_accuracy LIBRARIES actinide_jit actinide_pipeline actinide_accuracy
              SOURCES kernels/bound.cpp TIMEOUT 1800 COST 250)
actinide_test(kernels shaped LIBRARIES actinide_jit actinide_pipeline actinide_accuracy PkgConfig::MPFR)
# The same on the lesser targets, as far as this CPU runs them. With fma rows have the same bits (a test of theirs): the
# bounds are tried without.
foreach(test rows shaped)
  foreach(target x86-64-v2 x86-64-v3)
    set(filter)
    if(test STREQUAL rows AND target STREQUAL x86-64-v3)
      set(filter --gtest_filter=-*KeepTheBound*)
    endif()
    add_test(NAME kernels.${test}_${target} COMMAND kernels_${test}_test ${filter})
    set_tests_properties(kernels.${test}_${target} PROPERTIES LABELS kernels TIMEOUT 1200
      ENVIRONMENT ACTINIDE_TARGET=${target})
  endforeach()
endforeach()
foreach(target x86-64-v2 x86-64-v3)
  add_test(NAME kernels.fused_${target} COMMAND kernels_fused_test --gtest_filter=Fused/0.Forward*:Fused/3.*)
  set_tests_properties(kernels.fused_${target} PROPERTIES LABELS kernels TIMEOUT 600 ENVIRONMENT ACTINIDE_TARGET=${target})
endforeach()
