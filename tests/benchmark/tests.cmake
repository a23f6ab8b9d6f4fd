# `actinide_speed` measures and writes generated/SPEED.md: tools/benchmark builds and runs it. It is no test: figures
# need a quiet machine.
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
add_library(actinide_speed_parts STATIC
  benchmark/analysis.cpp benchmark/build.cpp benchmark/cell.cpp benchmark/cells.cpp benchmark/child.cpp
  benchmark/compile_time.cpp benchmark/curves.cpp benchmark/goals.cpp benchmark/goals_report.cpp benchmark/growth.cpp
  benchmark/jit.cpp benchmark/markdown.cpp benchmark/other_goals.cpp benchmark/other_goals_report.cpp
  benchmark/port_bound.cpp benchmark/report.cpp benchmark/sleef.cpp benchmark/speed_tables.cpp benchmark/sweep.cpp
  benchmark/threads.cpp benchmark/together.cpp)
target_include_directories(actinide_speed_parts PUBLIC ${PROJECT_SOURCE_DIR})
target_compile_definitions(actinide_speed_parts PRIVATE
  ACTINIDE_COMMAND="$<TARGET_FILE:actinide>"
  ACTINIDE_RUNTIME_LIBRARY="$<TARGET_FILE:actinide_runtime>"
  ACTINIDE_JIT_LATENCY="$<TARGET_FILE:actinide_jit_latency>"
  ACTINIDE_PYTHON="${ACTINIDE_PYTHON}"
  ACTINIDE_TORCH_COMPILE="${CMAKE_CURRENT_SOURCE_DIR}/benchmark/torch_compile.py")
target_link_libraries(actinide_speed_parts PUBLIC actinide_bench actinide_cli nlohmann_json::nlohmann_json
                                           PRIVATE actinide_warnings)
actinide_use_headers(actinide_speed_parts actinide_cli_headers)
add_executable(actinide_speed benchmark/main.cpp)
target_link_libraries(actinide_speed PRIVATE actinide_speed_parts CLI11::CLI11 actinide_warnings)
# What the figures are judged by, and that they come out of the other process: no test says how long anything takes.
actinide_test(benchmark goals LIBRARIES actinide_speed_parts)

# How long a host program waits for a kernel: run `build/bin/actinide_jit_latency [--definitions 10000]`.
add_executable(actinide_jit_latency benchmark/jit_latency.cpp)
target_include_directories(actinide_jit_latency PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(actinide_jit_latency PRIVATE Actinide::jit CLI11::CLI11 fmt::fmt
                                                         nlohmann_json::nlohmann_json actinide_warnings)
add_dependencies(actinide_speed actinide actinide_jit_latency actinide_peers)
