// Values of rational functions are exact, and are what the rigorous evaluation encloses.
#include "expression/reference_rational.h"

#include "expression/reference_evaluate.h"
#include "random.h"
#include "reference_help.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace actinide::reference {
namespace {

std::optional<Rational> value_of(const std::string &text, double x) {
  const Real input = exact(x);
  return exact_value(compile_tape(parse_expression(text, {"x"}), {"x"}), {&input, 1});
}

TEST(ExactValue, IsThatOfArithmeticAndOfTheChosenSide) {
  EXPECT_EQ(value_of("x/3 + 1/2", 0x1.8p-24), Rational(1, 2) + Rational(1, 1 << 25));
  EXPECT_EQ(value_of("(x^3 - 2*x)/(1 + abs(x))", -5), Rational(-115, 6));
  EXPECT_EQ(value_of("x^(-2) - 0.1", 3), Rational(1, 9) - Rational(1, 10));
  EXPECT_EQ(value_of("x*min(max(x/6 + 0.5, 0), 1)", 1), Rational(2, 3));
  EXPECT_EQ(value_of("select(x > 0, 1/x, 7)", 0), Rational(7));
  EXPECT_EQ(value_of("select(3*(x/3) == x, 1, log(x))", 5), Rational(1));
  EXPECT_EQ(value_of("sign(x) + 2*step(x)", -3), Rational(-1));
  EXPECT_EQ(value_of("sign(x) + 2*step(x)", 3), Rational(3));
  EXPECT_EQ(value_of("sign(x) + 2*step(x)", 0), Rational(0));
}

TEST(ExactValue, IsMissingWhereThereIsNone) {
  EXPECT_EQ(value_of("1/x", 0), std::nullopt);
  EXPECT_EQ(value_of("x/(x - x)", 5), std::nullopt);
  EXPECT_EQ(value_of("x^(-1)", 0), std::nullopt);
  EXPECT_EQ(value_of("x + exp(x)", 1), std::nullopt);
  EXPECT_EQ(value_of("sqrt(x)", 4), std::nullopt);
  EXPECT_EQ(value_of("x^0.5", 4), std::nullopt);
  EXPECT_EQ(value_of("select(exp(x) > 0, 1, 2)", 1), std::nullopt);
  EXPECT_EQ(value_of("x + 1", inf), std::nullopt);
  EXPECT_EQ(value_of("x + 1", nan), std::nullopt);
  EXPECT_EQ(value_of("x^65", 3), std::nullopt) << "a number of many bits";
  EXPECT_EQ(value_of("((x^60)^60)^60", 1.5), std::nullopt) << "a number of too many bits";
}

// The inputs of a limit: GMP ends the process where a number takes more memory than there is.
TEST(ExactValue, IsMissingOfInputsThatAreTooLong) {
  const FullExponentRange range;
  const Tape tape = compile_tape(parse_expression("x/3 + 1/2", {"x"}), {"x"});
  for (const long exponent : {long{1} << 20, long{1} << 58, -(long{1} << 20), -(long{1} << 58)}) {
    Real input(64);
    mpfr_set_si_2exp(input.v, 3, exponent, MPFR_RNDN);
    EXPECT_EQ(exact_value(tape, {&input, 1}), std::nullopt) << "3 * 2^" << exponent;
  }
}

// Of random expressions those that are rational functions, and of the others those whose chosen sides are.
TEST(ExactValue, LiesInEveryEnclosure) {
  constexpr std::uint64_t seed = 20271;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  const FullExponentRange range;
  std::size_t found = 0;
  for (int i = 0; i < 20000; ++i) {
    const Tape tape = compile_tape(random_expression(random, 6), random_variables());
    std::vector<Real> inputs;
    for (std::size_t k = 0; k < random_variables().size(); ++k)
      inputs.push_back(exact(std::ldexp(static_cast<double>(random() % 64) - 32, static_cast<int>(random() % 5) - 2)));
    const auto value = exact_value(tape, inputs);
    if (!value) continue;
    const Interval enclosure = evaluate_tape(tape, inputs, 200, false);
    if (enclosure.doubtful) continue;
    ++found;
    ASSERT_TRUE(enclosure.defined()) << i;
    ASSERT_LE(mpfr_cmp_q(enclosure.lo.v, value->get_mpq_t()), 0) << i;
    ASSERT_GE(mpfr_cmp_q(enclosure.hi.v, value->get_mpq_t()), 0) << i;
  }
  std::cout << found << " values\n";
  EXPECT_GT(found, 200u);
}

// 1/2 + 2^-25 is the middle of two numbers of f32: no enclosure that is wider than a point decides it.
TEST(ExactValue, DecidesTies) {
  const Reference reference = reference_of("x/3 + 1/2");
  const double x = 0x1.8p-24;
  const Judgement judgement = reference.judge(0.5, {&x, 1}, DType::f32);
  EXPECT_EQ(judgement.nearest, 0.5);
  EXPECT_EQ(judgement.ulp, 0.5);
  EXPECT_TRUE(judgement.correctly_rounded);
}

}  // namespace
}  // namespace actinide::reference
