#include "accuracy/points.h"

#include "element.h"
#include "error.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace actinide {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014) at a position of its sequence: random access, so that any thread can make any
// point.
std::uint64_t random_at(std::uint64_t seed, std::uint64_t position) {
  std::uint64_t z = seed + (position + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// The high half of a 64 by 64 bit product: maps the random number evenly to [0, limit).
std::uint64_t scaled(std::uint64_t random, std::uint64_t limit) {
  constexpr std::uint64_t half = 0xffffffffu;
  const std::uint64_t low = (random & half) * (limit & half);
  const std::uint64_t first = (random >> 32) * (limit & half) + (low >> 32);
  const std::uint64_t second = (random & half) * (limit >> 32) + (first & half);
  return (random >> 32) * (limit >> 32) + (first >> 32) + (second >> 32);
}

double number_with(std::uint64_t bits, DType dtype) {
  switch (dtype) {
    case DType::f32:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case DType::f64:
      return std::bit_cast<double>(bits);
    case DType::f16:
    case DType::bf16:
      return decode_16_bit(static_cast<std::uint16_t>(bits), dtype);
  }
  throw InternalError("no such dtype");
}

std::int64_t bits_of(double magnitude, DType dtype) {
  switch (dtype) {
    case DType::f32:
      return std::bit_cast<std::int32_t>(static_cast<float>(magnitude));
    case DType::f64:
      return std::bit_cast<std::int64_t>(magnitude);
    case DType::f16:
    case DType::bf16:
      return encode_16_bit(magnitude, dtype);
  }
  throw InternalError("no such dtype");
}

void append_both_signs(std::vector<double> &values, double value) {
  values.insert(values.end(), {value, -value});
}

}  // namespace

PointSet listed(std::string description, std::vector<double> points) {
  const std::uint64_t size = points.size();
  return {std::move(description), size, [points = std::move(points)](std::uint64_t first, std::span<double> out) {
            std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(first), out.size(), out.begin());
          }};
}

PointSet joined(std::string description, std::vector<PointSet> parts) {
  std::uint64_t size = 0;
  for (const PointSet &part : parts) size += part.size;
  return {std::move(description), size, [parts = std::move(parts)](std::uint64_t first, std::span<double> out) {
            for (const PointSet &part : parts) {
              if (out.empty()) return;
              if (first < part.size) {
                const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.size - first, out.size()));
                part.fill(first, out.first(count));
                out = out.subspan(count);
                first = 0;
              } else {
                first -= part.size;
              }
            }
          }};
}

PointSet log_uniform(DType dtype, std::uint64_t count, std::uint64_t seed) {
  const auto infinity = static_cast<std::uint64_t>(last_ordinal(dtype));
  return {fmt::format("{} random {} over all exponents, seed {}", count, to_string(dtype), seed), count,
          [=](std::uint64_t first, std::span<double> out) {
            for (double &x : out) {
              const std::uint64_t random = random_at(seed, first++);
              const double magnitude = number_with(scaled(random, infinity), dtype);
              x = random & 1 ? -magnitude : magnitude;
            }
          }};
}

PointSet patterns(DType dtype, std::uint32_t stride) {
  internal_check(stride != 0, "a stride of 0 visits nothing");
  internal_check(dtype != DType::f64, "the patterns of f64 are too many");
  const std::uint64_t all = std::uint64_t{1} << (8 * size_of(dtype));
  const std::uint64_t size = (all + stride - 1) / stride;
  const std::string numbers = fmt::format("all {} {}", is_16_bit(dtype) ? "65,536" : "2^32", to_string(dtype));
  return {stride == 1 ? numbers : fmt::format("every {}th of {}", stride, numbers), size,
          [=](std::uint64_t first, std::span<double> out) {
            for (double &x : out) x = number_with(first++ * stride, dtype);
          }};
}

std::int64_t last_ordinal(DType dtype) {
  return bits_of(std::numeric_limits<double>::infinity(), dtype);
}

std::int64_t ordinal(double value, DType dtype) {
  const std::int64_t bits = bits_of(std::fabs(value), dtype);
  return std::signbit(value) ? -bits : bits;
}

double from_ordinal(std::int64_t ordinal, DType dtype) {
  const double magnitude = number_with(static_cast<std::uint64_t>(std::abs(ordinal)), dtype);
  return ordinal < 0 ? -magnitude : magnitude;
}

std::vector<double> special_values(DType dtype) {
  const std::int64_t infinity = last_ordinal(dtype);
  const std::int64_t normal = ordinal(float_format(dtype).least_normal(), dtype);
  std::vector<double> values;
  for (const std::int64_t position :
       {std::int64_t{0}, std::int64_t{1}, normal / 2, normal - 1, normal, infinity - 1, infinity})
    append_both_signs(values, from_ordinal(position, dtype));
  append_both_signs(values, 1);
  values.push_back(std::numeric_limits<double>::quiet_NaN());
  return values;
}

std::vector<double> danger_values(DType dtype) {
  static constexpr double common[] = {5.5,   6,     9.01, 10.06, 10.5, 11,    13.05,  13.24, 14.3,
                                      17.33, 22.18, 40.3, 44.36, 87.3, 88.72, 103.97, 1e12,  1.8e19};
  // f64: where normcdf, 1 - tanh, 1 - sigmoid and exp saturate, become subnormal or vanish.
  static constexpr double wide[] = {8.29, 18.7, 36.74, 37.52, 38.48, 354.9, 372.6, 708.4, 709.78, 745.13, 1.3e154};
  std::vector<double> values;
  for (const double value : common)
    if (value <= float_format(dtype).largest()) append_both_signs(values, number_with(bits_of(value, dtype), dtype));
  if (dtype == DType::f64)
    for (const double value : wide) append_both_signs(values, value);
  append_both_signs(values, from_ordinal(last_ordinal(dtype) - 1, dtype));
  return values;
}

std::vector<double> neighbourhoods(std::span<const double> values, DType dtype, int radius) {
  std::vector<double> points;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    const std::int64_t middle = ordinal(value, dtype);
    const std::int64_t end = last_ordinal(dtype) - 1;
    for (std::int64_t i = std::max(middle - radius, -end); i <= std::min(middle + radius, end); ++i)
      points.push_back(from_ordinal(i, dtype));
  }
  return points;
}

PointSet standard_points(DType dtype, std::uint64_t count, std::uint64_t seed, std::span<const double> interesting) {
  if (is_16_bit(dtype)) return patterns(dtype, 1);
  const PointSet random = log_uniform(dtype, count, seed);
  return joined("special values, neighbourhoods of the danger points, " + random.description,
                {listed("special values", special_values(dtype)),
                 listed("danger points", neighbourhoods(danger_values(dtype), dtype)),
                 listed("points of interest", neighbourhoods(interesting, dtype)), random});
}

PointSet outputs_among(PointSet points, const Reference &forward, DType dtype, std::vector<double> inputs) {
  const auto output = [&forward, dtype, inputs = std::move(inputs)](double x) {
    std::vector<double> at = inputs;
    at[0] = x;
    return forward.rounded(at, dtype);
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto [low, high] = std::minmax(output(-infinity), output(infinity));
  return {"outputs among " + points.description, points.size,
          [fill = std::move(points.fill), output, low = low, high = high](std::uint64_t first, std::span<double> out) {
            fill(first, out);
            for (double &y : out) y = low <= y && y <= high ? y : output(y);
          }};
}

}  // namespace actinide
