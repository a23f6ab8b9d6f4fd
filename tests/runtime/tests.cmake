actinide_test(runtime status LIBRARIES actinide_runtime)
actinide_test(runtime cpu LIBRARIES actinide_runtime)
actinide_test(runtime selection LIBRARIES actinide_runtime)
actinide_test(runtime arguments LIBRARIES actinide_runtime)
actinide_test(runtime split LIBRARIES actinide_runtime)
actinide_test(runtime threads LIBRARIES actinide_runtime)
actinide_test(runtime concurrency LIBRARIES actinide_runtime)
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

# The same program with the runtime's sources under ThreadSanitizer.
add_executable(runtime_concurrency_tsan_test ${CMAKE_CURRENT_LIST_DIR}/concurrency_test.cpp ${ACTINIDE_RUNTIME_SOURCES})
target_include_directories(
  runtime_concurrency_tsan_test
  PRIVATE ${PROJECT_SOURCE_DIR} $<TARGET_PROPERTY:actinide_runtime,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_options(runtime_concurrency_tsan_test PRIVATE -fsanitize=thread -g)
target_link_options(runtime_concurrency_tsan_test PRIVATE -fsanitize=thread)
target_link_libraries(runtime_concurrency_tsan_test PRIVATE GTest::gtest_main Threads::Threads actinide_warnings)
add_test(NAME runtime.concurrency_tsan COMMAND runtime_concurrency_tsan_test)
set_tests_properties(runtime.concurrency_tsan PROPERTIES LABELS runtime TIMEOUT 300)
