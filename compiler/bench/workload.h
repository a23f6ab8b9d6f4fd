// A kernel with everything that a call of it needs: tensors, and extents for each size.
#pragma once

#include "actinide/jit.h"
#include "measure/tensors.h"
#include "pipeline.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace actinide::bench {

class Workload {
 public:
  /// Compiles what `text` asks for. Throws UserError where a size isn't one of the kernel's.
  Workload(const std::string &text, const KernelRequest &request, const Compiler &compiler,
           const std::vector<std::size_t> &sizes, std::size_t columns, speed::Distribution distribution);

  const KernelRequest &request() const { return request_; }
  const Kernel &kernel() const { return kernel_; }
  const std::vector<void *> &buffers() const { return buffers_; }

  /// Of `size` elements: results of an element-wise kernel, rows times columns of another.
  Extents extents(std::size_t size) const;

 private:
  void fill_outputs_of_forward(const std::string &text, const Compiler &compiler, std::size_t size) const;

  KernelRequest request_;
  Kernel kernel_;
  std::size_t columns_;
  std::optional<speed::Tensors> tensors_;
  std::vector<void *> buffers_;
};

}  // namespace actinide::bench
