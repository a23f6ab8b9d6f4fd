# Installs the build tree into a scratch folder, then configures, builds and runs the consumer against it.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

file(REMOVE_RECURSE ${SCRATCH})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${SCRATCH}/build -G ${GENERATOR} -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}
    -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix -DCMAKE_BUILD_TYPE=Release "-DCOMPONENTS=runtime;jit")
run(${CMAKE_COMMAND} --build ${SCRATCH}/build)
run(${SCRATCH}/build/consumer)
refused("There is no component nonsense: there are runtime, " ${CMAKE_COMMAND} -S ${SOURCE} -B ${SCRATCH}/nonsense -G ${GENERATOR}
        -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM} -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix -DCOMPONENTS=nonsense)
# Compiled, then found on disk.
foreach(time IN ITEMS first second)
  run(${CMAKE_COMMAND} -E env ACTINIDE_CACHE_DIR=${SCRATCH}/cache ${SCRATCH}/build/consumer_host)
endforeach()
file(GLOB entries ${SCRATCH}/cache/*)
list(LENGTH entries count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "one kernel was compiled, and ${SCRATCH}/cache holds ${count}")
endif()
