# Builds the suite natively for x86-64-v3 and for AArch64, and the runtime's tests for AArch64, into SCRATCH. What is
# there already and still current is kept.
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/run.cmake)

# build(PROJECT DIRECTORY options...)
function(build project directory)
  run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${project} -B ${SCRATCH}/${directory} -G ${GENERATOR}
      -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM} -DCMAKE_BUILD_TYPE=Release -DACTINIDE_SOURCE=${ACTINIDE_SOURCE} ${ARGN})
  run(${CMAKE_COMMAND} --build ${SCRATCH}/${directory})
endfunction()

set(foreign -DCMAKE_TOOLCHAIN_FILE=${ACTINIDE_SOURCE}/cmake/toolchains/aarch64-linux-gnu.cmake)
build(suite native -DACTINIDE_EXECUTABLE=${ACTINIDE} -DTARGETS=x86-64-v3)
build(suite aarch64 -DACTINIDE_EXECUTABLE=${ACTINIDE} ${foreign})
# Without `threads`, whose tests fork and start themselves again: under qemu they fail.
build(runtime runtime -DGTEST_SOURCE=${GTEST_SOURCE} ${foreign}
      -DTESTS=status,selection,arguments,split,blocks,concurrency)
