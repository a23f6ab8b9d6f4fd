#include "simplify/simplify.h"

namespace actinide {
namespace {

using enum Soundness;

// Each rule removes operations: its replacement weighs less than its pattern (tests/simplify/rules_test.cpp), so that
// the simplifier comes to an end. Order matters where two patterns fit: the more specific one stands first.
constexpr Rule rules[] = {
    // Exponentials and logarithms.
    {"log of 1 + exp", "log(1 + exp(u))", "softplus(u)", exact, "u = -40",
     "1 + exp(u) rounds to 1 for u < -16.6 in f32: the logarithm is 0 where it should be exp(u)"},
    {"log1p of exp", "log1p(exp(u))", "softplus(u)", exact, "u = 100", "exp(u) is infinite for u > 88.7 in f32"},
    {"log of 1 +", "log(1 + u)", "log1p(u)", exact, "u = 1e-20", "1 + u loses the bits of a small u"},
    {"log of 2 - exp", "log(2 - exp(u))", "log1p(-expm1(u))", exact, "u = -1e-20",
     "2 - exp(u) rounds to 1 next to 0: x log(2 - exp(-exp(x))) is 0 for x < -37"},
    {"exp minus 1", "exp(u) - 1", "expm1(u)", exact, "u = 1e-20", "3000 ULP at u = -1e-4 in f32, 0 at 1e-8"},
    {"expm1 plus 1", "expm1(u) + 1", "exp(u)", exact, "u = -40", "-1 + 1 is 0 where exp(u) is small"},
    {"exp of log", "exp(log(u))", "u", extends, "u = -1", "two functions that undo each other"},
    {"log of exp", "log(exp(u))", "u", exact, "u = 1000", "exp(u) overflows"},
    {"reciprocal of exp", "1/exp(u)", "exp(-u)", exact, "u = 100", "a division less"},
    {"exp times its reciprocal", "exp(u)*exp(-u)", "1", exact, "u = 1000", "infinity * 0 beyond the range of exp"},
    {"log of sigmoid", "log(sigmoid(u))", "-softplus(-u)", exact, "u = 50",
     "sigmoid rounds to 1 for u > 17: the logarithm is 0 where it should be -exp(-u)"},
    {"difference of softplus", "softplus(u) - softplus(-u)", "u", exact, "u = 3", "two functions less"},
    {"softplus minus its argument", "softplus(u) - u", "softplus(-u)", exact, "u = 50",
     "cancels for large u, where it should be exp(-u)"},

    // The logistic function and the hyperbolic tangent.
    {"logistic", "1/(1 + exp(u))", "sigmoid(-u)", exact, "u = 100", "exp(u) overflows"},
    {"expm1 over exp + 1", "expm1(u)*sigmoid(-u)", "tanh(u/2)", exact, "u = 1000",
     "infinity * 0 beyond the range of exp"},
    {"exp times sigmoid", "exp(u)*sigmoid(-u)", "sigmoid(u)", exact, "u = 1000",
     "infinity * 0 beyond the range of exp"},
    {"complement of sigmoid", "1 - sigmoid(u)", "sigmoid(-u)", exact, "u = 20",
     "cancels for large u: 0 from u = 17.33 on in f32"},
    {"symmetric sigmoid", "2*sigmoid(u) - 1", "tanh(u/2)", exact, "u = 1e-10", "cancels near 0"},
    {"difference of sigmoids", "sigmoid(u) - sigmoid(-u)", "tanh(u/2)", exact, "u = 1e-10", "cancels near 0"},
    {"complement of the logistic density", "1 - 4*sigmoid(u)*sigmoid(-u)", "tanh(u/2)^2", exact, "u = 1e-10",
     "cancels near 0"},
    {"1 + tanh", "1 + tanh(u)", "2*sigmoid(2*u)", exact, "u = -20",
     "30 % wrong at u = -5 in gelu_tanh (f32), 0 from -9 on"},
    {"1 - tanh", "1 - tanh(u)", "2*sigmoid(-2*u)", exact, "u = 20", "cancels for large u, as 1 + tanh does"},
    {"complement of tanh^2", "1 - tanh(u)^2", "4*sigmoid(2*u)*sigmoid(-2*u)", exact, "u = 18",
     "1.1e4 ULP at u = 6 in f32, 0 beyond 9.01"},
    {"tanh by exponentials", "(exp(u) - exp(-u))/(exp(u) + exp(-u))", "tanh(u)", exact, "u = 1e-10",
     "cancels near 0, infinity/infinity beyond 88.7 in f32"},

    // The normal distribution.
    {"1 + erf", "1 + erf(u/sqrt(2))", "2*normcdf(u)", exact, "u = -8", "4 % wrong at u = -5 in f32, 0 from -6 on"},
    {"1 - erf", "1 - erf(u/sqrt(2))", "2*normcdf(-u)", exact, "u = 8", "cancels for large u, as 1 + erf does"},
    {"erfc as normcdf", "erfc(u/sqrt(2))", "2*normcdf(-u)", exact, "u = 8", "one function less to share with normpdf"},
    {"complement of -erf", "1 + erf(u)", "erfc(-u)", exact, "u = -6", "cancels for large negative u"},
    {"complement of erf", "1 - erf(u)", "erfc(u)", exact, "u = 6", "cancels for large u"},
    {"complement of erfc", "1 - erfc(u)", "erf(u)", exact, "u = 1e-10", "cancels near 0"},
    {"complement of normcdf", "1 - normcdf(u)", "normcdf(-u)", exact, "u = 10", "cancels for large u"},
    {"normal density", "exp(-u^2/2)/sqrt(2*pi)", "normpdf(u)", exact, "u = 13",
     "u^2/2 rounds: 32 ULP at 13 in f32, which normpdf avoids"},
    {"normal density, split", "exp(-u^2/2)/(sqrt(2)*sqrt(pi))", "normpdf(u)", exact, "u = 13",
     "as above, as the derivative of erf(u/sqrt(2)) makes it"},

    // Roots, absolute values, fractions, angles.
    {"root of a square", "sqrt(u^2)", "abs(u)", exact, "u = -3", "u^2 overflows from 1.8e19 on in f32"},
    {"square of a root", "sqrt(u)^2", "u", extends, "u = -1", "two roundings less"},
    {"square of a root below", "1/sqrt(u)/sqrt(u)", "1/u", extends, "u = -1", "two roundings less"},
    {"slope of the inverse hyperbolic sine", "(1 + u/sqrt(u^2 + c))/(u + sqrt(u^2 + c))", "1/sqrt(u^2 + c)", exact,
     "u = -1e8, c = 1", "both sums cancel for u < 0"},
    {"square of abs", "abs(u)^2", "u^2", exact, "u = -3", "one operation less"},
    {"abs by sign", "u*sign(u)", "abs(u)", exact, "u = -3", "one operation less"},
    {"sign times abs", "abs(u)*sign(u)", "u", exact, "u = -3", "two operations less"},
    {"square of abs below", "1/abs(u)/abs(u)", "1/u^2", exact, "u = -3", "one operation less"},
    {"sign by abs", "u/abs(u)", "sign(u)", extends, "u = 0", "0/0 at 0"},
    {"positive and negative part", "max(u, 0) + min(u, 0)", "u", exact, "u = -3", "three operations less"},
    {"complement of a fraction", "1 - u/(u + c)", "c/(u + c)", exact, "u = 1e10, c = 1", "cancels for large u"},
    {"Pythagoras", "sin(u)^2 + cos(u)^2", "1", exact, "u = 1", "two functions less"},
    {"complement of sin^2", "1 - sin(u)^2", "cos(u)^2", exact, "u = 1.6", "cancels at the roots of cos"},
    {"complement of cos^2", "1 - cos(u)^2", "sin(u)^2", exact, "u = 1e-10", "cancels at the roots of sin"},
    {"difference of squares", "cos(u)^2 - sin(u)^2", "cos(2*u)", exact, "u = 0.8",
     "cancels at its roots; one function less"},
    {"cos of the double angle, by cos", "2*cos(u)^2 - 1", "cos(2*u)", exact, "u = 0.8", "cancels at its roots"},
    {"cos of the double angle, by sin", "1 - 2*sin(u)^2", "cos(2*u)", exact, "u = 0.8", "cancels at its roots"},
    {"double angle", "sin(u)*cos(u)", "sin(2*u)/2", exact, "u = 1", "one function less"},
};

}  // namespace

std::span<const Rule> simplification_rules() {
  return rules;
}

}  // namespace actinide
