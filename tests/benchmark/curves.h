// How the time of an element depends on the number of elements: pictures beside generated/SPEED.md.
#pragma once

#include "bench/bench.h"
#include "tests/benchmark/sweep.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace actinide::speed {

/// A kernel of f32, `standard`, at many sizes, beside copies and peers.
struct Curves {
  std::string activation;
  Pass pass;
  bench::BenchResult measured;
};

/// The rows that most programs use, of those that are given, forward and backward, on the calling thread.
std::vector<Curves> measure_curves(std::span<const Activation *const> rows, int rounds, const Progress &progress);

/// Draws a picture for each pass in the directory, `speed_forward.svg` and so on, and gives the Markdown that shows
/// them. Draws nothing without a directory.
std::string draw_curves(const std::vector<Curves> &all, const std::filesystem::path &directory);

}  // namespace actinide::speed
