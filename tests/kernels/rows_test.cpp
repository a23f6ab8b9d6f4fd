// Activations of rows: every length, strides, in place, infinities and NaN, accuracy against the definition.
#include "accuracy/row_reference.h"
#include "actinide/jit.h"
#include "codegen/target.h"
#include "contract.h"
#include "error.h"
#include "pipeline.h"
#include "tests/kernels/row_interpreter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iostream>
#include <limits>
#include <random>

namespace actinide::testing_support {
namespace {

constexpr std::uint64_t kSeed = 20251107;
constexpr double infinity = std::numeric_limits<double>::infinity();

struct RowCase {
  std::string activation;
  DType dtype;
  Tier tier;
};

const std::vector<RowCase> &row_cases() {
  static const std::vector<RowCase> cases = [] {
    std::vector<RowCase> list;
    for (const char *activation : {"softmax", "softmin", "log_softmax", "logsumexp", "logsumexp(leading_zero=1)"})
      for (DType dtype : all_dtypes())
        for (Tier tier : {Tier::standard, Tier::faithful})  // 16 bits compute alike in both
          if (tier == Tier::standard || !is_16_bit(dtype)) list.push_back({activation, dtype, tier});
    return list;
  }();
  return cases;
}

std::string name_of(const testing::TestParamInfo<RowCase> &info) {
  const RowCase &c = info.param;
  std::string name = fmt::format("{}_{}_{}", c.activation, to_string(c.dtype), to_string(c.tier));
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

/// A tensor of any dtype, read and written as double.
class Values {
 public:
  Values(DType dtype, std::size_t count, double value = 0) : Values(dtype, std::vector<double>(count, value)) {}
  Values(DType dtype, const std::vector<double> &numbers) : dtype_(dtype), bytes_(numbers.size() * size_of(dtype)) {
    with_element(dtype, [&]<typename T>(T element) {
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        element = static_cast<T>(numbers[i]);
        std::memcpy(at(i), &element, sizeof element);
      }
    });
  }

  void *data() { return bytes_.data(); }
  void *at(std::size_t i) { return bytes_.data() + i * size_of(dtype_); }
  double operator[](std::size_t i) const {
    return with_element(dtype_, [&]<typename T>(T element) {
      std::memcpy(&element, bytes_.data() + i * sizeof element, sizeof element);
      return static_cast<double>(element);
    });
  }
  std::size_t size() const { return bytes_.size() / size_of(dtype_); }
  std::vector<double> row(std::size_t first, std::size_t count) const {
    std::vector<double> list;
    for (std::size_t i = 0; i < count; ++i) list.push_back((*this)[first + i]);
    return list;
  }

 private:
  DType dtype_;
  std::vector<char> bytes_;
};

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

class Rows : public testing::TestWithParam<RowCase> {
 protected:
  Kernel kernel(Pass pass = Pass::forward) const {
    static const Compiler compiler;
    return compiler.kernel(GetParam().activation, pass, GetParam().dtype, {.tier = GetParam().tier});
  }
  DType dtype() const { return GetParam().dtype; }
  /// What is promised.
  double bound(Pass pass = Pass::forward) const {
    return *bound_of(parse_kernel_request(GetParam().activation, pass, dtype(), GetParam().tier));
  }
  /// Of a result near `exact`, an f64.
  double tolerance(double exact) const {
    return std::max(1e-7, std::ldexp(std::abs(exact), -float_format(dtype()).digits));
  }
  bool whole() const { return GetParam().activation.starts_with("logsumexp"); }
  std::size_t result_count(std::size_t rows, std::size_t columns) const { return whole() ? rows : rows * columns; }

  Values random(std::size_t count, double scale, std::uint64_t seed) const {
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal(0, scale);
    std::vector<double> list(count);
    for (double &value : list) value = normal(generator);
    return {dtype(), list};
  }

  Values forward(Values &x, std::size_t rows, std::size_t columns) const {
    Values y(dtype(), result_count(rows, columns), -123);
    void *buffers[] = {x.data(), y.data()};
    EXPECT_EQ(kernel().run(buffers, actinide::rows(rows, columns)), 0);
    return y;
  }

