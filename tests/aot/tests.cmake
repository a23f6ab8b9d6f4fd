find_package(nlohmann_json REQUIRED)
actinide_test(aot names LIBRARIES actinide_pipeline)
actinide_test(aot plan LIBRARIES actinide_aot)
actinide_test(aot files LIBRARIES actinide_aot)
actinide_test(aot child_process LIBRARIES actinide_aot)
actinide_test(aot ptxas LIBRARIES actinide_aot)
actinide_test(aot library LIBRARIES actinide_aot nlohmann_json::nlohmann_json)
actinide_test(aot consumer LIBRARIES actinide_aot)
actinide_test(aot cuda LIBRARIES actinide_aot cuda_fake_12 nlohmann_json::nlohmann_json)
actinide_test(aot shapes LIBRARIES actinide_aot)
foreach(name consumer cuda shapes)
  target_compile_definitions(
    aot_${name}_test
    PRIVATE ACTINIDE_CC="${CMAKE_C_COMPILER}" ACTINIDE_CXX="${CMAKE_CXX_COMPILER}" ACTINIDE_NM="${CMAKE_NM}"
            ACTINIDE_RUNTIME_ARCHIVE="$<TARGET_FILE:actinide_runtime>")
endforeach()
