// The error of a kernel over a set of points, against the reference.
#pragma once

#include "accuracy/points.h"
#include "expression/reference.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace actinide {

/// A kernel with one varying input: y[i] = f(x[i]). x and y hold numbers of the dtype and have the same length. Called
/// from several threads at once.
using MeasuredKernel = std::function<void(std::span<const double> x, std::span<double> y)>;

/// A kernel on f32 arrays as a MeasuredKernel.
MeasuredKernel widened(std::function<void(const float *x, float *y, std::size_t n)> kernel);

/// What is measured against what: kernels of one function.
struct Measurement {
  const Reference &reference;
  /// The same function in another form, of the same inputs, for points that the fast ways leave open because its terms
  /// cancel there. That both are the same is tried at many points: a contradiction is an InternalError. Null: none.
  const Reference *other_form = nullptr;
  std::vector<MeasuredKernel> kernels;
  DType dtype;
  std::vector<double> inputs;  ///< of the reference; the varying one is overwritten
  std::size_t varying = 0;
  unsigned threads = 0;  ///< 0: as many as the machine has
};

struct Worst {
  double ulp = 0;  ///< an upper bound, too large by at most what Reference::judge says
  double input = std::numeric_limits<double>::quiet_NaN();
  double computed = std::numeric_limits<double>::quiet_NaN();
  double nearest = std::numeric_limits<double>::quiet_NaN();  ///< the exact result rounded to nearest
  std::string exact = {};                                     ///< its first 20 digits
};

/// Results are told apart by the exact result rounded to nearest.
struct SweepResult {
  std::uint64_t points = 0;
  Worst normal;                            ///< normal numbers, exact zeros, infinities and NaN
  Worst subnormal;                         ///< subnormal numbers that were not flushed
  std::uint64_t subnormal_results = 0;     ///< how many of them
  std::uint64_t flushed = 0;               ///< subnormal numbers given as a zero
  double flushed_ulp = 0;                  ///< the largest error of those
  double relaxed = 0;                      ///< the largest |computed - exact| / max(1, |exact|), or a little more
  std::uint64_t not_nearest = 0;           ///< not the exact result rounded to nearest
  std::uint64_t wrong_zero_signs = 0;      ///< see Reference::negative_zero; sampled where f vanishes
  std::optional<double> wrong_zero_input;  ///< the first such input
};

/// Called now and then with the number of points done, by one thread at a time.
using SweepProgress = std::function<void(std::uint64_t done)>;

/// Measures the kernels at every point; most of the time goes into the reference, so that many take little more than
/// one. A result for each. They don't depend on the number of threads. An exception of a kernel is passed on.
std::vector<SweepResult> sweep(const Measurement &measurement, const PointSet &points,
                               const SweepProgress &progress = {});

/// Adds what was found at points that come after those of `total`.
void merge(SweepResult &total, const SweepResult &later);

struct SpecialResult {
  double input;
  double computed;
  double expected;  ///< with the sign of zero of the limit
  double ulp;
  bool sign_matches;  ///< of a zero, where its sign is determined
};

/// One row for each input, of one of the kernels.
std::vector<SpecialResult> tabulate(const Measurement &measurement, std::size_t kernel, std::span<const double> inputs);

/// The numbers of the dtype next to which the rounded result of the reference changes its kind: its sign (roots),
/// between normal, subnormal, zero, infinite and NaN, and where it becomes what it is at the infinity (saturation).
/// Found by bisection between `samples` points of each sign.
std::vector<double> transitions(const Reference &reference, DType dtype, std::vector<double> inputs,
                                std::size_t varying = 0, int samples = 2048);

}  // namespace actinide