  Values backward(Values &dy, Values &x, std::size_t rows, std::size_t columns) const {
    Values dx(dtype(), rows * columns, -123);
    void *buffers[] = {dy.data(), x.data(), dx.data()};
    EXPECT_EQ(kernel(Pass::backward).run(buffers, actinide::rows(rows, columns)), 0);
    return dx;
  }

  /// The largest errors so far.
  struct Errors {
    double forward = 0, backward = 0;
  };
  void expect_kept(const std::vector<double> &ulps, double promised, const std::string &what, double &worst) const {
    for (std::size_t i = 0; i < ulps.size(); ++i) {
      EXPECT_LE(ulps[i], promised) << what << ", " << ulps.size() << " columns, element " << i;
      worst = std::max(worst, ulps[i]);
    }
  }
  /// Forward and backward of one row.
  void judge(Values &x, Values &dy, const std::string &what, Errors &errors) const {
    const std::size_t columns = x.size();
    const RowReference reference(GetParam().activation, x.row(0, columns), dtype());
    const Values y = forward(x, 1, columns), dx = backward(dy, x, 1, columns);
    expect_kept(reference.forward_ulps(y.row(0, y.size())), bound(), "forward, " + what, errors.forward);
    expect_kept(reference.backward_ulps(dx.row(0, columns), dy.row(0, dy.size())), bound(Pass::backward),
                "backward, " + what, errors.backward);
  }
};

INSTANTIATE_TEST_SUITE_P(Table, Rows, testing::ValuesIn(row_cases()), name_of);

TEST_P(Rows, KeepTheBoundInEveryRow) {
  std::cout << "seed " << kSeed << "\n";
  Errors errors;
  std::uint64_t seed = kSeed;
  for (std::size_t columns : {1, 2, 3, 10, 31, 32, 33, 64, 100, 257})
    for (double scale : {0.0, 1e-3, 1.0, 5.0, 30.0, 200.0}) {
      Values x = random(columns, scale, ++seed), dy = random(whole() ? 1 : columns, 1, ++seed);
      judge(x, dy, fmt::format("scale {}", scale), errors);
    }
  std::cout << "forward " << errors.forward << " ULP, backward " << errors.backward << " ULP\n";
}

TEST_P(Rows, KeepTheBoundInLongRows) {
  const std::size_t columns = 65536;
  Values x = random(columns, 3, kSeed);
  const RowReference reference(GetParam().activation, x.row(0, columns), dtype());
  const Values y = forward(x, 1, columns);
  const std::vector<double> ulps = reference.forward_ulps(y.row(0, y.size()));
  const double worst = std::ranges::max(ulps);
  EXPECT_LE(worst, bound());
  std::cout << worst << " ULP\n";
}

/// Rows that lose digits, or overflow, where a kernel is careless: the largest elements at any place and of any size,
/// elements that all count or hardly do, sums that grow by the smallest and by the largest terms last.
std::vector<std::pair<std::string, std::vector<double>>> hard_rows(DType dtype) {
  constexpr std::size_t columns = 67;
  std::vector<std::pair<std::string, std::vector<double>>> rows;
  std::mt19937_64 generator(kSeed);
  std::normal_distribution<double> normal(0, 5);
  const auto add = [&](const std::string &what, const auto &element) {
    std::vector<double> row;
    for (std::size_t i = 0; i < columns; ++i) row.push_back(element(i));
    const Values stored(dtype, row);
    row = stored.row(0, columns);
    if (std::ranges::all_of(row, [](double x) { return std::isfinite(x); })) rows.emplace_back(what, row);
  };
  for (const double step : {1e-6, 0.125, 3.0, 17.0}) {
    add(fmt::format("increasing by {}", step), [&](std::size_t i) { return step * static_cast<double>(i); });
    add(fmt::format("decreasing by {}", step), [&](std::size_t i) { return -step * static_cast<double>(i); });
    add(fmt::format("sawtooth of {}", step), [&](std::size_t i) { return step * static_cast<double>(i % 7); });
  }
  const double most = float_format(dtype).largest(), least = float_format(dtype).least_normal();
  for (const double all : {0.0, 7.25, -320.0, 1e4, most, -most, least})
    add(fmt::format("all {}", all), [&](std::size_t) { return all; });
  for (const std::size_t place : {0, 1, 31, 32, 33, 63, 64, 66})
    for (const double above : {5.0, 20.0, 60.0, 200.0, 1000.0})
      add(fmt::format("{} dominates by {}", place, above), [&](std::size_t i) { return i == place ? above : 0.0; });
  for (const double size : {87.0, 319.0, 321.0, 709.0, 1599.0, 1601.0, 3e4, 1e6, 1e30, 1e300})
    for (const double around : {size, -size})
      add(fmt::format("around {}", around), [&](std::size_t) { return around + normal(generator); });
  for (const double below : {80.0, 700.0})
    add(fmt::format("{} below and less", below),
        [&](std::size_t i) { return i == 40 ? 0.0 : -below - static_cast<double>(i); });
  for (const double off : {0.1, 1e-3, 1e-6})
    add(fmt::format("exponentials whose sum is 1, but for {}", off),
        [&](std::size_t) { return -std::log(double(columns)) + off * normal(generator); });
  add("from the largest number down", [&](std::size_t i) { return most * (1 - static_cast<double>(i) / 33); });
  add("the largest numbers",
      [&](std::size_t i) { return most - std::ldexp(most, -float_format(dtype).digits) * static_cast<double>(i % 5); });
  add("subnormal", [&](std::size_t i) { return least / 8 * static_cast<double>(i); });
  return rows;
}

TEST_P(Rows, KeepTheBoundInHardRows) {
  Errors errors;
  for (const auto &[what, row] : hard_rows(dtype())) {
    Values x(dtype(), row), dy = random(whole() ? 1 : row.size(), 1, kSeed);
    judge(x, dy, what, errors);
  }
  std::cout << "forward " << errors.forward << " ULP, backward " << errors.backward << " ULP\n";
}

/// Whether exponentials are held in y or computed twice changes no bit.
TEST_P(Rows, AreWhatTheirStepsSay) {
  const std::size_t columns = 100;
  const Target target = parse_target(kernel().info().target);
  Values x = random(columns, 5, kSeed), dy = random(whole() ? 1 : columns, 1, kSeed + 1);
  const Values y = forward(x, 1, columns), dx = backward(dy, x, 1, columns);
  for (const Pass pass : {Pass::forward, Pass::backward})
    for (const bool rereads : {false, true}) {
      const KernelRequest request = parse_kernel_request(GetParam().activation, pass, dtype(), GetParam().tier);
      const Stages stages = stages_in(request, precision_of(request, target), rereads);
      std::vector<std::vector<double>> buffers;
      if (pass == Pass::backward) buffers.push_back(dy.row(0, dy.size()));
      buffers.push_back(x.row(0, columns));
      buffers.emplace_back(columns);
      RowInterpreter(stages.kernel, buffers, columns);
      const Values &compiled = pass == Pass::forward ? y : dx;
      for (std::size_t i = 0; i < compiled.size(); ++i)
        ASSERT_TRUE(same(buffers.back()[i], compiled[i]))
            << to_string(pass) << (rereads ? ", held" : ", computed twice") << ", element " << i;
    }
}

/// A row's bits depend on nothing but the row: not on other rows, on strides, or on being in place.
TEST_P(Rows, AreTheSameWhereverTheyLie) {
  for (std::size_t columns : {1, 7, 8, 9, 31, 32, 33, 100, 1003}) {
    const std::size_t rows = 3, stride = columns + 5;
    Values x = random(rows * stride, 3, kSeed + columns);
    Values spaced(dtype(), whole() ? rows : rows * stride, -7);
    void *buffers[] = {x.data(), spaced.data()};
    const std::size_t strides[] = {stride, stride};
    ASSERT_EQ(kernel().run(buffers, actinide::rows(rows, columns), strides), 0);
    for (std::size_t r = 0; r < rows; ++r) {
      Values alone(dtype(), x.row(r * stride, columns));
      const Values y = forward(alone, 1, columns);
      for (std::size_t i = 0; i < y.size(); ++i)
        ASSERT_TRUE(same(y[i], spaced[whole() ? r : r * stride + i]))
            << columns << " columns, row " << r << ", element " << i;
      for (std::size_t i = columns; !whole() && i < stride; ++i) ASSERT_EQ(spaced[r * stride + i], -7);
      if (whole()) continue;
      void *in_place[] = {alone.data(), alone.data()};
      ASSERT_EQ(kernel().run(in_place, actinide::rows(1, columns)), 0);
      for (std::size_t i = 0; i < columns; ++i) ASSERT_TRUE(same(y[i], alone[i])) << "in place, element " << i;
    }
  }
}

TEST_P(Rows, HaveTheSameBitsOnEveryTargetWithFma) {
  const std::size_t rows = 3, columns = 1003;
  Values x = random(rows * columns, 5, kSeed), dy = random(result_count(rows, columns), 1, kSeed + 1);
  std::vector<std::vector<double>> results;
  for (const Target &target : all_targets()) {
    if (!target.has_fma || !runs_here(target)) continue;
    const Compiler compiler({.target = target.name});
    Values y(dtype(), result_count(rows, columns)), dx(dtype(), rows * columns);
    void *forward[] = {x.data(), y.data()}, *backward[] = {dy.data(), x.data(), dx.data()};
    const auto run = [&](Pass pass, void *const *buffers) {
      return compiler.kernel(GetParam().activation, pass, dtype(), {.tier = GetParam().tier})
          .run(buffers, actinide::rows(rows, columns));
    };
    ASSERT_EQ(run(Pass::forward, forward), 0);
    ASSERT_EQ(run(Pass::backward, backward), 0);
    std::vector<double> all = y.row(0, y.size()), gradient = dx.row(0, dx.size());
    all.insert(all.end(), gradient.begin(), gradient.end());
    results.push_back(all);
    EXPECT_EQ(results.back(), results.front()) << target.name;
  }
}

TEST_P(Rows, WithInfinitiesAndNaNAreWhatTheDocumentsSay) {
  const double sign = GetParam().activation == "softmin" ? -1 : 1;
  const auto run = [&](std::vector<double> u) {
    for (double &value : u) value *= sign;
    Values x(dtype(), u);
    const Values y = forward(x, 1, u.size());
    return y.row(0, y.size());
  };
  const bool logarithm = GetParam().activation == "log_softmax";
  const bool leading_zero = GetParam().activation == "logsumexp(leading_zero=1)";
  std::vector<double> only(40, -infinity), plus(40, 1.0), nan(40, 1.0);
  plus[3] = plus[37] = infinity;
  nan[20] = std::numeric_limits<double>::quiet_NaN();
  for (double y : run(only)) EXPECT_EQ(y, leading_zero ? 0 : whole() || logarithm ? -infinity : 0);
  for (double y : run(nan)) EXPECT_TRUE(std::isnan(y));
  const std::vector<double> shared = run(plus);
  for (std::size_t i = 0; i < shared.size(); ++i) {
    const bool infinite = i == 3 || i == 37;
    if (whole()) {
      EXPECT_EQ(shared[i], infinity);
    } else if (logarithm) {
      EXPECT_LE(std::abs(shared[i] + std::log(2.0)), infinite ? tolerance(std::log(2.0)) : infinity);
      EXPECT_EQ(std::isinf(shared[i]), !infinite);
    } else {
      EXPECT_EQ(shared[i], infinite ? 0.5 : 0);
    }
  }
  // One finite element among -infinity has it all.
  only[11] = -3;
  const std::vector<double> one = run(only);
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (whole()) {
      const double exact = leading_zero ? std::log1p(std::exp(-3)) : -3;
      EXPECT_NEAR(one[i], exact, tolerance(exact));
    } else if (logarithm) {
      EXPECT_EQ(one[i], i == 11 ? 0 : -infinity);
    } else {
      EXPECT_EQ(one[i], i == 11 ? 1 : 0);
    }
  }
}

/// Where +infinity is, nothing finite counts, were it the largest number.
TEST_P(Rows, NothingFiniteCountsBesideInfinity) {
  if (whole()) GTEST_SKIP() << "one result";
  const double sign = GetParam().activation == "softmin" ? -1 : 1, most = float_format(dtype()).largest();
  Values x(dtype(), {sign * most, sign * infinity, -sign * infinity, 0, -sign * most});
  const bool logarithm = GetParam().activation == "log_softmax";
  const Values y = forward(x, 1, 5);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(y[i], i == 1 ? !logarithm : logarithm ? -infinity : 0) << i;
}

TEST_P(Rows, AreNaNWithOneNaNAnywhere) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Values dy(dtype(), whole() ? 1 : 70, 1.0);
  for (const double others : {1.0, infinity, -infinity})
    for (std::size_t place = 0; place < 70; ++place) {
      std::vector<double> u(70, others);
      u[place] = nan;
      Values x(dtype(), u);
      const Values y = forward(x, 1, 70), dx = backward(dy, x, 1, 70);
      for (std::size_t i = 0; i < y.size(); ++i) EXPECT_TRUE(std::isnan(y[i])) << others << ", " << place << ", " << i;
      for (std::size_t i = 0; i < 70; ++i) EXPECT_TRUE(std::isnan(dx[i])) << others << ", " << place << ", " << i;
    }
}

