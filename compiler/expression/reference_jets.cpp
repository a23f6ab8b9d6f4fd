#include "expression/reference_jets.h"

#include "error.h"
#include "expression/reference_batch_ends.h"

#include <algorithm>
#include <cmath>

namespace actinide::reference {
namespace {

using Coefficients = std::array<Band, 4>;

Band times(double low, double high, const Band &a) {
  return multiply(everywhere(low, high), a);
}
// By a number of few digits.
Band times(double factor, const Band &a) {
  return times(factor, factor, a);
}
// By a rounded constant.
Band times_about(double factor, const Band &a) {
  return multiply(near(factor), a);
}
Band third(const Band &a) {
  return divide(a, everywhere(3, 3));
}
Band plus(double number, const Band &a) {
  return add(everywhere(number, number), a);
}
Band one_minus(const Band &a) {
  return subtract(everywhere(1, 1), a);
}

// g(u) of the coefficients of g at u_0 (Faa di Bruno).
Jet compose(const Coefficients &g, const Jet &u, std::size_t most) {
  Jet r;
  r.of[0] = g[0];
  if (u.order == 0) return r;
  r.order = most;
  const bool second = u.order >= 2, cubic = u.order >= 3;
  r.of[1] = multiply(g[1], u.of[1]);
  const Band square = multiply(u.of[1], u.of[1]);
  r.of[2] = multiply(g[2], square);
  if (second) r.of[2] = add(r.of[2], multiply(g[1], u.of[2]));
  if (most < 3) return r;
  r.of[3] = multiply(g[3], multiply(square, u.of[1]));
  if (second) r.of[3] = add(r.of[3], times(2, multiply(g[2], multiply(u.of[1], u.of[2]))));
  if (cubic) r.of[3] = add(r.of[3], multiply(g[1], u.of[3]));
  return r;
}

// 1/u and its derivatives: r, -r^2, r^3, -r^4.
Coefficients of_reciprocal(const Band &u) {
  const Band r = divide(everywhere(1, 1), u), square = multiply(r, r);
  return {r, negative(square), multiply(square, r), negative(multiply(square, square))};
}

Coefficients of_exponential(const Band &e, Band value) {
  const Band half = times(0.5, e);
  return {std::move(value), e, half, third(half)};
}

// log: r, -r^2/2, r^3/3.
Coefficients of_logarithm(const Band &argument, Band value) {
  const Band r = divide(everywhere(1, 1), argument), square = multiply(r, r);
  return {std::move(value), r, times(-0.5, square), third(multiply(square, r))};
}

Coefficients of_root(const Band &u) {
  const Band root = square_root(u), first = divide(everywhere(0.5, 0.5), root);
  const Band second = negative(divide(times(0.25, first), u));
  return {root, first, second, negative(divide(times(0.5, second), u))};
}

// t, q, -t q, q (t^2 - 1/3) with q = 1 - t^2.
Coefficients of_tanh(const Band &u) {
  const Band t = hyperbolic_tangent(u), square = multiply(t, t), q = one_minus(square);
  return {t, q, negative(multiply(t, q)), multiply(q, subtract(square, third(everywhere(1, 1))))};
}

// A function whose derivative is the bell g = factor exp(-u^2 rate): g, -rate u g, g (2 rate^2 u^2 - rate) / 3.
Coefficients of_integral_of_bell(const Band &u, Band value, const Band &bell, double rate) {
  const Band bent = plus(-rate, times(2 * rate * rate, multiply(u, u)));
  return {std::move(value), bell, negative(times(rate, multiply(u, bell))), third(multiply(bell, bent))};
}

// 2/sqrt(pi) exp(-u^2)
Band slope_of_erf(const Band &u) {
  constexpr double factor = 1.12837916709551257389615890312154517;
  return times_about(factor, exponential(negative(multiply(u, u))));
}

Coefficients of_erf(const Band &u) {
  return of_integral_of_bell(u, error_function(u), slope_of_erf(u), 1);
}
Coefficients of_erfc(const Band &u) {
  Coefficients g = of_integral_of_bell(u, complementary_error_function(u), slope_of_erf(u), 1);
  for (std::size_t k = 1; k < g.size(); ++k) g[k] = negative(g[k]);
  return g;
}
Coefficients of_normcdf(const Band &u) {
  return of_integral_of_bell(u, normal_cdf(u), normal_pdf(u), 0.5);
}
// p, -u p, p (u^2 - 1)/2, p (3 u - u^3)/6
Coefficients of_normpdf(const Band &u) {
  const Band p = normal_pdf(u), square = multiply(u, u);
  return {p, negative(multiply(u, p)), times(0.5, multiply(p, plus(-1, square))),
          third(times(0.5, multiply(multiply(p, u), subtract(everywhere(3, 3), square))))};
}

// s, q, q (1 - 2 s)/2, q (1 - 6 q)/6 with q = s (1 - s).
Coefficients of_sigmoid(const Band &u) {
  const Band s = logistic(u), other = logistic(negative(u)), q = multiply(s, other);
  return {s, q, times(0.5, multiply(q, subtract(other, s))), third(times(0.5, multiply(q, one_minus(times(6, q)))))};
}
Coefficients of_softplus(const Band &u) {
  const Coefficients s = of_sigmoid(u);
  return {soft_plus(u), s[0], times(0.5, s[1]), third(s[2])};
}

Coefficients of_sine(const Band &s, const Band &c) {
  return {s, c, times(-0.5, s), negative(third(times(0.5, c)))};
}

Coefficients coefficients_of(Op op, const Band &u) {
  switch (op) {
    case Op::sqrt:
      return of_root(u);
    case Op::exp: {
      const Band e = exponential(u);
      return of_exponential(e, e);
    }
    case Op::expm1:
      return of_exponential(exponential(u), exponential_minus_one(u));
    case Op::log:
      return of_logarithm(u, logarithm(u));
    case Op::log1p:
      return of_logarithm(plus(1, u), logarithm_plus_one(u));
    case Op::sin:
      return of_sine(sine(u), cosine(u));
    case Op::cos:
      return of_sine(cosine(u), negative(sine(u)));
    case Op::tanh:
      return of_tanh(u);
    case Op::erf:
      return of_erf(u);
    case Op::erfc:
      return of_erfc(u);
    case Op::normcdf:
      return of_normcdf(u);
    case Op::normpdf:
      return of_normpdf(u);
    case Op::sigmoid:
      return of_sigmoid(u);
    case Op::softplus:
      return of_softplus(u);
    default:
      throw InternalError("the tape holds an unknown function");
  }
}

}  // namespace

Jet constant_jet(Band value) {
  Jet jet;
  jet.of[0] = std::move(value);
  return jet;
}

Band where_point(Band band) {
  for (std::size_t i = 0; i < batch_points; ++i)
    if (!is_point(band, i)) band.known[i] = worse(band.known[i], Known::nothing);
  return band;
}

Jet add(const Jet &a, const Jet &b) {
  Jet r;
  r.order = std::max(a.order, b.order);
  for (std::size_t k = 0; k <= r.order; ++k)
    r.of[k] = k > a.order ? b.of[k] : k > b.order ? a.of[k] : add(a.of[k], b.of[k]);
  return r;
}

Jet negative(const Jet &a) {
  Jet r;
  r.order = a.order;
  for (std::size_t k = 0; k <= r.order; ++k) r.of[k] = negative(a.of[k]);
  return r;
}

Jet multiply(const Jet &a, const Jet &b, std::size_t most) {
  Jet r;
  r.order = std::min(a.order + b.order, most);
  for (std::size_t k = 0; k <= r.order; ++k) {
    bool first = true;
    for (std::size_t i = k > b.order ? k - b.order : 0; i <= std::min(k, a.order); ++i) {
      const Band product = multiply(a.of[i], b.of[k - i]);
      r.of[k] = first ? product : add(r.of[k], product);
      first = false;
    }
  }
  return r;
}

Jet reciprocal(const Jet &a, std::size_t most) {
  return compose(of_reciprocal(a.of[0]), a, most);
}

namespace {

// u^v = exp(v log u) for positive u. Of a negative one `negative` is known.
Jet power_of_positive(Jet u, const Jet &v, Known negative, std::size_t most) {
  Band &base = u.of[0];
  for (std::size_t i = 0; i < batch_points; ++i)
    if (!(base.low[i] > 0)) base.known[i] = worse(base.known[i], base.high[i] < 0 ? negative : Known::nothing);
  return function(Op::exp, multiply(v, function(Op::log, u, most), most), most);
}

}  // namespace

// u^n: each coefficient from the one before, (n - k + 1) / (k u) of it.
Jet power(const Jet &a, const Jet &b, const std::optional<Rational> &exponent, std::size_t most) {
  if (a.order == 0 && b.order == 0) return constant_jet(power(a.of[0], b.of[0], exponent));
  if (!exponent) return power_of_positive(a, b, Known::nothing, most);
  if (exponent->get_den() != 1) return power_of_positive(a, b, Known::undefined, most);
  Coefficients g;
  g[0] = power(a.of[0], b.of[0], exponent);
  for (std::size_t k = 1; k <= most; ++k) {
    const auto count = static_cast<double>(k);
    g[k] = divide(multiply(plus(1 - count, b.of[0]), g[k - 1]), times(count, a.of[0]));
  }
  return compose(g, a, most);
}

Jet choose(const Jet &condition, const Jet &yes, const Jet &no) {
  Jet r;
  r.order = std::max(yes.order, no.order);
  const Band zero = everywhere(0, 0);
  for (std::size_t k = 0; k <= r.order; ++k)
    r.of[k] = choose(condition.of[0], k <= yes.order ? yes.of[k] : zero, k <= no.order ? no.of[k] : zero);
  return r;
}

Jet function(Op op, const Jet &a, std::size_t most) {
  return compose(coefficients_of(op, a.of[0]), a, most);
}

}  // namespace actinide::reference
