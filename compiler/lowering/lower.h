// Numeric program -> Halide Func -> schedule -> lowered Halide Stmt.
//
// Every instruction becomes a pure extern call (`actinide.fma`), which Halide moves, vectorises and predicates but
// can't rewrite: the arithmetic is ours to the bit, the loops are Halide's.
#pragma once

#include "approximation/program.h"
#include "schedules/schedule.h"

#include <Halide.h>

#include <string>
#include <vector>

namespace actinide {

struct LoweredKernel {
  Halide::Internal::Stmt body;
  std::vector<std::string> buffers;     ///< names in `body`: inputs, then outputs
  std::vector<int> element_bytes;       ///< of each buffer
  std::vector<std::string> parameters;  ///< names of the f64 scalars in `body`
  int native_lanes;                     ///< elements that the tail handles at a time
};

/// `native_lanes`: elements of the storage type in one vector register of the target.
LoweredKernel lower(const Program &program, const Schedule &schedule, int native_lanes);

/// The statement as text.
std::string to_text(const LoweredKernel &kernel);

}  // namespace actinide
