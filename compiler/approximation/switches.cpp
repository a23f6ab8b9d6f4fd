#include "approximation/switches.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace actinide {
namespace {

/// What the node chooses by the sign of, if it does.
std::optional<Expr> decider(const Expr &node) {
  switch (node.op()) {
    case Op::less:
    case Op::less_equal:
    case Op::equal:
    case Op::not_equal:
    case Op::max:
    case Op::min:
      return node[0] - node[1];
    case Op::abs:
    case Op::sign:
    case Op::step:
      return node[0];
    default:
      return std::nullopt;
  }
}

/// 0 also where it isn't decided.
int sign_at(const Reference &function, double x) {
  const Enclosure found = function.evaluate_quickly({&x, 1});
  if (!(std::fabs(found.value) > found.error)) return 0;
  return found.value > 0 ? 1 : -1;
}

double switch_between(const Reference &function, double low, double high) {
  const int sign_low = sign_at(function, low);
  for (int step = 0; step < 60; ++step) {
    const double middle = low + (high - low) / 2;
    (sign_at(function, middle) == sign_low ? low : high) = middle;
  }
  return high;
}

}  // namespace

Switches::Switches(const Expr &expression, const std::string &variable) {
  std::vector<Expr> known;
  for (const Expr &node : post_order(expression)) {
    const std::optional<Expr> found = decider(node);
    if (!found || !variables(*found).contains(variable) || std::ranges::find(known, *found) != known.end()) continue;
    known.push_back(*found);
    functions_.emplace_back(*found, std::vector{variable});
  }
}

std::vector<double> Switches::between(double low, double high) const {
  constexpr int kSteps = 64;
  std::vector<double> places;
  for (const Reference &function : functions_) {
    double last = low;
    int last_sign = sign_at(function, low);
    for (int i = 1; i <= kSteps; ++i) {
      const double x = low + (high - low) * i / kSteps;
      const int sign = sign_at(function, x);
      if (sign == 0 && i < kSteps) places.push_back(x);
      if (sign * last_sign < 0) places.push_back(switch_between(function, last, x));
      last = x;
      last_sign = sign;
    }
  }
  return places;
}

}  // namespace actinide
