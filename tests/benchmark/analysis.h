// Kernels on CPUs that aren't here: what LLVM's machine-code analyser (llvm-mca) makes of their main loops.
#pragma once

#include "activations.h"
#include "codegen/target.h"
#include "pipeline.h"
#include "tests/benchmark/sweep.h"

#include <array>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::speed {

/// A CPU that LLVM has a model of.
struct CpuModel {
  std::string_view name;  ///< LLVM's
  std::string_view target;
  int vector_bytes;
};
/// The Neoverse V1 has SVE, but not SVE2.
inline constexpr std::array<CpuModel, 5> kCpuModels = {{{"neoverse-n1", "aarch64", 16},
                                                        {"neoverse-v1", "aarch64", 16},
                                                        {"neoverse-v2", "aarch64", 16},
                                                        {"neoverse-v2", "aarch64-sve2", 16},
                                                        {"apple-m1", "aarch64", 16}}};

/// On each model; NaN where the kernel has no loop without branches, since it branches to what is seldom needed.
using Cycles = std::array<double, kCpuModels.size()>;

struct Analysis {
  const Activation *row;
  Variant variant;
  Pass pass;
  Cycles cycles;  ///< for an element
};

struct Loop {
  std::string text;  ///< assembly
  int bytes = 0;     ///< stored by an iteration
};

/// The main loop of a kernel for the target: of the loops without a branch inside, the one that stores most; no bytes
/// where there is none.
Loop main_loop(const KernelRequest &request, const Target &target);

/// Cycles that an iteration of a loop takes on the model, as the analyser simulates it. The loop's assembly comes with
/// or without the branch back. Throws UserError where the analyser isn't installed. Thread-safe.
double cycles_of(const std::string &loop, const CpuModel &cpu);
/// The same: cycles that its instructions take the busiest execution port of a CPU, or the front end.
double port_bound_of(const std::string &loop, const std::string &triple, std::string_view cpu);

/// Calls work(i) for each i below `count`, on all CPUs that this process may use.
void on_all_cpus(std::size_t count, const std::function<void(std::size_t)> &work);

/// Each row in each variant and pass that is measured, on all CPUs that this process may use.
std::vector<Analysis> analyse(std::span<const Activation *const> rows);

}  // namespace actinide::speed
