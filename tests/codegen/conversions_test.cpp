// widen and narrow between f16 or bf16 and f32 or f64: all 65,536 patterns, and all places where rounding changes
// sides.
#include "element.h"
#include "tests/codegen/support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace actinide::test {
namespace {

using Parameter = std::tuple<Type, Type, Target>;
class Conversions : public testing::TestWithParam<Parameter> {};

constexpr int patterns = 1 << 16;

TEST_P(Conversions, WidenEveryPattern) {
  const auto &[narrow, wide, target] = GetParam();
  Draft draft;
  draft.output(draft.make(Code::widen, wide, {draft.tensor(narrow)}));
  std::vector<Values> inputs{Values(dtype_of(narrow), patterns)};
  for (int i = 0; i < patterns; ++i) inputs[0].set(i, decode_16_bit(static_cast<std::uint16_t>(i), dtype_of(narrow)));
  expect_as_interpreted(compile(draft.program(), target), inputs);
}

/// Each number, each middle between neighbours, and what is next to it in the wide type: in both signs.
TEST_P(Conversions, NarrowToTheNearest) {
  const auto &[narrow, wide, target] = GetParam();
  Draft draft;
  draft.output(draft.make(Code::narrow, narrow, {draft.tensor(wide)}));
  const auto next = [&, f32 = wide == Type::f32](double value, double to) {
    return f32 ? static_cast<double>(std::nextafter(static_cast<float>(value), static_cast<float>(to)))
               : std::nextafter(value, to);
  };
  std::vector<double> values{0x1p-149, 0x1p-126, 0x1p127, std::nan("")};
  for (int i = 0; i < patterns / 2; ++i) {
    const double a = decode_16_bit(static_cast<std::uint16_t>(i), dtype_of(narrow));
    const double b = decode_16_bit(static_cast<std::uint16_t>(i + 1), dtype_of(narrow));
    values.push_back(a);
    if (!std::isfinite(a)) continue;
    const double middle =
        std::isinf(b) ? a + (a - decode_16_bit(static_cast<std::uint16_t>(i - 1), dtype_of(narrow))) / 2 : (a + b) / 2;
    values.insert(values.end(), {next(middle, 0), middle, next(middle, HUGE_VAL)});
  }
  if (wide == Type::f64) values.insert(values.end(), {1e300, 1e-300, 5e-324, 0x1.ffffffp127});
  std::vector<Values> inputs{Values(dtype_of(wide), 2 * values.size())};
  for (std::size_t i = 0; i < values.size(); ++i) {
    inputs[0].set(2 * i, values[i]);
    inputs[0].set(2 * i + 1, -values[i]);
  }
  expect_as_interpreted(compile(draft.program(), target), inputs);
}

INSTANTIATE_TEST_SUITE_P(All, Conversions,
                         testing::Combine(testing::Values(Type::f16, Type::bf16), testing::Values(Type::f32, Type::f64),
                                          testing::ValuesIn(targets_here())),
                         [](const auto &test) {
                           std::string name =
                               fmt::format("{}_{}_{}", to_string(std::get<0>(test.param)),
                                           to_string(std::get<1>(test.param)), std::get<2>(test.param).name);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace actinide::test
