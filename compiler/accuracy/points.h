// Where a kernel is measured: sets of inputs, each a number of the dtype, made on demand and the same in every run.
#pragma once

#include "expression/reference.h"
#include "expression/reference.h"
#include "vocabulary.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace actinide {

struct PointSet {
  std::string description;
  std::uint64_t size = 0;
  /// Writes the points number `first`, `first` + 1, ... Safe to call from several threads.
  std::function<void(std::uint64_t first, std::span<double> points)> fill;
};

PointSet listed(std::string description, std::vector<double> points);
PointSet joined(std::string description, std::vector<PointSet> parts);

/// Random finite numbers of both signs, each representable one as likely as any other: all exponents alike, subnormal
/// numbers among them.
PointSet log_uniform(DType dtype, std::uint64_t count, std::uint64_t seed);

/// Every stride-th of the bit patterns of f32, f16 or bf16, infinities and NaNs included; an odd stride visits all
/// patterns of low bits.
PointSet patterns(DType dtype, std::uint32_t stride);

/// +-0, the ends of the subnormal and of the normal numbers, +-1, +-infinity, NaN.
std::vector<double> special_values(DType dtype);

/// Both signs of the arguments that broke real systems (NUMERICS, section 1), where exponentials and their relatives
/// saturate, underflow or overflow. For f64 also the places where its own functions do so.
std::vector<double> danger_values(DType dtype);

/// Each finite value with the `radius` numbers of the dtype on either side.
std::vector<double> neighbourhoods(std::span<const double> values, DType dtype, int radius = 64);

/// What a table test measures: special values, neighbourhoods of the danger points and of `interesting` ones, `count`
/// random points; of a 16-bit dtype all patterns.
PointSet standard_points(DType dtype, std::uint64_t count, std::uint64_t seed,
                         std::span<const double> interesting = {});

/// Points for a function of the outputs of `forward`, itself a function of `inputs[0]`: a point between the limits of
/// `forward` at the infinities stays, any other becomes the rounded output there. `forward` outlives the set.
PointSet outputs_among(PointSet points, const Reference &forward, DType dtype, std::vector<double> inputs);

/// The position of a number in the order of all numbers of its dtype; +0 and -0 are 0, the infinities the two ends.
std::int64_t ordinal(double value, DType dtype);
double from_ordinal(std::int64_t ordinal, DType dtype);
/// The ordinal of +infinity.
std::int64_t last_ordinal(DType dtype);

}  // namespace actinide