TEST_P(Rows, GradientsOfRowsWithoutAFiniteElementAreZero) {
  const double sign = GetParam().activation == "softmin" ? -1 : 1;
  Values x(dtype(), 5, -infinity * sign), dy(dtype(), whole() ? 1 : 5, 2);
  const Values dx = backward(dy, x, 1, 5);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(dx[i], 0);
}

TEST_P(Rows, GradientsFromTheOutputAreThoseOfTheGivenOutput) {
  if (whole()) GTEST_SKIP() << "one output does not determine a row";
  std::cout << "seed " << kSeed << "\n";
  const bool logarithm = GetParam().activation == "log_softmax";
  double worst = 0;
  const auto judge_dx = [&](Values &y, Values &dy, const std::string &what) {
    const std::size_t columns = y.size();
    Values dx(dtype(), columns);
    void *buffers[] = {dy.data(), y.data(), dx.data()};
    ASSERT_EQ(kernel(Pass::backward_from_output).run(buffers, actinide::rows(1, columns)), 0);
    expect_kept(
        from_output_ulps(GetParam().activation, dx.row(0, columns), dy.row(0, columns), y.row(0, columns), dtype()),
        bound(Pass::backward_from_output), what, worst);
  };
  for (std::size_t columns : {1, 5, 32, 33, 300, 5000})
    for (double scale : {0.1, 2.0, 20.0}) {
      Values x = random(columns, scale, kSeed), dy = random(columns, 1, kSeed + 1);
      Values y = forward(x, 1, columns);
      judge_dx(y, dy, fmt::format("scale {}", scale));
      std::vector<double> others(columns);
      for (double spread : {0.0, 1e-3, 0.3}) {
        for (std::size_t i = 0; i < columns; ++i) others[i] = (logarithm ? std::exp(y[i]) : 1) * (1 + spread * dy[i]);
        Values cancelling(dtype(), others);
        judge_dx(y, cancelling, fmt::format("scale {}, what cancels but for {}", scale, spread));
      }
      if (dtype() == DType::f64) continue;  // a sum is no number of more than 1024 bits
      for (std::size_t i = 0; i < columns; ++i) others[i] = float_format(dtype()).largest() / 4 * (1 + dy[i] / 16);
      Values large(dtype(), others);
      judge_dx(y, large, fmt::format("scale {}, a sum beyond the largest number", scale));
    }
  std::cout << worst << " ULP\n";
}

