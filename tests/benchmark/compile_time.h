// How long a kernel takes from its definition to a function that can be called.
#pragma once

#include "activations.h"
#include "tests/benchmark/speed.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::speed {

inline constexpr std::array<std::string_view, 5> kCompileStages = {
    "symbols and numerics", "Halide lowering", "LLVM IR and its passes", "code generation", "linking and loading"};

struct CompileTime {
  std::string name;  ///< `gelu forward`
  Variant variant;
  std::array<double, kCompileStages.size()> milliseconds;  ///< of each stage

  double total() const;
};

/// The first kernel that the process compiles: with it, libraries set themselves up and code is paged in.
CompileTime first_compile();

/// How often each kernel is compiled; the middle time counts.
inline constexpr std::size_t kCompilations = 3;

/// Each row in each variant and pass that is measured, compiled for this machine. Nothing is ever answered from a
/// cache: this calls the stages themselves.
std::vector<CompileTime> compile_times(std::span<const Activation *const> rows);

}  // namespace actinide::speed
