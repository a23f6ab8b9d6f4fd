// Pair arithmetic against exact rational arithmetic.
#include "approximation/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Operation {
  const char *name;
  std::function<Number(const Arithmetic &, const Number &, const Number &)> emit;
  std::function<mpf_class(const mpf_class &, const mpf_class &)> exact;
  int bits;  ///< relative error below 2^-bits
};

void PrintTo(const Operation &operation, std::ostream *out) {
  *out << operation.name;
}

class Pairs : public testing::TestWithParam<Operation> {
 protected:
  /// The two words of the operation on (inputs 0 + 1, inputs 2 + 3).
  std::vector<double> run(const std::vector<double> &inputs) const {
    Builder b;
    const Arithmetic a(b, Type::f64, true);
    std::vector<Tensor> tensors;
    std::vector<ValueId> words;
    for (std::size_t i = 0; i < 4; ++i) {
      tensors.push_back({"x", DType::f64});
      words.push_back(b.tensor(i, Type::f64));
    }
    const Number x{words[0], words[1], std::nullopt, Interval::all()};
    const Number y{words[2], words[3], std::nullopt, Interval::all()};
    const Number z = GetParam().emit(a, x, y);
    const Program program = b.finish(tensors, {}, {{"hi", DType::f64, z.hi}, {"lo", DType::f64, *z.lo}});
    return interpret(program, inputs, {});
  }
};

TEST_P(Pairs, KeepTheirBits) {
  constexpr unsigned seed = 11;
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> mantissa(1, 2), exponent(-30, 30), low(-0.5, 0.5);
  for (int round = 0; round < 5000; ++round) {
    std::vector<double> words;
    for (int i = 0; i < 2; ++i) {
      const double hi = std::ldexp(mantissa(random), static_cast<int>(exponent(random)));
      const bool negative = random() % 2 == 0 && std::string(GetParam().name) != "sqrt";
      words.push_back(negative ? -hi : hi);
      words.push_back(low(random) * std::ldexp(std::abs(hi), -53));
    }
    if (round % 8 == 0) {  // the high words cancel
      words[2] = -words[0];
      words[3] = words[1] * low(random);
    }
    const std::vector<double> result = run(words);
    const auto exactly = [](double hi, double lo) { return mpf_class(mpf_class(hi, 400) + lo, 400); };
    const mpf_class exact = GetParam().exact(exactly(words[0], words[1]), exactly(words[2], words[3]));
    mpf_class error = abs(exactly(result[0], result[1]) - exact), bound = abs(exact);
    mpf_div_2exp(bound.get_mpf_t(), bound.get_mpf_t(), static_cast<mp_bitcnt_t>(GetParam().bits));
    EXPECT_LE(error, bound) << GetParam().name << ", round " << round << ", seed " << seed;
    EXPECT_LE(std::abs(result[1]), 0x1p-49 * std::abs(result[0])) << "the words overlap by more than a few bits";
  }
}

TEST_P(Pairs, InfinityAndNanSurvive) {
  EXPECT_TRUE(std::isnan(run({std::nan(""), 0, 2, 0})[0]));
  const std::vector<double> infinite = run({infinity, 0, 2, 0});
  EXPECT_EQ(infinite[0], infinity);
  EXPECT_EQ(infinite[1], 0);
}

INSTANTIATE_TEST_SUITE_P(
    Operations, Pairs,
    testing::Values(Operation{"add", [](const Arithmetic &a, const Number &x, const Number &y) { return a.add(x, y); },
                              [](const mpf_class &x, const mpf_class &y) -> mpf_class { return x + y; }, 103},
                    Operation{"mul", [](const Arithmetic &a, const Number &x, const Number &y) { return a.mul(x, y); },
                              [](const mpf_class &x, const mpf_class &y) -> mpf_class { return x * y; }, 102},
                    Operation{"div", [](const Arithmetic &a, const Number &x, const Number &y) { return a.div(x, y); },
                              [](const mpf_class &x, const mpf_class &y) -> mpf_class { return x / y; }, 101},
                    Operation{"sqrt", [](const Arithmetic &a, const Number &x, const Number &) { return a.sqrt(x); },
                              [](const mpf_class &x, const mpf_class &) -> mpf_class { return sqrt(x); }, 102}),
    [](const auto &info) { return std::string(info.param.name); });

}  // namespace
}  // namespace actinide
