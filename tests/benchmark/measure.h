// Median times of a few ways to do the same work, by Google Benchmark.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace actinide::speed {

/// One way to process n elements. `buffers`: inputs, then outputs.
struct Contender {
  std::string name;
  std::function<void(void *const *buffers, std::size_t n)> run;
};

struct Timing {
  std::string name;
  double nanoseconds;  ///< for each element
};

/// A call that takes longer is repeated so often at most.
inline constexpr double kLongSeconds = 0.05;
inline constexpr int kLongRepetitions = 5;

/// Times each contender on the same buffers, one after the other: the median of `repetitions`, after one to warm up.
/// A repetition calls the contender for at least 5 ms.
std::vector<Timing> medians(const std::vector<Contender> &contenders, void *const *buffers, std::size_t n,
                            int repetitions);

/// The middle value; of an even number of them, the mean of the two. Not of an empty list.
double median(std::vector<double> values);

}  // namespace actinide::speed
