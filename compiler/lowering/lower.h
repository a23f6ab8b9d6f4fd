// Numeric program -> Halide Func -> schedule -> lowered Halide Stmt.
//
// Each output becomes one pure extern call of the element's inputs (calls.h): the arithmetic is ours to the bit, the
// loops are Halide's.
#pragma once

#include "approximation/program.h"
#include "schedules/schedule.h"

#include <Halide.h>

#include <string>
#include <vector>

namespace actinide {

struct LoweredKernel {
  Halide::Internal::Stmt body;
  std::vector<std::string> buffers;  ///< names in `body`: inputs, then outputs
  int native_lanes;                  ///< elements that the tail handles at a time
  Program program;                   ///< what the calls in `body` compute
};

/// `native_lanes`: elements of the storage type in one vector register of the target.
LoweredKernel lower(const Program &program, const Schedule &schedule, int native_lanes);

/// The statement as text.
std::string to_text(const LoweredKernel &kernel);

}  // namespace actinide
