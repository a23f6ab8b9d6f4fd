#include "accuracy/sweep.h"

#include <algorithm>
#include <cmath>

namespace actinide {
namespace {

enum class Kind : std::uint8_t { nan, infinite, zero, subnormal, normal };

// What a transition changes.
struct Character {
  Kind kind;
  bool negative;
  bool saturated;  ///< equal to the result at the infinity of this side
  friend bool operator==(const Character &, const Character &) = default;
};

class Search {
 public:
  Search(const Reference &reference, DType dtype, std::vector<double> inputs, std::size_t varying)
      : reference_(reference), dtype_(dtype), inputs_(std::move(inputs)), varying_(varying) {}

  // Every `step`-th number of one sign; where two neighbours differ in character, the places in between where it
  // changes.
  void one_side(int side, int samples, std::vector<double> &found) {
    const std::int64_t end = last_ordinal(dtype_) - 1;
    at_infinity_ = value(side * last_ordinal(dtype_));
    const std::int64_t step = std::max<std::int64_t>(end / samples, 1);
    std::int64_t low = 0;
    Character at_low = character(0);
    while (low < end) {
      const std::int64_t high = std::min(low + step, end);
      const Character at_high = character(side * high);
      if (!(at_low == at_high)) found.push_back(from_ordinal(side * bisect(low, high, side, at_low), dtype_));
      low = high;
      at_low = at_high;
    }
  }

 private:
  double value(std::int64_t position) {
    inputs_[varying_] = from_ordinal(position, dtype_);
    return reference_.rounded(inputs_, dtype_);
  }

  Character character(std::int64_t position) {
    const double y = value(position);
    const Kind kind = std::isnan(y)                                        ? Kind::nan
                      : std::isinf(y)                                      ? Kind::infinite
                      : y == 0                                             ? Kind::zero
                      : std::fabs(y) < float_format(dtype_).least_normal() ? Kind::subnormal
                                                                           : Kind::normal;
    return {kind, kind != Kind::nan && kind != Kind::zero && std::signbit(y), y == at_infinity_};
  }

  // The last position whose character is that of `low`, on a path to one where it differs.
  std::int64_t bisect(std::int64_t low_position, std::int64_t high_position, int side, const Character &at_low) {
    while (high_position - low_position > 1) {
      const std::int64_t middle = low_position + (high_position - low_position) / 2;
      (character(side * middle) == at_low ? low_position : high_position) = middle;
    }
    return low_position;
  }

  const Reference &reference_;
  DType dtype_;
  std::vector<double> inputs_;
  std::size_t varying_;
  double at_infinity_ = 0;
};

}  // namespace

std::vector<double> transitions(const Reference &reference, DType dtype, std::vector<double> inputs,
                                std::size_t varying, int samples) {
  std::vector<double> found;
  Search search(reference, dtype, std::move(inputs), varying);
  for (const int side : {-1, 1}) search.one_side(side, samples, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace actinide
