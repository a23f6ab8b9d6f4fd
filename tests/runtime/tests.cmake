actinide_test(runtime status LIBRARIES actinide_runtime)
actinide_test(runtime cpu LIBRARIES actinide_runtime)
actinide_test(runtime selection LIBRARIES actinide_runtime)
actinide_test(runtime arguments LIBRARIES actinide_runtime)
actinide_test(runtime split LIBRARIES actinide_runtime)
actinide_test(runtime blocks LIBRARIES actinide_runtime)
actinide_test(runtime threads LIBRARIES actinide_runtime)
actinide_test(runtime concurrency LIBRARIES actinide_runtime)
actinide_test(runtime shaped LIBRARIES actinide_runtime)
actinide_test(runtime rounding LIBRARIES actinide_runtime)
actinide_test(runtime symbols LIBRARIES actinide_runtime)
target_compile_definitions(runtime_symbols_test PRIVATE ACTINIDE_NM="${CMAKE_NM}"
                                                        ACTINIDE_RUNTIME_ARCHIVE="$<TARGET_FILE:actinide_runtime>")

add_library(runtime_plugin MODULE ${CMAKE_CURRENT_LIST_DIR}/plugin.cpp)
target_include_directories(runtime_plugin PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(runtime_plugin PRIVATE actinide_runtime actinide_warnings)
# Templates of the C++ library are unique symbols, which would pin the plug-in in memory.
target_compile_options(runtime_plugin PRIVATE -fno-gnu-unique)
actinide_test(runtime unload LIBRARIES ${CMAKE_DL_LIBS})
add_dependencies(runtime_unload_test runtime_plugin)
target_compile_definitions(runtime_unload_test PRIVATE ACTINIDE_PLUGIN="$<TARGET_FILE:runtime_plugin>")

# A fake CUDA driver of each version that differs: libcuda.so.1 in a directory of its own.
foreach(version 9 11 12)
  add_library(cuda_fake_${version} SHARED ${CMAKE_CURRENT_LIST_DIR}/cuda_fake.cpp)
  target_include_directories(cuda_fake_${version} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(cuda_fake_${version} PRIVATE CUDA_FAKE_VERSION=${version})
  # Its matching of PTX by regular expressions takes long to compile.
  target_compile_options(cuda_fake_${version} PRIVATE -O0)
  target_link_libraries(cuda_fake_${version} PRIVATE actinide_warnings)
  set_target_properties(cuda_fake_${version} PROPERTIES OUTPUT_NAME cuda SOVERSION 1 LIBRARY_OUTPUT_DIRECTORY
                                                        ${CMAKE_CURRENT_BINARY_DIR}/cuda_fake_${version})
endforeach()
actinide_test(runtime cuda LIBRARIES actinide_runtime cuda_fake_12)
actinide_test(runtime cuda_shaped LIBRARIES actinide_runtime cuda_fake_12)
actinide_test(runtime cuda_contexts LIBRARIES actinide_runtime cuda_fake_12)
# All again with the older driver.
add_executable(runtime_cuda_11_test $<TARGET_OBJECTS:runtime_cuda_test> $<TARGET_OBJECTS:runtime_cuda_shaped_test>
                                    $<TARGET_OBJECTS:runtime_cuda_contexts_test>)
set_target_properties(runtime_cuda_11_test PROPERTIES LINKER_LANGUAGE CXX)
target_link_libraries(runtime_cuda_11_test PRIVATE actinide_runtime cuda_fake_11 GTest::gtest_main actinide_warnings)
add_test(NAME runtime.cuda_11 COMMAND runtime_cuda_11_test)
set_tests_properties(runtime.cuda_11 PROPERTIES LABELS runtime TIMEOUT 300)
actinide_test(runtime cuda_concurrency LIBRARIES actinide_runtime cuda_fake_12)
actinide_test(runtime cuda_driver LIBRARIES actinide_runtime)
add_dependencies(runtime_cuda_driver_test cuda_fake_9 cuda_fake_12)
target_compile_definitions(runtime_cuda_driver_test PRIVATE CUDA_FAKE_9="$<TARGET_FILE:cuda_fake_9>"
                                                            CUDA_FAKE="$<TARGET_FILE:cuda_fake_12>")

# Programs of several threads again, with the runtime's sources under ThreadSanitizer.
foreach(name blocks concurrency cuda_concurrency)
  set(target runtime_${name}_tsan_test)
  add_executable(${target} ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cpp ${ACTINIDE_RUNTIME_SOURCES})
  target_include_directories(
    ${target} PRIVATE ${PROJECT_SOURCE_DIR} $<TARGET_PROPERTY:actinide_runtime,INTERFACE_INCLUDE_DIRECTORIES>)
  target_compile_options(${target} PRIVATE -fsanitize=thread -g)
  target_link_options(${target} PRIVATE -fsanitize=thread)
  target_link_libraries(${target} PRIVATE GTest::gtest_main Threads::Threads ${CMAKE_DL_LIBS} actinide_warnings)
  add_test(NAME runtime.${name}_tsan COMMAND ${target})
  set_tests_properties(runtime.${name}_tsan PROPERTIES LABELS runtime TIMEOUT 300)
endforeach()
target_link_libraries(runtime_cuda_concurrency_tsan_test PRIVATE cuda_fake_12)
