actinide_test(aot names LIBRARIES actinide_pipeline)
actinide_test(aot plan LIBRARIES actinide_aot)
actinide_test(aot files LIBRARIES actinide_aot)
actinide_test(aot library LIBRARIES actinide_aot nlohmann_json::nlohmann_json)
actinide_test(aot consumer LIBRARIES actinide_aot)
find_package(nlohmann_json REQUIRED)
target_compile_definitions(
  aot_consumer_test
  PRIVATE ACTINIDE_CC="${CMAKE_C_COMPILER}" ACTINIDE_CXX="${CMAKE_CXX_COMPILER}" ACTINIDE_NM="${CMAKE_NM}"
          ACTINIDE_RUNTIME_ARCHIVE="$<TARGET_FILE:actinide_runtime>")
