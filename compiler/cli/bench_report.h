// What `actinide bench` measured, as a table or as JSON.
#pragma once

#include "bench/bench.h"
#include "bench/compile_time.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace actinide::cli {

/// Of what and how: machine, inputs, threads.
std::string bench_heading(const bench::BenchOptions &options);
nlohmann::ordered_json bench_heading_json(const bench::BenchOptions &options);

std::string bench_text(const bench::BenchResult &result);
nlohmann::ordered_json bench_json(const bench::BenchResult &result);

/// What `actinide bench --jit` measured.
std::string compile_text(const std::vector<bench::CompileResult> &results);
nlohmann::ordered_json compile_json(const std::vector<bench::CompileResult> &results);

}  // namespace actinide::cli
