# The kernels of a C program come from actinide_add_kernels: in this build tree, and in projects of their own that find an
# installed Actinide.
add_subdirectory(cmake/consumer)
add_test(NAME cmake.in_tree COMMAND consumer)

# cmake_script_test(NAME PROJECT): NAME.cmake, which installs this build and does something with the project.
function(cmake_script_test name project)
  add_test(NAME cmake.${name}
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR}/tests/cmake/${project}
                   -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/${name} -DGENERATOR=${CMAKE_GENERATOR}
                   -DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM} -P ${PROJECT_SOURCE_DIR}/tests/cmake/${name}.cmake)
endfunction()
cmake_script_test(installed consumer)
cmake_script_test(exported exported)
cmake_script_test(named named)
cmake_script_test(tuned named)
set_tests_properties(cmake.in_tree cmake.installed cmake.exported cmake.named cmake.tuned PROPERTIES LABELS cmake
                                                                                                     TIMEOUT 300)
