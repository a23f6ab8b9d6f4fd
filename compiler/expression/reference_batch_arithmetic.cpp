// Arithmetic on Bands. See reference_batch_functions.h.
#include "expression/reference_batch_ends.h"
#include "expression/reference_batch_functions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace actinide::reference {
namespace {

// Products of two numbers of 24 bits are exact.
bool is_short(double value) {
  return static_cast<double>(static_cast<float>(value)) == value;
}

// The error of a + b, by Knuth.
double sum_error(double a, double b, double sum) {
  const double from_b = sum - a;
  return (a - (sum - from_b)) + (b - from_b);
}

// 0 times the end of a range is 0: infinity only stands for what is beyond the largest number.
double product(double a, double b) {
  const double value = a * b;
  return value == value ? value : 0;
}

// Ends of sums and products that were computed exactly are open if one is that they were computed from.
template <typename Exact>
void open_ends(Band &r, const Band &a, const Band &b, Exact &&exact) {
  if (!a.any_open && !b.any_open) return;
  for (std::size_t i = 0; i < batch_points; ++i) {
    const auto [low, high] = exact(i);
    r.open[i] = {low, high};
    r.any_open |= low | high;
  }
}

template <typename Decide>
Band truth(const Band &a, const Band &b, Decide &&decide) {
  Band r;
  inherit(r, a, b);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const int answer = decide(a, b, i);  // -1: open
    r.low[i] = r.high[i] = answer;
    if (answer < 0) r.known[i] = Known::nothing;
  }
  return r;
}

Band natural_power(Band base, unsigned long n) {
  Band result = everywhere(1, 1);
  inherit(result, base);
  for (; n != 0; n >>= 1) {
    if (n & 1) result = multiply(result, base);
    if (n > 1) base = multiply(base, base);
  }
  return result;
}

}  // namespace

Band everywhere(double low, double high) {
  Band r;
  r.low.fill(low);
  r.high.fill(high);
  r.known.fill(Known::interval);
  return r;
}

namespace {

// Where a has open ends and b is a point: the products with short ends are exact, and not attained either.
void multiply_by_points(Band &r, const Band &a, const Band &b) {
  if (!a.any_open) return;
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double factor = b.low[i];
    if (!is_point(b, i) || factor == 0 || !is_short(factor)) continue;
    const bool mirrored = factor < 0;
    const bool low = mirrored ? a.open[i].high : a.open[i].low, high = mirrored ? a.open[i].low : a.open[i].high;
    const double at_low = mirrored ? a.high[i] : a.low[i], at_high = mirrored ? a.low[i] : a.high[i];
    if (low && is_short(at_low)) r.low[i] = at_low * factor, r.open[i].low = r.any_open = true;
    if (high && is_short(at_high)) r.high[i] = at_high * factor, r.open[i].high = r.any_open = true;
  }
}

}  // namespace

ACTINIDE_WIDE Band add(const Band &a, const Band &b) {
  Band r;
  inherit(r, a, b);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double low = a.low[i] + b.low[i], high = a.high[i] + b.high[i];
    r.low[i] = sum_error(a.low[i], b.low[i], low) == 0 ? low : below(low);
    r.high[i] = sum_error(a.high[i], b.high[i], high) == 0 ? high : above(high);
  }
  open_ends(r, a, b, [&](std::size_t i) {
    const bool low = r.low[i] - a.low[i] == b.low[i] && r.low[i] - b.low[i] == a.low[i];
    const bool high = r.high[i] - a.high[i] == b.high[i] && r.high[i] - b.high[i] == a.high[i];
    return OpenEnds{low && (a.open[i].low || b.open[i].low), high && (a.open[i].high || b.open[i].high)};
  });
  return r;
}

Band subtract(const Band &a, const Band &b) {
  return add(a, negative(b));
}

namespace {

// The ends of a product, and whether it can't be negative, or can't be positive.
struct Product {
  double low, high;
  bool positive, negative;
};

void set_product(Band &r, const Band &a, const Band &b, std::size_t i, const Product &product) {
  const double al = a.low[i], bl = b.low[i];
  const bool exact = (al == a.high[i]) & (bl == b.high[i]) & is_short(al) & is_short(bl);
  const double low_end = greater(below(product.low), product.positive ? 0 : -infinity);
  const double high_end = lesser(above(product.high), product.negative ? 0 : infinity);
  r.low[i] = exact ? product.low : low_end;
  r.high[i] = exact ? product.high : high_end;
}

ACTINIDE_WIDE void multiply_positive(Band &r, const Band &a, const Band &b) {
  for (std::size_t i = 0; i < batch_points; ++i)
    set_product(r, a, b, i, {product(a.low[i], b.low[i]), product(a.high[i], b.high[i]), true, false});
}

ACTINIDE_WIDE void multiply_any(Band &r, const Band &a, const Band &b) {
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double al = a.low[i], ah = a.high[i], bl = b.low[i], bh = b.high[i];
    const double p1 = product(al, bl), p2 = product(al, bh), p3 = product(ah, bl), p4 = product(ah, bh);
    const double low = lesser(lesser(p1, p2), lesser(p3, p4));
    const double high = greater(greater(p1, p2), greater(p3, p4));
    const bool positive = ((al >= 0) & (bl >= 0)) | ((ah <= 0) & (bh <= 0));
    const bool negative = ((al >= 0) & (bh <= 0)) | ((ah <= 0) & (bl >= 0));
    set_product(r, a, b, i, {low, high, positive, negative});
  }
}

