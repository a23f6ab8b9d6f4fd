// The time of compiling every kernel that is measured.
#pragma once

#include "activations.h"
#include "bench/compile_time.h"
#include "tests/benchmark/sweep.h"

#include <fmt/format.h>

#include <span>
#include <string>
#include <vector>

namespace actinide::speed {

struct Compilation {
  const Activation *row;
  Pass pass;
  Variant variant;
  bench::CompileTime time;

  std::string name() const { return fmt::format("{} {}", row->name, to_string(pass)); }
};

/// The first kernel that the process compiles: with it, libraries set themselves up and code is paged in.
Compilation first_compilation();

/// Each row in each variant and pass that is measured, compiled for this machine.
std::vector<Compilation> compilations(std::span<const Activation *const> rows);

}  // namespace actinide::speed
