// The functions that make a kernel: what is compiled of each, and which of them a call takes.
#pragma once

#include "lowering/lower.h"
#include "pipeline.h"

#include <string>
#include <vector>

namespace actinide {

struct KernelFunction {
  std::string suffix;     ///< of its symbol
  LoweredKernel lowered;  ///< for CUDA: one part of one body
  int lanes = 1;          ///< elements that a thread loads at once
  int alignment = 1;      ///< of every buffer, in bytes
  /// CUDA: the parts of a kernel are run one after the other. Of each, the first function that serves is.
  std::uint32_t part = 0;
};

/// One for a CPU, and its merge_symbol where there is one. For CUDA one for each part and body; and
/// since loads of 16 bytes want them aligned, a second that takes elements one by one.
std::vector<KernelFunction> kernel_functions(const KernelRequest &request, const Target &target,
                                             const NumericKernel &kernel, const Schedule &schedule);

}  // namespace actinide
