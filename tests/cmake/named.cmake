# A name that can't be part of C names is refused before anything is built.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

file(REMOVE_RECURSE ${SCRATCH})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)
set(configure ${CMAKE_COMMAND} -S ${SOURCE} -B ${SCRATCH}/build -G ${GENERATOR} -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}
              -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix)
foreach(name IN ITEMS my-kernels 9lives _k a__b)
  refused("actinide_add_kernels(${name}): the name becomes part of C names" ${configure} -DNAME=${name})
endforeach()
run(${configure} -DNAME=my_kernels)
