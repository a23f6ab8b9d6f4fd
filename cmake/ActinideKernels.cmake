# actinide_add_kernels: activation kernels as a library target of your project.
#
#   actinide_add_kernels(NAME
#     ACTIVATIONS gelu "packed(swiglu)"              # any requests, definitions too; and/or
#     DEFINE "mine(x) = x * tanh(exp(x))"            # definitions of your own
#     [DTYPES f32 bf16:f32] [PASSES forward backward]  # defaults: f32, forward; a pass that one of them lacks is an error
#     [TARGETS x86-64-v3 x86-64-v4 cuda-sm80]        # default: all of this architecture
#     [TIER relaxed|standard|faithful|exact])
#
# makes the static library target NAME. Whoever links it includes <NAME.h> and calls NAME_gelu_forward_f32(x, y, n), or
# with a target of CUDA also NAME_gelu_forward_f32_cuda(x, y, n, stream). The kernels are emitted when the project is
# built, and again when the request, the compiler itself or the schedules of `actinide tune` have changed; after the very
# first `actinide tune`, configure again. install(TARGETS NAME EXPORT ...) installs the library and its header; whoever
# finds the export needs find_package(Actinide), too.
#
# When cross-compiling, the default of TARGETS is all of the architecture and system that the project is built for, and
# the command `actinide` of the building machine emits: ACTINIDE_EXECUTABLE, by default the one on the PATH.
include_guard(GLOBAL)

# The command that emits, as a path or a target.
function(_actinide_command result)
  if(TARGET Actinide::actinide AND NOT CMAKE_CROSSCOMPILING AND NOT ACTINIDE_EXECUTABLE)
    set(${result} Actinide::actinide PARENT_SCOPE)
    return()
  endif()
  find_program(ACTINIDE_EXECUTABLE actinide DOC "The command `actinide` of the machine that builds")
  if(NOT ACTINIDE_EXECUTABLE)
    message(FATAL_ERROR "No command `actinide` of this machine on the PATH: build Actinide here and set "
                        "-DACTINIDE_EXECUTABLE=.../bin/actinide")
  endif()
  set(${result} ${ACTINIDE_EXECUTABLE} PARENT_SCOPE)
endfunction()

# All targets for the machine that a cross-compiled project is built for.
function(_actinide_foreign_targets result)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
    set(targets aarch64 aarch64-sve2)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(targets x86-64-v2 x86-64-v3 x86-64-v4)
  else()
    message(FATAL_ERROR "Nothing is emitted for the processor ${CMAKE_SYSTEM_PROCESSOR}; `actinide targets` says for which")
  endif()
  if(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
    list(TRANSFORM targets APPEND -macos)
  elseif(CMAKE_SYSTEM_NAME STREQUAL "Windows")
    list(TRANSFORM targets APPEND -windows)
  endif()
  set(${result} ${targets} PARENT_SCOPE)
endfunction()

# The schedules that `actinide tune` found for all that this user compiles (docs/schedules.md); empty if there are none.
function(_actinide_tuned_schedules result)
  if(NOT "$ENV{ACTINIDE_SCHEDULES}" STREQUAL "")
    set(file $ENV{ACTINIDE_SCHEDULES})
  elseif("$ENV{XDG_STATE_HOME}" MATCHES "^/")
    set(file $ENV{XDG_STATE_HOME}/actinide/schedules.json)
  else()
    set(file $ENV{HOME}/.local/state/actinide/schedules.json)
  endif()
  if(NOT IS_ABSOLUTE "${file}" OR NOT EXISTS "${file}")
    set(file)
  endif()
  set(${result} ${file} PARENT_SCOPE)
endfunction()

# A source without code, in a language that the project has: a static library wants one.
function(_actinide_empty_source result path)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    set(source ${path}.c)
  elseif("CXX" IN_LIST languages)
    set(source ${path}.cpp)
  else()
    message(FATAL_ERROR "actinide_add_kernels: enable the language C or CXX first")
  endif()
  file(CONFIGURE OUTPUT ${source} CONTENT "typedef int nothing_here;\n")
  set(${result} ${source} PARENT_SCOPE)
endfunction()

function(actinide_add_kernels name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIER" "ACTIVATIONS;DEFINE;DTYPES;PASSES;TARGETS")
  if(NOT name MATCHES "^[A-Za-z][A-Za-z0-9_]*$" OR name MATCHES "__")
    message(FATAL_ERROR "actinide_add_kernels(${name}): the name becomes part of C names; use letters, digits and single "
                        "underscores, a letter first")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "actinide_add_kernels(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_ACTIVATIONS AND NOT arg_DEFINE)
    message(FATAL_ERROR "actinide_add_kernels(${name}): name ACTIVATIONS or DEFINE some")
  endif()
  if(CMAKE_CROSSCOMPILING AND NOT arg_TARGETS)
    _actinide_foreign_targets(arg_TARGETS)
  endif()
  _actinide_command(actinide)

  # A definition may hold a semicolon, which would split CMake's lists: `wave(x; a = 1) = ...`.
  set(request)
  foreach(activation IN LISTS arg_ACTIVATIONS)
    string(REPLACE ";" "\\;" activation "${activation}")
    list(APPEND request "${activation}")
  endforeach()
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
  _actinide_tuned_schedules(schedules)
  add_custom_command(
    OUTPUT ${archive} ${header} ${directory}/${name}.json
    COMMAND ${actinide} emit ${request} --name ${name} --output ${directory}
    DEPENDS ${actinide} ${schedules}
    COMMENT "Emitting the activation kernels ${name}"
    VERBATIM)
  # Where the schedules are removed, a build would miss what it depends on: it configures first.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${schedules})
  add_custom_target(${name}_emit DEPENDS ${archive} ${header})

  # A library like any other, which can be installed and exported; the emitted archive takes the place of what CMake
  # makes, whenever it is new.
  _actinide_empty_source(source ${directory}/${name})
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${archive})
  add_library(${name} STATIC ${source})
  add_dependencies(${name} ${name}_emit)
  add_custom_command(TARGET ${name} POST_BUILD COMMAND ${CMAKE_COMMAND} -E copy ${archive} $<TARGET_FILE:${name}>
                     VERBATIM)
  set_target_properties(${name} PROPERTIES PUBLIC_HEADER ${header})
  target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${directory}/include> $<INSTALL_INTERFACE:include>)
  target_link_libraries(${name} INTERFACE Actinide::runtime)
endfunction()
