// What ops.def and range.cpp state of each operation, against its value in the reference.
#include "expression/definition.h"
#include "simplify/algebra.h"
#include "simplify/range.h"
#include "tests/simplify/exact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace actinide {
namespace {

using test::Exact;

Expr of(Op op, const Expr &u) {
  return make(op, {u});
}

std::vector<Op> operations(bool (*wanted)(const OpInfo &)) {
  std::vector<Op> result;
  std::ranges::copy_if(all_operations(), std::back_inserter(result), [&](Op op) { return wanted(info(op)); });
  return result;
}

std::string name_of(const testing::TestParamInfo<Op> &test) {
  return std::string(info(test.param).name);
}

class EachFunction : public testing::TestWithParam<Op> {
 protected:
  const OpInfo &row() const { return info(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Simplify, EachFunction, testing::ValuesIn(operations([](const OpInfo &row) {
                           return row.arity == 1 && row.kind != OpKind::numeric;
                         })),
                         name_of);

TEST_P(EachFunction, HasTheStatedParity) {
  const Expr x = variable("x"), f = of(GetParam(), x), mirrored = of(GetParam(), -x);
  const auto equals_f = [&](const Expr &other) {
    return std::ranges::all_of(std::vector{0.3, 0.75, 2.5}, [&](double at) {
      return Exact(Reference(other, {"x"}), {at}).distance_to(Exact(Reference(f, {"x"}), {at})) < 0x1p-150;
    });
  };
  const Parity found = equals_f(mirrored) ? Parity::even : equals_f(-mirrored) ? Parity::odd : Parity::none;
  EXPECT_EQ(row().parity, found) << "the column `parity` of " << row().name << " in ops.def";
}

TEST_P(EachFunction, HasTheStatedValueAtZero) {
  const double value = Exact(Reference(of(GetParam(), constant(0)), {}), {}).get();
  constexpr double denominators = 720;
  const bool rational = value * denominators == std::round(value * denominators) && std::isfinite(value);
  EXPECT_EQ(!row().at_zero.empty(), rational)
      << "the column `at_zero` of " << row().name << " in ops.def; the value is " << value;
  if (!row().at_zero.empty()) {
    EXPECT_EQ(Rational(std::string(row().at_zero)).get_d(), value) << "the column `at_zero` of " << row().name;
  }
}

/// log2 |f(u)|, or -infinity where f is 0 or not defined.
double magnitude(const Reference &f, double u) {
  mpfr_t value;
  mpfr_init2(value, 64);
  f.evaluate(value, {&u, 1});
  mpfr_abs(value, value, MPFR_RNDN);
  mpfr_log2(value, value, MPFR_RNDN);
  const double result = mpfr_nan_p(value) ? -INFINITY : mpfr_get_d(value, MPFR_RNDN);
  mpfr_clear(value);
  return result;
}

TEST_P(EachFunction, HasTheStatedDegree) {
  const Reference f(of(GetParam(), variable("u")), {"u"});
  double degree = 0;
  for (const double side : {-1.0, 1.0}) {
    const double near = magnitude(f, side * 0x1p20), far = magnitude(f, side * 0x1p40);
    if (far > near) degree = std::max(degree, std::round(2 * (far - near) / 20) / 2);
  }
  constexpr double beyond_every_power = 100;
  EXPECT_EQ(row().degree, degree > beyond_every_power ? INFINITY : degree)
      << "the column `degree` of " << row().name << " in ops.def";
}

TEST_P(EachFunction, IsCanonicalByItsColumns) {
  const Expr x = variable("x"), zero = constant(0);
  const auto canonical_of = [&](const Expr &u) { return canonical(GetParam(), std::span(&u, 1)); };
  if (!row().at_zero.empty()) {
    EXPECT_EQ(canonical_of(zero), constant(Rational(std::string(row().at_zero))));
  }
  const Expr minus_x = canonical(Op::neg, std::span(&x, 1));
  if (row().parity == Parity::even) {
    EXPECT_EQ(canonical_of(minus_x), canonical_of(x));
  }
  if (row().parity == Parity::odd) {
    const Expr f = canonical_of(x);
    EXPECT_EQ(canonical_of(minus_x), canonical(Op::neg, std::span(&f, 1)));
  }
}

class EachOperation : public testing::TestWithParam<Op> {};

INSTANTIATE_TEST_SUITE_P(Simplify, EachOperation, testing::ValuesIn(operations([](const OpInfo &row) {
                           return row.arity > 0 && row.kind != OpKind::comparison && row.kind != OpKind::numeric;
                         })),
                         name_of);

/// centre + reach sin(frequency x), whose range is known.
Expr swinging(std::mt19937_64 &random, const char *input) {
  const auto draw = [&](int low, int high) {
    return constant(Rational(std::uniform_int_distribution(16 * low, 16 * high)(random), 16));
  };
  return draw(-4, 4) + draw(0, 4) * make(Op::sin, {draw(1, 3) * variable(input)});
}

TEST_P(EachOperation, StaysInItsRange) {
  constexpr unsigned seed = 20250611;
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> point(-4, 4);
  for (int i = 0; i < 100; ++i) {
    std::vector<Expr> arguments;
    for (const char *input : {"x", "y", "z"}) arguments.push_back(swinging(random, input));
    if (GetParam() == Op::select) arguments[0] = make(Op::less, {variable("x"), constant(1)});
    if (GetParam() == Op::pow) arguments[1] = constant(Rational(i % 13 - 6, 2));
    arguments.resize(static_cast<std::size_t>(info(GetParam()).arity));
    const Expr e = make(GetParam(), arguments);
    const Range range = RangeAnalysis().range(e);
    const Reference reference(e, {"x", "y", "z"});
    for (int k = 0; k < 20; ++k) {
      const double inputs[] = {point(random), point(random), point(random)};
      const double value = reference.rounded(inputs, DType::f64);
      if (std::isnan(value)) continue;
      ASSERT_GE(value, range.low) << "the range of " << info(GetParam()).name << " in range.cpp, seed " << seed;
      ASSERT_LE(value, range.high) << "the range of " << info(GetParam()).name << " in range.cpp, seed " << seed;
    }
  }
}

}  // namespace
}  // namespace actinide
