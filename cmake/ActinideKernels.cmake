# actinide_add_kernels: activation kernels as a library target of your project.
#
#   actinide_add_kernels(NAME
#     ACTIVATIONS gelu "leaky_relu(slope=0.2)"       # built-ins; and/or
#     DEFINE "mine(x) = x * tanh(exp(x))"            # definitions of your own
#     [DTYPES f32 f64] [PASSES forward backward]     # defaults: f32, forward
#     [TARGETS x86-64-v3 x86-64-v4]                  # default: all of this architecture
#     [TIER standard|faithful])
#
# makes the library target NAME. Whoever links it includes <NAME.h> and calls NAME_gelu_forward_f32(x, y, n). The kernels
# are emitted when the project is built, and again when the request or the compiler itself has changed.
include_guard(GLOBAL)

function(actinide_add_kernels name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIER" "ACTIVATIONS;DEFINE;DTYPES;PASSES;TARGETS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "actinide_add_kernels(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_ACTIVATIONS AND NOT arg_DEFINE)
    message(FATAL_ERROR "actinide_add_kernels(${name}): name ACTIVATIONS or DEFINE some")
  endif()

  # A definition may hold a semicolon, which would split CMake's lists: `snake(x; a = 1) = ...`.
  set(request ${arg_ACTIVATIONS})
  foreach(definition IN LISTS arg_DEFINE)
    string(REPLACE ";" "\\;" definition "${definition}")
    list(APPEND request --define "${definition}")
  endforeach()
  set(flag_of_DTYPES --dtype)
  set(flag_of_PASSES --pass)
  set(flag_of_TARGETS --target)
  set(flag_of_TIER --tier)
  foreach(keyword IN ITEMS DTYPES PASSES TARGETS TIER)
    if(arg_${keyword})
      list(JOIN arg_${keyword} "," values)
      list(APPEND request ${flag_of_${keyword}} ${values})
    endif()
  endforeach()

  set(directory ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(archive ${directory}/lib/lib${name}.a)
  set(header ${directory}/include/${name}.h)
  add_custom_command(
    OUTPUT ${archive} ${header} ${directory}/${name}.json
    COMMAND Actinide::actinide emit ${request} --name ${name} --output ${directory}
    DEPENDS Actinide::actinide
    COMMENT "Emitting the activation kernels ${name}"
    VERBATIM)
  add_custom_target(${name}_emit DEPENDS ${archive} ${header})

  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_emit)
  target_include_directories(${name} INTERFACE ${directory}/include)
  target_link_libraries(${name} INTERFACE ${archive} Actinide::runtime)
endfunction()
