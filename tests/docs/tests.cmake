# Every code block of README.md and docs/ is compiled and run, as it stands.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(blocks ${CMAKE_CURRENT_BINARY_DIR}/docs/blocks)
foreach(page IN ITEMS README.md docs/jit.md docs/aot.md docs/cuda.md docs/schedules.md)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${page})
  execute_process(COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/blocks.py ${PROJECT_SOURCE_DIR}/${page}
                          ${blocks}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()

foreach(program IN ITEMS README_1 jit_1 jit_2 jit_3)
  add_executable(docs_${program} ${blocks}/${program}.cpp)
  target_link_libraries(docs_${program} PRIVATE Actinide::jit)
  add_test(NAME docs.cpp_${program} COMMAND docs_${program})
endforeach()

add_executable(docs_jit_1_c ${blocks}/jit_1.c)
target_link_libraries(docs_jit_1_c PRIVATE Actinide::jit)
add_test(NAME docs.c_jit_1 COMMAND docs_jit_1_c)

foreach(script IN ITEMS README_1 README_2 aot_1 cuda_1 schedules_1 schedules_2)
  add_test(NAME docs.sh_${script}
           COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/run_block.sh ${blocks} ${script} ${PROJECT_BINARY_DIR})
endforeach()
add_test(NAME docs.cmake_README
         COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/run_cmake_block.sh ${blocks} ${PROJECT_BINARY_DIR} ${CMAKE_COMMAND})
set_tests_properties(docs.cpp_README_1 docs.cpp_jit_1 docs.cpp_jit_2 docs.cpp_jit_3 docs.c_jit_1 docs.sh_README_1 docs.sh_README_2 docs.sh_aot_1 docs.sh_cuda_1 docs.sh_schedules_1 docs.sh_schedules_2 docs.cmake_README
                     PROPERTIES LABELS docs TIMEOUT 300)
