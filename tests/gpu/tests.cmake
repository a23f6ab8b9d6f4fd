# tests/gpu/run, which skips where there is no CUDA device, and its program with a simulated device: the driver's
# functions over the interpreter of tests/ptx.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(gpu_run ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/run)

actinide_test(gpu declarations LIBRARIES fmt::fmt)

add_test(NAME gpu.run COMMAND ${gpu_run})
set_tests_properties(gpu.run PROPERTIES LABELS gpu TIMEOUT 1800 SKIP_RETURN_CODE 77)

set(gpu_simulated ${CMAKE_CURRENT_BINARY_DIR}/gpu/simulated)
add_library(gpu_simulated_driver SHARED ${CMAKE_CURRENT_LIST_DIR}/simulated/driver.cpp)
target_link_libraries(gpu_simulated_driver PRIVATE ptx_interpreter actinide_warnings)
set_target_properties(gpu_simulated_driver PROPERTIES OUTPUT_NAME cuda SOVERSION 1 LIBRARY_OUTPUT_DIRECTORY
                                                                                  ${gpu_simulated})

actinide_test(gpu jit SOURCES gpu/suite/device.cpp gpu/suite/driver.cpp
              LIBRARIES actinide_jit actinide_pipeline actinide_accuracy gpu_simulated_driver ${CMAKE_DL_LIBS})

actinide_test(gpu shaped SOURCES gpu/suite/device.cpp gpu/suite/driver.cpp
              LIBRARIES actinide_jit actinide_pipeline actinide_accuracy gpu_simulated_driver ${CMAKE_DL_LIBS})

set(gpu_scratch ${CMAKE_CURRENT_BINARY_DIR}/gpu/suite)
add_test(NAME gpu.build
         COMMAND ${CMAKE_COMMAND} -DSCRATCH=${gpu_scratch} -DACTINIDE=$<TARGET_FILE:actinide>
                 -DACTINIDE_SOURCE=${PROJECT_SOURCE_DIR} -DGENERATOR=${CMAKE_GENERATOR}
                 -DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM} -P ${CMAKE_CURRENT_LIST_DIR}/build.cmake)
set_tests_properties(gpu.build PROPERTIES LABELS gpu TIMEOUT 1200 COST 80 FIXTURES_SETUP gpu_suite)

# gpu_simulated_test(NAME PASS regex [FAULT fault] [OPTIONS word...]): runs tests/gpu/run on the simulated device.
function(gpu_simulated_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PASS;FAULT" "OPTIONS")
  add_test(NAME gpu.${name} COMMAND ${gpu_run} --program ${gpu_scratch}/gpu_suite --output ${gpu_scratch}/${name}.json
                                    --points 2000 --rounds 3 --elements 5000 --repetitions 2 --launches 2 ${arg_OPTIONS})
  set_tests_properties(
    gpu.${name} PROPERTIES LABELS gpu TIMEOUT 300 FIXTURES_REQUIRED gpu_suite PASS_REGULAR_EXPRESSION "${arg_PASS}"
                           ENVIRONMENT "LD_LIBRARY_PATH=${gpu_simulated};SIMULATED_FAULT=${arg_FAULT}")
endfunction()
gpu_simulated_test(simulated PASS "simulated, compute.*elements, 0 failures.*wrong calls: [0-9]+, 0 failures.*a launch at 4096")
gpu_simulated_test(without_speed PASS "wrong calls: [0-9]+, 0 failures\nwrote" OPTIONS --no-speed)
gpu_simulated_test(wrong_bits PASS "output 0, element [0-9]+: 0x[0-9a-f]+ instead of 0x.*, 20 failures" FAULT bits)
gpu_simulated_test(no_device PASS "SKIPPED: no CUDA device" FAULT no-device)
gpu_simulated_test(wrong_option PASS "'0' is no number above 0" OPTIONS --points 0)
gpu_simulated_test(too_large PASS "need [0-9]+ MiB of device memory" OPTIONS --elements 1000000000)
