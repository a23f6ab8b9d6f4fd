actinide_test(table activations LIBRARIES actinide_pipeline)
actinide_test(table passes LIBRARIES actinide_pipeline)
target_compile_definitions(table_activations_test PRIVATE ACTINIDE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
