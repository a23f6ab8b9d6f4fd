// How long a kernel takes from its text to a function that can be called, stage by stage.
#pragma once

#include "codegen/target.h"
#include "vocabulary.h"

#include <array>
#include <string>
#include <string_view>

namespace actinide::bench {

inline constexpr std::array<std::string_view, 6> kCompileStages = {
    "symbols and numerics", "Halide lowering", "LLVM IR", "its passes", "code generation", "linking and loading"};

struct CompileTime {
  std::array<double, kCompileStages.size()> milliseconds;  ///< of each stage

  double total() const;
};

struct CompileRequest {
  std::string activation;
  Pass pass = Pass::forward;
  DTypes dtypes = DType::f32;
  Tier tier = Tier::standard;
  std::string schedule = {};
};

/// One compile as the just-in-time compiler does it. Nothing is answered from a cache but Halide's statements, which
/// kernels of one outline share (lowering/lower.h). The CPU's time of this thread: on a machine that does nothing else
/// that is the time that passes.
CompileTime compile_time(const CompileRequest &request, const Target &target);

/// The middle one of a few, so that a single interruption counts for nothing.
inline constexpr std::size_t kCompilations = 5;
CompileTime middle_compile_time(const CompileRequest &request, const Target &target);

struct CompileResult {
  std::string activation;
  CompileTime first;  ///< here Halide may have to make the statements
  CompileTime again;
};

}  // namespace actinide::bench
