# Builds gpu_suite with a few rows into SCRATCH, for tests of the program itself.
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/run.cmake)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/suite -B ${SCRATCH} -G ${GENERATOR}
    -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM} -DCMAKE_BUILD_TYPE=Release -DACTINIDE_SOURCE=${ACTINIDE_SOURCE}
    -DACTINIDE_EXECUTABLE=${ACTINIDE} "-DACTIVATIONS=leaky_relu\;silu\;softmax\;prelu")
run(${CMAKE_COMMAND} --build ${SCRATCH})
