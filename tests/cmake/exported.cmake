# A library made with kernels is installed and exported, and a program that finds it links and runs.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM} -DCMAKE_BUILD_TYPE=Release
              -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix)
file(REMOVE_RECURSE ${SCRATCH})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)
run(${configure} -S ${SOURCE}/library -B ${SCRATCH}/library)
run(${CMAKE_COMMAND} --build ${SCRATCH}/library)
run(${CMAKE_COMMAND} --install ${SCRATCH}/library --prefix ${SCRATCH}/prefix)
file(REMOVE_RECURSE ${SCRATCH}/library)
run(${configure} -S ${SOURCE}/program -B ${SCRATCH}/program)
run(${CMAKE_COMMAND} --build ${SCRATCH}/program)
run(${SCRATCH}/program/program)
