actinide_test(jit api LIBRARIES actinide_jit ${CMAKE_DL_LIBS})
actinide_test(jit cuda LIBRARIES actinide_jit cuda_fake_12)
actinide_test(jit threads LIBRARIES actinide_jit)
# The public header alone: what a host program sees, without the include directories of the compiler.
add_library(jit_public_header OBJECT jit/public_header.cpp)
target_include_directories(jit_public_header PRIVATE ${PROJECT_SOURCE_DIR}/compiler/jit/include
                                                     ${PROJECT_SOURCE_DIR}/runtime/include)
target_link_libraries(jit_public_header PRIVATE actinide_warnings)
