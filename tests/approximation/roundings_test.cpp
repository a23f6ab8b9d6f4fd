// How often a program rounds its results.
#include "approximation/roundings.h"

#include <gtest/gtest.h>

#include <bit>
#include <functional>

namespace actinide {
namespace {

/// A program of the f32 tensors x, y, z and the parameter p.
class Draft {
 public:
  Draft() {
    for (std::uint64_t i = 0; i < 3; ++i) make(Code::tensor, Type::f32, {}, i);
    make(Code::parameter, Type::f64, {}, 0);
  }
  ValueId make(Code code, Type type, std::array<ValueId, 3> operands = {}, std::uint64_t bits = 0) {
    program_.instructions.push_back({code, type, operands, bits});
    return static_cast<ValueId>(program_.instructions.size() - 1);
  }
  ValueId f32(Code code, ValueId a, ValueId b = 0, ValueId c = 0) { return make(code, Type::f32, {a, b, c}); }
  ValueId truth(Code code, ValueId a, ValueId b = 0) { return make(code, Type::boolean, {a, b}); }
  ValueId literal(float number) { return make(Code::literal, Type::f32, {}, std::bit_cast<std::uint32_t>(number)); }
  Program with_output(ValueId value) {
    program_.outputs = {{"y", DType::f32, value}};
    return program_;
  }

 private:
  Program program_;
};

constexpr ValueId x = 0, y = 1, z = 2, p = 3;

struct Case {
  const char *name;
  int most;
  std::function<ValueId(Draft &)> make;
};
void PrintTo(const Case &one, std::ostream *out) {
  *out << one.name;
}

const Case cases[] = {
    {"input", 0, [](Draft &) { return x; }},
    {"fma", 1, [](Draft &d) { return d.f32(Code::fma, x, y, z); }},
    {"negated_root", 1, [](Draft &d) { return d.f32(Code::neg, d.f32(Code::sqrt, x)); }},
    {"product_and_sum", 2, [](Draft &d) { return d.f32(Code::add, d.f32(Code::mul, x, y), z); }},
    {"choice_of_products", 1,
     [](Draft &d) {
       return d.f32(Code::select, d.truth(Code::less, x, y), d.f32(Code::mul, x, y), d.f32(Code::mul, x, z));
     }},
    {"choice_by_a_product", 2,
     [](Draft &d) { return d.f32(Code::select, d.truth(Code::less, d.f32(Code::mul, x, y), z), x, y); }},
    {"choice_by_two_comparisons", 0,
     [](Draft &d) {
       const ValueId both = d.truth(Code::logical_and, d.truth(Code::less, x, y), d.truth(Code::equal, y, z));
       return d.f32(Code::select, both, x, z);
     }},
    {"product_with_a_constant_of_the_function", 1, [](Draft &d) { return d.f32(Code::mul, x, d.literal(-3)); }},
    {"product_with_a_power_of_two", 1, [](Draft &d) { return d.f32(Code::mul, x, d.literal(0.25F)); }},
    {"product_with_the_reciprocal_of_3", 2, [](Draft &d) { return d.f32(Code::mul, x, d.literal(1 / 3.0F)); }},
    {"choice_by_another_constant", 2,
     [](Draft &d) { return d.f32(Code::select, d.truth(Code::less, x, d.literal(0.1F)), x, y); }},
    {"slope", 1, [](Draft &d) { return d.f32(Code::mul, x, d.f32(Code::narrow, p)); }},
    {"product_with_twice_the_parameter", 2,
     [](Draft &d) {
       const ValueId twice = d.make(Code::add, Type::f64, {p, p});
       return d.f32(Code::mul, x, d.f32(Code::narrow, twice));
     }},
    {"through_f64", 2,
     [](Draft &d) {
       const ValueId wide = d.make(Code::widen, Type::f64, {x});
       return d.f32(Code::narrow, d.make(Code::mul, Type::f64, {wide, wide}));
     }},
    {"doubled", 0, [](Draft &d) { return d.f32(Code::add, x, x); }},
    {"to_16_bits", 0, [](Draft &d) { return d.make(Code::narrow, Type::bf16, {x}); }},
    {"product_in_16_bits", 1, [](Draft &d) { return d.make(Code::narrow, Type::f16, {d.f32(Code::mul, x, y)}); }},
    {"by_its_bits", 4, [](Draft &d) { return d.f32(Code::float_of, d.make(Code::bits_of, Type::i32, {x})); }},
};

class Roundings : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Programs, Roundings, testing::ValuesIn(cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST_P(Roundings, AreCounted) {
  Draft draft;
  const ValueId value = GetParam().make(draft);
  EXPECT_EQ(most_roundings(draft.with_output(value), {3}), GetParam().most);
}

}  // namespace
}  // namespace actinide
