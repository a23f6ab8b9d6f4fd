#include "accuracy/exact_block.h"

#include "error.h"
#include "expression/reference_wide.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = 0x1.fffffep127, least_normal = 0x1p-126;
constexpr int digits = 24, least = -149, top = 128;  // of f32, see FloatFormat
constexpr double beyond = 0x1p129;                   // certainly rounded to infinity
constexpr double widest = 0.001;                     // bracket that serves, in ulp: as Reference::judge has it

constexpr std::int64_t all_ones = -1, half_bits = std::bit_cast<std::int64_t>(0.5);

std::int64_t mask(bool condition) {
  return condition ? all_ones : 0;
}

double to_f32(double value) {
  return static_cast<double>(static_cast<float>(value));
}

// 1/ulp of f32 at a number in [0, infinity].
double spacings_in_one(double size) {
  const std::int64_t exponent = (std::bit_cast<std::int64_t>(size) >> 52) - 1022;  // size < 2^exponent
  const std::int64_t wanted = exponent - digits;
  const std::int64_t at_least = wanted < least ? least : wanted;
  const std::int64_t spacing = at_least > top - digits ? top - digits : at_least;
  return std::bit_cast<double>((1023 - spacing) << 52);
}

// Numbers that aren't negative are ordered as their bits are, and the maximum of integers is a vector operation.
std::int64_t larger(std::int64_t a, double b) {
  const auto bits = std::bit_cast<std::int64_t>(b);
  return bits > a ? bits : a;
}

}  // namespace

void ExactBlock::set(std::span<const Bracket> brackets) {
  internal_check(brackets.size() <= points, "a block of {} points", brackets.size());
  for (std::size_t i = 0; i < brackets.size(); ++i) {
    low_[i] = brackets[i].low;
    high_[i] = brackets[i].high;
  }
  decide(brackets.size());
}

ACTINIDE_WIDE void ExactBlock::set(const RunModel &model, std::span<const double> x) {
  constexpr double rounding = 0x1p-50, tiny = 0x1p-1070;  // of some operations, relative; of gradual underflow
  const auto [c0, c1, c2] = model.coefficients;
  const auto [w0, w1, w2, w3] = model.widths;
  const double *const inputs = x.data();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = inputs[i] - model.centre, size = std::fabs(d);
    const double value = c0 + d * (c1 + d * c2);
    const double terms = std::fabs(c0) + size * (std::fabs(c1) + size * std::fabs(c2));
    const double left_out = w0 + size * (w1 + size * (w2 + size * w3));
    const double error = (left_out + terms * rounding) * (1 + rounding) + tiny;
    const double low = value - error, high = value + error;
    low_[i] = low > model.low ? low : model.low;
    high_[i] = high < model.high ? high : model.high;
  }
  decide(x.size());
}

ACTINIDE_WIDE void ExactBlock::decide(std::size_t count) {
  std::int64_t all = all_ones;
  for (std::size_t i = 0; i < count; ++i) {
    const double low = low_[i], high = high_[i], nearest = to_f32(low);
    const double above_zero = low > 0 ? low : 0, size = -high > above_zero ? -high : above_zero;
    const double scale = spacings_in_one(size);
    const std::int64_t one = mask(nearest == to_f32(high)) & mask(std::fabs(nearest) <= largest);
    const std::int64_t decided = one & mask((high - low) * scale < widest);
    const std::int64_t infinite = mask(low > beyond) | mask(high < -beyond);
    all &= decided | infinite | mask(low != low);
    decided_[i] = decided;
    infinite_[i] = infinite;
    nearest_[i] = low > beyond ? infinity : high < -beyond ? -infinity : nearest;
    scale_[i] = scale;
  }
  all_decided_ = all != 0;
}

ACTINIDE_WIDE ExactBlock::Summary ExactBlock::judge(std::span<const double> x, std::span<const double> y) {
  std::int64_t plain_points = 0, known = all_ones, ulp = 0, relative = 0, not_nearest = 0;
  const double *const inputs = x.data(), *const results = y.data();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double result = results[i], low = low_[i], high = high_[i], nearest = nearest_[i];
    const std::int64_t undefined = mask(low != low) & mask(result != result);
    const std::int64_t correct = mask(result == nearest) | undefined, decided = decided_[i];
    const double from_low = result - low, to_high = high - result;
    const double farther = from_low > to_high ? from_low : to_high;
    const double distance = std::bit_cast<double>(std::bit_cast<std::int64_t>(farther) & decided);
    const double units = distance * scale_[i], limit = std::bit_cast<double>(correct & half_bits);
    const double size = std::fabs(nearest), one_at_least = size > 1 ? size : 1;
    const std::int64_t negative = std::bit_cast<std::int64_t>(result) >> 63;
    const std::int64_t sign_is_right = (negative & mask(high <= 0)) | (~negative & mask(low >= 0));
    const std::int64_t number = mask(result != 0), elsewhere = mask(inputs[i] != 0);
    const std::int64_t tiny = mask((low > -vanished) & (high < vanished));
    const std::int64_t not_subnormal = mask(size == 0) | mask(size >= least_normal);
    const std::int64_t plain = (decided & mask(std::fabs(result) <= largest) & not_subnormal &
                                (number | (elsewhere & (sign_is_right | tiny)))) |
                               (infinite_[i] & correct) | undefined;
    plain_[i] = plain;
    plain_points -= plain;
    known &= number | sign_is_right | ~plain;  // a NaN is a number here
    const auto if_plain = [plain](double value) {
      return std::bit_cast<double>(std::bit_cast<std::int64_t>(value) & plain);
    };
    const std::int64_t capped = std::bit_cast<std::int64_t>(units) & ~correct;
    ulp = larger(ulp, if_plain(std::bit_cast<double>(capped)));
    ulp = larger(ulp, if_plain(units < limit ? units : limit));
    relative = larger(relative, if_plain(distance / one_at_least));
    not_nearest += (1 + correct) & plain;
  }
  return {static_cast<std::size_t>(plain_points), known != 0, std::bit_cast<double>(ulp),
          std::bit_cast<double>(relative), static_cast<std::uint64_t>(not_nearest)};
}

Judgement ExactBlock::judge(std::size_t i, double y) const {
  const bool correct = y == nearest_[i] || std::isnan(y);
  const double distance = decided_[i] ? std::max(y - low_[i], high_[i] - y) : 0, units = distance * scale_[i];
  return {correct ? std::min(units, 0.5) : units, correct, nearest_[i], distance};
}

}  // namespace actinide
