# Kernels are emitted again when the schedules that `actinide tune` keeps have changed; where they are
# removed, a build goes on with what it has.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

function(build_and_expect what should_emit)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${SCRATCH}/build RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  string(FIND "${output}" "Emitting the activation kernels k" place)
  if(status OR (should_emit AND place EQUAL -1) OR (NOT should_emit AND NOT place EQUAL -1))
    message(FATAL_ERROR "${what}: exit status ${status}\n${output}")
  endif()
endfunction()

set(schedules ${SCRATCH}/schedules.json)
set(ENV{ACTINIDE_SCHEDULES} ${schedules})
file(REMOVE_RECURSE ${SCRATCH})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)
file(WRITE ${schedules} "{\"schedules\": []}")
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${SCRATCH}/build -G ${GENERATOR} -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}
    -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix -DNAME=k)
build_and_expect("at first" TRUE)
build_and_expect("nothing has changed" FALSE)
execute_process(COMMAND ${CMAKE_COMMAND} -E sleep 1)
file(WRITE ${schedules} "{\"schedules\": [ ]}")
build_and_expect("tuned" TRUE)
build_and_expect("nothing has changed since" FALSE)
file(REMOVE ${schedules})
build_and_expect("removed" FALSE)
