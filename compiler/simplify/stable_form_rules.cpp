#include "simplify/simplify.h"

namespace actinide {
namespace {

using enum Soundness;

// Texts may use decay(u) = exp(-abs(u)), rise(u) = select(0 <= u, 1, decay(u)) and fall(u) = select(0 <= u, decay(u),
// 1), so that exp(u) = rise(u)/fall(u) with neither part above 1: any rational function of exp(u) becomes one of rise
// and fall that can't overflow, from one exponential. rise(u)*fall(u) = decay(u), rise(u) + fall(u) = 1 + decay(u).
// They are tried from the outside in: a form of several functions comes before the forms of its parts.
constexpr Rule rules[] = {
    // With p = rise, q = fall: tanh(softplus) = n/D, n = p^2 + 2 p q, D = n + 2 q^2 = (p + q)^2 + q^2.
    {"mish derivative", "tanh(softplus(u)) + 4*v*sigmoid(u)*sigmoid(2*softplus(u))*sigmoid(-2*softplus(u))",
     "((rise(u)^2 + 2*decay(u))*(rise(u)^2 + 2*decay(u) + 2*fall(u)^2) + 4*v*decay(u)*(1 + decay(u))*fall(u))"
     "/(rise(u)^2 + 2*decay(u) + 2*fall(u)^2)^2",
     exact, "u = -30, v = -30",
     "one exponential and one division; by exp(u) alone, infinity/infinity from u = 22.2 on in f32 (oneDNN clamps "
     "there)"},
    // With E = decay, p + q = 1 + E and p q = E: 4 E q (2 (p + q) D + v (2 q^3 - 2 p^3 + E (2 q - 3 p)))/D^3.
    {"mish second derivative",
     "4*sigmoid(2*softplus(u))*sigmoid(u)*sigmoid(-2*softplus(u)) + (4*v*sigmoid(2*softplus(u))*sigmoid(u)*sigmoid(-u) "
     "+ (8*v*sigmoid(2*softplus(u))*sigmoid(u)*sigmoid(-2*softplus(u)) + 4*sigmoid(2*softplus(u)))*sigmoid(u))"
     "*sigmoid(-2*softplus(u)) - 8*v*sigmoid(2*softplus(u))^2*sigmoid(u)^2*sigmoid(-2*softplus(u))",
     "4*decay(u)*fall(u)*(2*(1 + decay(u))*(rise(u)^2 + 2*decay(u) + 2*fall(u)^2) "
     "+ v*(2*fall(u)^3 - 2*rise(u)^3 + decay(u)*(2*fall(u) - 3*rise(u))))"
     "/(rise(u)^2 + 2*decay(u) + 2*fall(u)^2)^3",
     exact, "u = 358, v = 358",
     "one exponential and one division; products of rise^2 and fall^2, of which either may vanish, lose the tail from "
     "u = 354 on in f64"},
    {"mish curvature", "tanh(softplus(u))*sigmoid(2*softplus(u))*sigmoid(-2*softplus(u))",
     "(rise(u)^2 + 2*decay(u))*(1 + decay(u))^2*fall(u)^2/(rise(u)^2 + 2*decay(u) + 2*fall(u)^2)^3", exact, "u = 100",
     "one exponential instead of four functions"},
    {"density of 2 softplus", "sigmoid(2*softplus(u))*sigmoid(-2*softplus(u))",
     "(1 + decay(u))^2*fall(u)^2/(rise(u)^2 + 2*decay(u) + 2*fall(u)^2)^2", exact, "u = 100",
     "one exponential instead of three functions"},
    {"tanh of softplus", "tanh(softplus(u))",
     "exp(min(u, 40))*(exp(min(u, 40)) + 2)/(exp(min(u, 40))*(exp(min(u, 40)) + 2) + 2)", approximate, "u = 1000",
     "one exponential instead of three functions; with E = exp(u): n/(n + 2), n = E^2 + 2E, exact to the subnormals. "
     "From u = 40 on the "
     "value is 1 to within 2 exp(-80) = 2^-114, and E^2 still fits f32"},
    {"sigmoid of 2 softplus", "sigmoid(2*softplus(u))", "(1 + decay(u))^2/(rise(u)^2 + 2*decay(u) + 2*fall(u)^2)",
     exact, "u = 100", "one exponential instead of three functions"},
    {"sigmoid of -2 softplus", "sigmoid(-2*softplus(u))", "fall(u)^2/(rise(u)^2 + 2*decay(u) + 2*fall(u)^2)", exact,
     "u = 100", "as above"},

    {"softplus by its sharpness", "u*sigmoid(u) - softplus(u)", "-(log1p(decay(u)) + abs(u)*decay(u)/(1 + decay(u)))",
     exact, "u = 50", "u - u cancels totally for large u, where the value is -(1 + u) exp(-u)"},
    {"softplus", "softplus(u)", "max(u, 0) + log1p(decay(u))", exact, "u = -100",
     "log(1 + exp(u)) is infinite from u = 88.7 on and 0 below -16.6 in f32; here no threshold is needed"},
    // (exp(u) - exp(v))/((1 + exp(u)) (1 + exp(v))), the difference as that part of the sum which tanh is.
    {"difference of two sigmoids", "sigmoid(u) - sigmoid(v)",
     "tanh((u - v)/2)*(sigmoid(u)*sigmoid(-v) + sigmoid(v)*sigmoid(-u))", exact, "u = 40, v = 39",
     "both round to 1 from 17.33 on in f32: their difference is 0, and has no digits long before"},
    {"difference of two tanh", "tanh(u) - tanh(v)",
     "2*tanh(u - v)*(sigmoid(2*u)*sigmoid(-2*v) + sigmoid(2*v)*sigmoid(-2*u))", exact, "u = 20, v = 19", "as above"},
    // 1 + tanh(u) = 2 sigmoid(2 u) on the left, -1 + tanh(u) = -2 sigmoid(-2 u) on the right.
    {"parameter plus tanh", "k + tanh(u)",
     "select(abs(k) < 1/2, k - sign(u)*expm1(-2*abs(u))/(1 + decay(2*u)), "
     "select(u < 0, (k - 1) + 2*sigmoid(2*u), (k + 1) - 2*sigmoid(-2*u)))",
     exact, "u = -20, k = 1",
     "cancels in the tail where the parameter is 1 or -1; 1 and -1 beside a small one would take its digits"},
    {"complement of sigmoid^2", "1 - sigmoid(u)^2", "sigmoid(-u)*(1 + sigmoid(u))", exact, "u = 40",
     "cancels for large u: 0 from 17.33 on in f32"},
    {"complement of the square of a complement", "1 - (1 - u)^2", "u*(2 - u)", exact, "u = 1e-20",
     "cancels for small u, which 1 - u loses"},
    {"complement of the cube of a complement", "1 - (1 - u)^3", "u*(3 + u*(u - 3))", exact, "u = 1e-20",
     "as its square"},
    {"logistic density", "sigmoid(u)*sigmoid(-u)", "decay(u)/(1 + decay(u))^2", exact, "u = 40",
     "s(1 - s) is 1.2e5 ULP wrong at u = 12 and 0 from 17.33 on in f32"},
    // tanh's continued fraction x/(1 + x^2/(3 + x^2/(5 + ...))), cut behind 31: every coefficient is positive.
    {"argument minus tanh", "u - tanh(u)",
     "select(abs(u) < 1, u^3*(63966261320836875 + u^2*(5364912239812125 + u^2*(134173629339750 + u^2*(1380387133125 + "
     "u^2*(6388568550 + u^2*(12819870 + u^2*(9044 + u^2)))))))"
     "/(191898783962510625 + u^2*(92854250304440625 + u^2*(6474894082531875 + u^2*(150738274937250 + "
     "u^2*(1490818103775 + u^2*(6721885170 + u^2*(13226850 + u^2*(9180 + u^2)))))))),"
     " u - sign(u) + 2*sign(u)*decay(2*u)/(1 + decay(2*u)))",
     approximate, "u = 0.999", "u and tanh(u) agree to u^2/3: nothing is left at u = 1e-4 in f32"},
    {"sigmoid", "sigmoid(u)", "rise(u)/(1 + decay(u))", exact, "u = -100",
     "1/(1 + exp(-u)) is 0 below u = -88.7 in f32 where the value is a subnormal; infinity * 0 in x*sigmoid(x)"},

    // A sum with 1 is next to its double roots what is left of two numbers; a square has all its digits there. pi/4 is
    // exact beside u/2: see approximation/functions_trig.cpp.
    {"1 + sin", "1 + sin(u)", "2*sin(u/2 + pi/4)^2", exact, "u = 4.7",
     "cancels at every other extremum: 0 within 3e-4 of it in f32"},
    {"1 - sin", "1 - sin(u)", "2*sin(u/2 - pi/4)^2", exact, "u = 1.6", "as 1 + sin"},
    {"1 + cos", "1 + cos(u)", "2*cos(u/2)^2", exact, "u = 3.1", "as 1 + sin"},
    {"1 - cos", "1 - cos(u)", "2*sin(u/2)^2", exact, "u = 1e-10",
     "cancels at 0, where it is u^2/2, and at every period"},
    {"sin + cos", "sin(u) + cos(u)", "sqrt(2)*sin(u + pi/4)", exact, "u = 2.4",
     "cancels at its roots; one function less"},
    {"sin - cos", "sin(u) - cos(u)", "sqrt(2)*sin(u - pi/4)", exact, "u = 0.8", "as their sum"},

    {"line and exponential, at zero", "select(0 < u, u, w*expm1(u))", "select(0 <= u, u, w*expm1(u))", exact,
     "u = -0, w = 2", "both are u there, but expm1(u) has to look after the sign of its zero"},
    {"line and scaled exponential", "select(0 < u, u, p*expm1(u/p))",
     "select(u/p < -2^(-112), p*expm1(min(u/p, -2^(-112))), u)", approximate, "u = -1e-34, p = 1",
     "u/p loses digits where it is subnormal: 5 ULP at -2^-126 with p = 10 in f32; nothing grows where it isn't taken"},

    {"1 plus softsign", "1 + u/(c + abs(u))", "select(0 <= u, 2 - c/(c + abs(u)), c/(c + abs(u)))", exact,
     "u = -1e10, c = 1", "cancels for u < 0: 0 from -1e8 on in f32"},
    {"1 minus softsign", "1 - u/(c + abs(u))", "select(0 <= u, c/(c + abs(u)), 2 - c/(c + abs(u)))", exact,
     "u = 1e10, c = 1", "cancels for u > 0"},

    // The tail of the normal distribution: normpdf(u)/normcdf(u) = -u - hazard_excess(u) far to the left. Where Phi is
    // no
    // longer small it is written as erfc, to which these rules don't apply again.
    {"argument plus hazard of the normal distribution", "u + normpdf(u)/normcdf(u)",
     "select(u < -14.5, -hazard_excess(u), u + 2*normpdf(u)/erfc(-u/sqrt(2)))", approximate, "u = -14.6",
     "cancels for u < 0, where it is -1/u; 0/0 from -38.6 on in f64"},
    {"hazard of the normal distribution", "normpdf(u)/normcdf(u)",
     "select(u < -14.5, -u - hazard_excess(u), 2*normpdf(u)/erfc(-u/sqrt(2)))", approximate, "u = -14.6",
     "0/0 from -38.6 on in f64"},
    {"log of normcdf", "log(normcdf(u))",
     "select(u < -14.5, -u^2/2 - log(-u - hazard_excess(u)) - log(2*pi)/2, "
     "select(u < 0, log(erfc(-u/sqrt(2))/2), log1p(-normcdf(-u))))",
     approximate, "u = -14.6",
     "-infinity from -38.6 on in f64, -14.6 in f32, and 0 from 8.3 on, where it is -normcdf(-u)"},

    // Conjugates, with R = sqrt(u^2 + c): u + R = c/(R - u).
    {"root plus its argument", "u + sqrt(u^2 + c)", "select(0 <= u, u + root_sum(u, c), c/(root_sum(u, c) - u))", exact,
     "u = -1e8, c = 4", "cancels for u < 0: 730 ULP at -100 in f32, 0 from -1e4 on"},
    {"root minus its argument", "sqrt(u^2 + c) - u", "select(u <= 0, root_sum(u, c) - u, c/(root_sum(u, c) + u))",
     exact, "u = 1e8, c = 4", "cancels for u > 0, as the sum does for u < 0"},
    {"root minus the size of its argument", "sqrt(u^2 + c) - abs(u)",
     "select(u == 0, root_sum(u, c), c/(root_sum(u, c) + abs(u)))", exact, "u = 1e8, c = 4",
     "cancels for large u of either sign"},
    {"argument over root minus its sign", "u/sqrt(u^2 + c) - sign(u)",
     "-sign(u)*c/(root_sum(u, c)*(root_sum(u, c) + abs(u)))", exact, "u = 1e8, c = 4", "as above: its slope"},
    {"1 plus argument over root", "1 + u/sqrt(u^2 + c)",
     "select(0 <= u, 2 - c/(root_sum(u, c)*(root_sum(u, c) + abs(u))), c/(root_sum(u, c)*(root_sum(u, c) + abs(u))))",
     exact, "u = -1e8, c = 4",
     "cancels for u < 0: 1.8e3 ULP at -100 in f32, 0 at -1e4; infinity/infinity at u = infinity"},
    {"1 minus argument over root", "1 - u/sqrt(u^2 + c)",
     "select(0 <= u, c/(root_sum(u, c)*(root_sum(u, c) + abs(u))), 2 - c/(root_sum(u, c)*(root_sum(u, c) + abs(u))))",
     exact, "u = 1e8, c = 4", "cancels for u > 0; infinity/infinity at u = -infinity"},
    {"root of a sum of squares", "sqrt(u^2 + c)", "root_sum(u, c)", exact, "u = 1e200, c = 4",
     "u^2 overflows from 1.8e19 on in f32: 0.5 where squareplus' is 1"},
    {"root less 1", "sqrt(1 + u) - 1", "select(u < 2^222, u/(1 + sqrt(1 + u)), sqrt(1 + u))", approximate,
     "u = 6.74e66",
     "cancels for small u: 0 below 1.2e-7 in f32; u over its root is infinity/infinity for an infinite u"},
};

// Where parameters or several inputs leave no polynomial to take the place of what cancels at 0. (Of one input, u^2 by
// itself would underflow before the quotient does.)
constexpr Rule without_windows[] = {
    {"root of a sum of squares less the other one", "sqrt(u^2 + k^2) - k",
     "select(abs(u) < k, u^2/(root_sum(u, k^2) + k), root_sum(u, k^2) - k)", exact, "u = 1e-10, k = 1",
     "cancels for small u: 0 below 2.4e-4 in f32"},
};

// Where a rounding costs half an ULP. What plain f32 computes as a whole needs no rule: approximation/whole_forms.h.
constexpr Rule few_digits[] = {
    // With E = exp(u), h = E + E^2/2, f' = E (1 + u + E (3/2 + u + E (1 + E/4)))/(1 + h)^2
    // = 1 - (1 + E (1 - u + E (1/2 - u)))/(1 + h)^2.
    {"mish derivative, with few roundings",
     "tanh(softplus(u)) + 4*u*sigmoid(u)*sigmoid(2*softplus(u))*sigmoid(-2*softplus(u))",
     "select(0 <= u, 1, 0) + select(0 <= u, "
     "exp(min(u, 60))*((min(u, 60) - 1) + exp(min(u, 60))*(min(u, 60) - 1/2)) - 1, "
     "exp(min(u, 60))*(1 + min(u, 60) + exp(min(u, 60))*(3/2 + min(u, 60) + exp(min(u, 60))*(1 + exp(min(u, 60))/4))))"
     "/(1 + exp(min(u, 60))*(1 + exp(min(u, 60))/2)*(2 + exp(min(u, 60))*(1 + exp(min(u, 60))/2)))",
     approximate, "u = 1000", "the difference from 1 has few roundings that count, and 1 + h has one for small h"},
    {"logistic density, with few roundings", "sigmoid(u)*sigmoid(-u)", "decay(u)/(1 + decay(u)*(2 + decay(u)))", exact,
     "u = 4.84", "the square of 1 + exp(-|u|) has its rounding twice: 4.2 ULP of all"},
    {"scaled exponential, left of zero", "select(0 < u, v, w*exp(u/c))", "select(0 < u, v, w*exp(min(u, 0)/c))", exact,
     "u = 3, v = 1, w = 2, c = 2", "nothing grows where the value isn't taken"},
};

}  // namespace

std::span<const Rule> stable_form_rules() {
  return rules;
}

std::span<const Rule> rules_without_windows() {
  return without_windows;
}

std::span<const Rule> few_digits_rules() {
  return few_digits;
}

}  // namespace actinide
