// The error of kernels of rows, over random rows of many lengths and kinds.
#pragma once

#include "actinide/jit.h"
#include "pipeline.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace actinide::cli {

struct RowOptions {
  std::vector<std::size_t> columns = {1, 2, 3, 10, 33, 100, 1000, 65536};
  std::uint64_t points = 1'000'000;  ///< elements in all rows together, at least
  std::uint64_t seed = 1;
  unsigned threads = 0;
};

/// What was found of one kernel.
struct RowErrors {
  std::string kernel, tier, digest, input, output;
  DType dtype;
  std::optional<double> bound;
  std::uint64_t rows = 0, results = 0, not_nearest = 0;
  double ulp = 0;           ///< the largest error
  std::string kind = {};    ///< of row, where that is
  std::size_t columns = 0;  ///< of that row
  std::size_t element = 0;
  double worst_input = 0, worst_computed = 0;  ///< of that element: x, or y where the kernel takes that

  bool kept() const { return !bound || ulp <= *bound; }
};

/// Measures a kernel of rows, in forward, backward or backward_from_output; `digest` is left to the caller.
RowErrors measure_rows(const KernelRequest &request, const Kernel &kernel, const RowOptions &options);

void print_text(const RowErrors &errors);
nlohmann::ordered_json to_json(const RowErrors &errors);

}  // namespace actinide::cli