TEST_P(Rows, RefuseWhatCannotBe) {
  Values x(dtype(), 64), y(dtype(), 64);
  void *buffers[] = {x.data(), nullptr};
  EXPECT_EQ(kernel().run(buffers, actinide::rows(2, 8)), ACTINIDE_NULL_POINTER);
  void *overlapping[] = {x.data(), x.at(1)};
  EXPECT_EQ(kernel().run(overlapping, actinide::rows(2, 8)), ACTINIDE_OVERLAP);
  void *good[] = {x.data(), y.data()};
  EXPECT_EQ(kernel().run(good, actinide::rows(std::size_t{1} << 60, std::size_t{1} << 20)), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(kernel().run(good, actinide::rows(1, std::size_t{1} << 40)), ACTINIDE_INVALID_SIZE);
  const std::size_t short_stride[] = {7, 7};
  EXPECT_EQ(kernel().run(good, actinide::rows(2, 8), short_stride), ACTINIDE_INVALID_SIZE);
  void *none[] = {nullptr, nullptr};
  EXPECT_EQ(kernel().run(none, actinide::rows(0, 8)), ACTINIDE_OK);
  static const Compiler compiler;
  EXPECT_THROW(compiler.kernel(GetParam().activation, Pass::derivative, dtype()), UserError);
}

}  // namespace
}  // namespace actinide::testing_support