ACTINIDE_WIDE bool all_positive(const Band &a) {
  std::int64_t negative = 0;  // by the sign bits, so that the loop is one of vectors
  for (std::size_t i = 0; i < batch_points; ++i) negative |= std::bit_cast<std::int64_t>(a.low[i] + 0.0);
  return negative >= 0;
}

}  // namespace

Band multiply(const Band &a, const Band &b) {
  Band r;
  inherit(r, a, b);
  if (all_positive(a) && all_positive(b))
    multiply_positive(r, a, b);
  else
    multiply_any(r, a, b);
  multiply_by_points(r, a, b);
  multiply_by_points(r, b, a);
  return r;
}

ACTINIDE_WIDE Band divide(const Band &a, const Band &b) {
  Band r;
  inherit(r, a, b);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const bool mirrored = b.high[i] < 0;
    const double al = mirrored ? -a.high[i] : a.low[i], ah = mirrored ? -a.low[i] : a.high[i];
    const double bl = mirrored ? -b.high[i] : b.low[i], bh = mirrored ? -b.low[i] : b.high[i];
    const double low = al / (al >= 0 ? bh : bl), high = ah / (ah >= 0 ? bl : bh);
    r.low[i] = greater(below(low), al >= 0 ? 0 : -infinity);
    r.high[i] = lesser(above(high), ah <= 0 ? 0 : infinity);
  }
  for (std::size_t i = 0; i < batch_points; ++i)
    if ((b.low[i] <= 0) & (b.high[i] >= 0) & (r.known[i] == Known::interval)) r.known[i] = Known::nothing;
  return r;
}

Band negative(const Band &a) {
  Band r;
  inherit(r, a);
  for (std::size_t i = 0; i < batch_points; ++i) {
    r.low[i] = -a.high[i];
    r.high[i] = -a.low[i];
  }
  r.any_open = a.any_open;
  for (std::size_t i = 0; a.any_open && i < batch_points; ++i) r.open[i] = {a.open[i].high, a.open[i].low};
  return r;
}

Band absolute(const Band &a) {
  Band r;
  inherit(r, a);
  for (std::size_t i = 0; i < batch_points; ++i) {
    r.low[i] = greater(greater(a.low[i], -a.high[i]), 0);
    r.high[i] = greater(-a.low[i], a.high[i]);
  }
  return r;
}

Band larger(const Band &a, const Band &b) {
  Band r;
  inherit(r, a, b);
  for (std::size_t i = 0; i < batch_points; ++i) {
    r.low[i] = greater(a.low[i], b.low[i]);
    r.high[i] = greater(a.high[i], b.high[i]);
  }
  return r;
}

Band smaller(const Band &a, const Band &b) {
  return negative(larger(negative(a), negative(b)));
}

Band power(const Band &a, const Band &b, const std::optional<Rational> &exponent) {
  constexpr long most = 64;
  if (exponent && exponent->get_den() == 1 && abs(*exponent) <= most) {
    const long n = exponent->get_num().get_si();
    const Band natural = natural_power(a, static_cast<unsigned long>(std::labs(n)));
    return n < 0 ? divide(everywhere(1, 1), natural) : natural;
  }
  Band r;
  inherit(r, a, b);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double first = std::pow(a.low[i], b.low[i]), last = std::pow(a.high[i], b.high[i]);
    r.low[i] = std::max(below(std::min(first, last), library), 0.0);
    r.high[i] = above(std::max(first, last), library);
    if (!is_point(b, i) || !(a.low[i] > 0)) r.known[i] = Known::nothing;
    if (a.high[i] < 0 && exponent && exponent->get_den() != 1) r.known[i] = worse(a.known[i], Known::undefined);
  }
  return r;
}

Band is_less(const Band &a, const Band &b) {
  return truth(a, b, [](const Band &x, const Band &y, std::size_t i) {
    return x.high[i] < y.low[i] ? 1 : x.low[i] >= y.high[i] ? 0 : -1;
  });
}

Band is_less_equal(const Band &a, const Band &b) {
  return logical_not(is_less(b, a));
}

Band is_equal(const Band &a, const Band &b) {
  return truth(a, b, [](const Band &x, const Band &y, std::size_t i) {
    if (x.high[i] < y.low[i] || y.high[i] < x.low[i]) return 0;
    return is_point(x, i) && is_point(y, i) ? 1 : -1;
  });
}

Band logical_not(const Band &a) {
  return subtract(everywhere(1, 1), a);
}

Band choose(const Band &condition, const Band &yes, const Band &no) {
  Band r;
  for (std::size_t i = 0; i < batch_points; ++i) {
    const bool first = condition.low[i] == 1;
    r.low[i] = first ? yes.low[i] : no.low[i];
    r.high[i] = first ? yes.high[i] : no.high[i];
    r.known[i] = worse(condition.known[i], first ? yes.known[i] : no.known[i]);
  }
  return r;
}

Band sign(const Band &a) {
  Band r;
  inherit(r, a);
  for (std::size_t i = 0; i < batch_points; ++i) {
    r.low[i] = (a.low[i] > 0) - (a.low[i] < 0);
    r.high[i] = (a.high[i] > 0) - (a.high[i] < 0);
  }
  return r;
}

}  // namespace actinide::reference
