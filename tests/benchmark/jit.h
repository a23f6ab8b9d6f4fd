// How long a host program waits for a kernel, beside what it would wait for elsewhere.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace actinide::speed {

/// What actinide_jit_latency prints (jit_latency.cpp), with so many definitions, and beside it:
///   `rows[i].onednn_first_us`, `onednn_again_us`   oneDNN's primitive for the same function, where there is one
///   `torch_compile`, `triton`                      what tests/benchmark/torch_compile.py prints
nlohmann::ordered_json measure_jit(std::size_t definitions);

std::string jit_text(const nlohmann::ordered_json &measured);

}  // namespace actinide::speed
