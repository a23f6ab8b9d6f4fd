add_library(codegen_support STATIC codegen/support.cpp)
target_include_directories(codegen_support PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(codegen_support PUBLIC actinide_codegen GTest::gtest PRIVATE actinide_warnings)

actinide_test(codegen conversions LIBRARIES codegen_support)
actinide_test(codegen instructions LIBRARIES codegen_support)
actinide_test(codegen kernels LIBRARIES codegen_support)
actinide_test(codegen targets LIBRARIES codegen_support)
actinide_test(codegen random_programs LIBRARIES codegen_support)
