// The hand-written digits: reading and splitting.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace digits {

constexpr int kPixels = 64;
constexpr int kClasses = 10;

struct Sample {
  float pixels[kPixels];  ///< 0 to 1
  int digit;
};

struct DataSet {
  std::vector<Sample> training;
  std::vector<Sample> held_out;
};

/// Reads the file and holds out `held_out` images, chosen by `seed`. Throws std::runtime_error naming the file and
/// line.
DataSet load(const std::string &path, std::size_t held_out, std::uint64_t seed);

}  // namespace digits
