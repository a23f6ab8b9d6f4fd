# Every kernel for AArch64 gives the bits of x86-64-v3: the suite is built for both and the foreign one run under qemu, as
# the runtime's tests are.
find_program(ACTINIDE_AARCH64_CC aarch64-linux-gnu-gcc)
find_program(ACTINIDE_AARCH64_CXX aarch64-linux-gnu-g++)
find_program(ACTINIDE_QEMU_AARCH64 qemu-aarch64)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_path(ACTINIDE_GTEST_SOURCE src/gtest-all.cc PATHS /usr/src/googletest/googletest)

set(aarch64_missing)
foreach(tool IN ITEMS AARCH64_CC AARCH64_CXX QEMU_AARCH64 GTEST_SOURCE)
  if(NOT ACTINIDE_${tool})
    list(APPEND aarch64_missing ${tool})
  endif()
endforeach()

# aarch64_test(NAME COMMAND...): skipped, and said so, where a tool is missing.
function(aarch64_test name)
  if(aarch64_missing)
    set(ARGN ${CMAKE_COMMAND} -E echo "SKIPPED: no ${aarch64_missing}; tools/setup installs them")
  endif()
  add_test(NAME aarch64.${name} COMMAND ${ARGN})
  set_tests_properties(aarch64.${name} PROPERTIES LABELS aarch64 TIMEOUT 1800 SKIP_REGULAR_EXPRESSION "SKIPPED:")
endfunction()

set(aarch64_scratch ${CMAKE_CURRENT_BINARY_DIR}/aarch64)
aarch64_test(build ${CMAKE_COMMAND} -DSCRATCH=${aarch64_scratch} -DACTINIDE=$<TARGET_FILE:actinide>
             -DACTINIDE_SOURCE=${PROJECT_SOURCE_DIR} -DGTEST_SOURCE=${ACTINIDE_GTEST_SOURCE}
             -DGENERATOR=${CMAKE_GENERATOR} -DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}
             -P ${CMAKE_CURRENT_LIST_DIR}/build.cmake)
set_tests_properties(aarch64.build PROPERTIES FIXTURES_SETUP aarch64_programs COST 400)  # others wait for it

# aarch64_run(NAME CPU [SCRIPT word...] PROGRAM word...): runs a program of aarch64.build on a CPU of qemu's; SCRIPT gets
# the command that does so as its last arguments.
function(aarch64_run name cpu)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SCRIPT;PROGRAM")
  list(POP_FRONT arg_PROGRAM program)
  aarch64_test(${name} ${arg_SCRIPT} ${ACTINIDE_QEMU_AARCH64} -L /usr/aarch64-linux-gnu -cpu ${cpu}
               ${aarch64_scratch}/${program} ${arg_PROGRAM})
  set_tests_properties(aarch64.${name} PROPERTIES FIXTURES_REQUIRED aarch64_programs)
endfunction()

aarch64_run(runtime cortex-a57 PROGRAM runtime/runtime_tests)

aarch64_run(cpu_armv8_0 cortex-a57 PROGRAM aarch64/features aarch64)
aarch64_run(cpu_fp16 cortex-a76 PROGRAM aarch64/features aarch64 fp16)
aarch64_run(cpu_sve a64fx PROGRAM aarch64/features aarch64 fp16)  # the first SVE is not enough
set(vector_bits 128 256 512)
foreach(bits IN LISTS vector_bits)
  math(EXPR bytes "${bits} / 8")
  aarch64_run(cpu_sve2_${bits} max,sve${bits}=on
              PROGRAM aarch64/features aarch64 fp16 bf16 sve2 sve-bytes=${bytes})
endforeach()

# The same bits. The Cortex-A57 traps on any instruction beyond Armv8.0-A, so the library must choose by itself. All
# numbers of 16 bits, of wider types 2^14 points; the other lengths of vectors run the same instructions, and have fewer
# of 16 bits.
set(aarch64_compare SCRIPT ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/compare.py
                           ${aarch64_scratch}/native/suite)
aarch64_run(kernels_neon cortex-a57 ${aarch64_compare} PROGRAM aarch64/suite 16384 65536)
set(point_counts_of_16_bits 8192 65536 8192)
foreach(bits points_of_16_bits IN ZIP_LISTS vector_bits point_counts_of_16_bits)
  aarch64_run(kernels_sve2_${bits} max,sve${bits}=on ${aarch64_compare} PROGRAM aarch64/suite 16384 ${points_of_16_bits})
  set_tests_properties(aarch64.kernels_sve2_${bits} PROPERTIES ENVIRONMENT QEMU_SET_ENV=ACTINIDE_TARGET=aarch64-sve2)
endforeach()

# The same of kernels of rows, channels, parts and groups, and of sums; of forms and from one dtype to another.
set(shape_programs shapes forms)
set(shape_points 40 0)
foreach(program points IN ZIP_LISTS shape_programs shape_points)
  set(aarch64_compare SCRIPT ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/compare.py
                             ${aarch64_scratch}/native/${program})
  aarch64_run(${program}_neon cortex-a57 ${aarch64_compare} PROGRAM aarch64/${program} ${points})
  foreach(bits IN LISTS vector_bits)
    aarch64_run(${program}_sve2_${bits} max,sve${bits}=on ${aarch64_compare} PROGRAM aarch64/${program} ${points})
    set_tests_properties(aarch64.${program}_sve2_${bits} PROPERTIES ENVIRONMENT QEMU_SET_ENV=ACTINIDE_TARGET=aarch64-sve2)
  endforeach()
endforeach()

# A target that the CPU or the library lacks is an error code, not a crash.
foreach(target IN ITEMS aarch64-sve2 x86-64-v3)
  aarch64_run(forced_${target} cortex-a57 PROGRAM aarch64/suite 16384 65536 "relu forward f32 standard")
  set_tests_properties(aarch64.forced_${target} PROPERTIES ENVIRONMENT ACTINIDE_TARGET=${target}
                       PASS_REGULAR_EXPRESSION "relu forward f32 standard: status 5")
endforeach()

# Projects that are cross-compiled: as documented, and with what is missing missing.
aarch64_test(project ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/cmake/consumer
             -DSCRATCH=${aarch64_scratch}/project -DACTINIDE_SOURCE=${PROJECT_SOURCE_DIR}
             "-DEMULATOR=${ACTINIDE_QEMU_AARCH64}\;-L\;/usr/aarch64-linux-gnu" -DGENERATOR=${CMAKE_GENERATOR}
             -DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM} -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/cross.cmake)
aarch64_test(docs bash ${CMAKE_CURRENT_SOURCE_DIR}/docs/run_block.sh ${CMAKE_CURRENT_BINARY_DIR}/docs/blocks aot_2
             ${PROJECT_BINARY_DIR})
cmake_path(GET CMAKE_COMMAND PARENT_PATH directory_of_cmake)
set_tests_properties(aarch64.docs PROPERTIES ENVIRONMENT CMAKE_GENERATOR=Ninja
                     ENVIRONMENT_MODIFICATION PATH=path_list_append:${directory_of_cmake})
