# suite_table(NAME [SHAPED] [ACTIVATIONS name...] [DEFINE text...] [FORMS form...] [TARGETS target...]): the library NAME with the table of kernels
# (table.h) of every row x pass x dtype x tier, or of the rows named, of the definitions in f32, and of the
# forms in forward and backward; and with the points on which kernels are compared. SHAPED: also what isn't element-wise. ACTINIDE_EXECUTABLE emits.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(suite_directory ${CMAKE_CURRENT_LIST_DIR})

function(suite_table name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SHAPED" "" "ACTIVATIONS;DEFINE;FORMS;TARGETS")
  if(arg_SHAPED)
    set(shaped --shaped)
  endif()
  # One library for each pass, dtype and tier.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ACTINIDE_EXECUTABLE}
                                         ${suite_directory}/libraries.py)
  execute_process(COMMAND ${ACTINIDE_EXECUTABLE} list --json
                  COMMAND ${Python3_EXECUTABLE} ${suite_directory}/libraries.py ${shaped} ${arg_ACTIVATIONS}
                  OUTPUT_VARIABLE requests COMMAND_ERROR_IS_FATAL ANY)
  foreach(request IN LISTS requests)
    separate_arguments(words UNIX_COMMAND "${request}")
    list(POP_FRONT words pass dtype tier activations)
    string(REPLACE "," ";" activations "${activations}")
    set(library ${pass}_${dtype}_${tier})
    actinide_add_kernels(${library} ACTIVATIONS ${activations} PASSES ${pass} DTYPES ${dtype} TIER ${tier}
                         TARGETS ${arg_TARGETS})
    list(APPEND libraries ${library})
  endforeach()
  if(arg_DEFINE)
    actinide_add_kernels(definitions DEFINE ${arg_DEFINE} TARGETS ${arg_TARGETS})
    list(APPEND libraries definitions)
  endif()
  if(arg_FORMS)
    actinide_add_kernels(forms ACTIVATIONS ${arg_FORMS} PASSES forward backward DTYPES f32 f64 f16 bf16
                         TARGETS ${arg_TARGETS})
    list(APPEND libraries forms)
  endif()

  set(manifests ${libraries})
  list(TRANSFORM manifests REPLACE "(.+)" "${CMAKE_CURRENT_BINARY_DIR}/\\1/\\1.json")
  add_custom_command(OUTPUT ${name}.c
                     COMMAND ${Python3_EXECUTABLE} ${suite_directory}/table.py ${name}.c ${manifests}
                     DEPENDS ${suite_directory}/table.py ${manifests})
  add_library(${name} STATIC ${suite_directory}/points.c ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  target_include_directories(${name} PUBLIC ${suite_directory})
  target_link_libraries(${name} PUBLIC ${libraries} PRIVATE actinide_warnings)
endfunction()
