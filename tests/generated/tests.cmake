# Generated files are what their sources give.
add_test(NAME generated.coefficients COMMAND ${PROJECT_SOURCE_DIR}/tools/update_coefficients --check)
set_tests_properties(generated.coefficients PROPERTIES LABELS generated SKIP_RETURN_CODE 77 TIMEOUT 1200 COST 120)
add_test(NAME generated.gpu COMMAND ${PROJECT_SOURCE_DIR}/tools/update_gpu --check)
set_tests_properties(generated.gpu PROPERTIES LABELS generated)
add_test(NAME generated.explain COMMAND ${PROJECT_SOURCE_DIR}/tools/update_explain --check
                                        --command $<TARGET_FILE:actinide>)
set_tests_properties(generated.explain PROPERTIES LABELS generated TIMEOUT 300)
add_test(NAME generated.accuracy COMMAND ${PROJECT_SOURCE_DIR}/tools/update_accuracy --check
                                         --command $<TARGET_FILE:actinide>)
set_tests_properties(generated.accuracy PROPERTIES LABELS generated TIMEOUT 300)
