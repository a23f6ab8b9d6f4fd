// The manifest of an emitted library: what it holds, for programs.
#pragma once

#include "aot/compile.h"
#include "aot/plan.h"

#include <optional>
#include <string>

namespace actinide::aot {

/// JSON. It lists the exported functions in the order of the header.
std::string manifest_text(const Plan &plan, const CompiledKernels &kernels, const std::optional<CudaUsage> &usage);

}  // namespace actinide::aot
