actinide_test(layering includes)
target_compile_definitions(layering_includes_test PRIVATE ACTINIDE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
