# `actinide_speed` measures and writes generated/SPEED.md: tools/benchmark builds and runs it. It is no test: figures
# need a quiet machine.
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
add_executable(actinide_speed
  benchmark/analysis.cpp benchmark/build.cpp benchmark/compile_time.cpp benchmark/curves.cpp benchmark/goals.cpp
  benchmark/goals_report.cpp benchmark/growth.cpp benchmark/jit.cpp benchmark/main.cpp benchmark/markdown.cpp benchmark/port_bound.cpp benchmark/report.cpp
  benchmark/sleef.cpp benchmark/speed.cpp benchmark/together.cpp)
target_include_directories(actinide_speed PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_definitions(actinide_speed PRIVATE
  ACTINIDE_COMMAND="$<TARGET_FILE:actinide>"
  ACTINIDE_RUNTIME_LIBRARY="$<TARGET_FILE:actinide_runtime>"
  ACTINIDE_JIT_LATENCY="$<TARGET_FILE:actinide_jit_latency>"
  ACTINIDE_PYTHON="${ACTINIDE_PYTHON}"
  ACTINIDE_TORCH_COMPILE="${CMAKE_CURRENT_SOURCE_DIR}/benchmark/torch_compile.py")
target_link_libraries(actinide_speed PRIVATE actinide_bench actinide_cli CLI11::CLI11 nlohmann_json::nlohmann_json
                                                   actinide_warnings)

# How long a host program waits for a kernel: run `build/bin/actinide_jit_latency [--definitions 10000]`.
add_executable(actinide_jit_latency benchmark/jit_latency.cpp)
target_include_directories(actinide_jit_latency PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(actinide_jit_latency PRIVATE Actinide::jit CLI11::CLI11 fmt::fmt
                                                         nlohmann_json::nlohmann_json actinide_warnings)
add_dependencies(actinide_speed actinide actinide_jit_latency)
