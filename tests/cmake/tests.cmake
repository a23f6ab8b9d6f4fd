# The kernels of a C program come from actinide_add_kernels: in this build tree, and in a project of its own that finds an
# installed Actinide.
add_subdirectory(cmake/consumer)
add_test(NAME cmake.in_tree COMMAND consumer)
add_test(NAME cmake.installed
         COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${CMAKE_CURRENT_LIST_DIR}/consumer
                 -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/installed -DGENERATOR=${CMAKE_GENERATOR}
                 -DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM} -P ${CMAKE_CURRENT_LIST_DIR}/installed.cmake)
set_tests_properties(cmake.in_tree cmake.installed PROPERTIES LABELS cmake TIMEOUT 300)
