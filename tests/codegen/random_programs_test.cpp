// Random programs, rich in what optimisers like to rewrite (units, zeros, equal operands, minima, signs), give the
// interpreter's bits.
#include "tests/codegen/support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace actinide::test {
namespace {

constexpr int programs_per_case = 12;
constexpr int steps = 40;
constexpr std::size_t element_count = 331;

class RandomProgram {
 public:
  explicit RandomProgram(std::uint64_t seed) : random_(seed) {}

  /// f32 or f64 stored, both used inside.
  Program make(Type stored) {
    for (int i = 0; i < 2; ++i) add(stored, draft_.tensor(stored));
    ValueId parameter = draft_.parameter();
    add(Type::f64, parameter);
    add(other(stored), convert(stored, pick(stored)));
    add(Type::f32, draft_.make(Code::narrow, Type::f32, {parameter}));
    for (int i = 0; i < steps; ++i) step(below(3) == 0 ? other(stored) : stored);
    const auto &last = values_[stored];
    draft_.output(last[last.size() - 1]);
    draft_.output(last[last.size() - 2]);
    return draft_.program();
  }

 private:
  static Type other(Type type) { return type == Type::f32 ? Type::f64 : Type::f32; }
  static Type integer(Type type) { return type == Type::f32 ? Type::i32 : Type::i64; }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  void add(Type type, ValueId value) { values_[type].push_back(value); }

  ValueId convert(Type from, ValueId value) {
    return draft_.make(from == Type::f32 ? Code::widen : Code::narrow, other(from), {value});
  }

  /// A recent value, any value, or a tempting constant.
  ValueId pick(Type type) {
    const auto &all = values_[type];
    if (below(4) == 0) {
      const std::vector<double> specials = special_values(type == Type::f32 ? DType::f32 : DType::f64);
      const double tempting[] = {0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5};
      return draft_.number(type, below(3) == 0 ? specials[below(specials.size())] : tempting[below(7)]);
    }
    return all[all.size() - 1 - below(below(2) == 0 ? std::min<std::size_t>(all.size(), 4) : all.size())];
  }

  /// `value`, but 3 for NaN: which NaN an operation gives is open, so none may be looked into.
  ValueId number_or_three(Type type, ValueId value) {
    const ValueId is_nan = draft_.make(Code::unordered, Type::boolean, {value, value});
    return draft_.make(Code::select, type, {is_nan, draft_.number(type, 3), value});
  }

  ValueId condition(Type type, ValueId a, ValueId b) {
    const Code compare[] = {Code::less, Code::less_equal, Code::equal, Code::unordered};
    const ValueId first = draft_.make(compare[below(4)], Type::boolean, {a, b});
    const ValueId second = draft_.make(compare[below(4)], Type::boolean, {pick(type), a});
    switch (below(5)) {
      case 0:
        return draft_.make(Code::logical_and, Type::boolean, {first, second});
      case 1:
        return draft_.make(Code::logical_or, Type::boolean, {first, second});
      case 2:
        return draft_.make(Code::logical_not, Type::boolean, {first});
      default:
        return first;
    }
  }

  ValueId through_integers(Type type) {
    const Type whole = integer(type);
    const Code binary[] = {Code::integer_add, Code::integer_sub, Code::bit_and, Code::bit_or, Code::bit_xor};
    ValueId a = draft_.make(Code::bits_of, whole, {number_or_three(type, pick(type))});
    const ValueId b = draft_.make(Code::bits_of, whole, {number_or_three(type, pick(type))});
    a = draft_.make(binary[below(5)], whole, {a, b});
    if (below(2) == 0) a = draft_.make(below(2) == 0 ? Code::shift_left : Code::shift_right, whole, {a}, below(31));
    return draft_.make(Code::float_of, type, {a});
  }

  /// [1, 2) by 2^n with |n| < 256, from the bits of two values.
  ValueId scaled(Type type) {
    const Type whole = integer(type);
    const std::uint64_t one = type == Type::f32 ? 0x3f800000 : 0x3ff0000000000000;
    const std::uint64_t mantissa = type == Type::f32 ? 0x7fffff : 0xfffffffffffff;
    const auto bits = [&] { return draft_.make(Code::bits_of, whole, {number_or_three(type, pick(type))}); };
    ValueId x = draft_.make(Code::bit_and, whole, {bits(), draft_.literal(whole, mantissa)});
    x = draft_.make(Code::bit_or, whole, {x, draft_.literal(whole, one)});
    ValueId n = draft_.make(Code::bit_and, whole, {bits(), draft_.literal(whole, 0xff)});
    const std::uint64_t shift = below(256);
    n = draft_.make(Code::integer_sub, whole, {n, draft_.literal(whole, shift)});
    return draft_.make(Code::scale, type, {draft_.make(Code::float_of, type, {x}), n}, 0xff - shift);
  }

  void step(Type type) {
    const ValueId a = pick(type);
    const ValueId b = pick(type);
    const Code arithmetic[] = {Code::add, Code::sub, Code::mul, Code::div};
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        return add(type, draft_.make(arithmetic[below(4)], type, {a, b}));
      case 3:
      case 4:
        return add(type, draft_.make(Code::fma, type, {a, b, pick(type)}));
      case 5:
        return add(type, draft_.make(below(2) == 0 ? Code::neg : Code::abs, type, {a}));
      case 6:
        return add(type, draft_.make(Code::copysign, type, {a, number_or_three(type, b)}));
      case 7: {  // minima and maxima among others
        const bool swapped = below(2) == 0;
        const ValueId chosen = condition(type, a, b);
        return add(type, draft_.make(Code::select, type, {chosen, swapped ? b : a, swapped ? a : b}, below(2)));
      }
      case 8:
        return add(type, below(2) == 0 ? through_integers(type) : scaled(type));
      default:
        if (below(2) == 0) return add(other(type), convert(type, a));
        return add(type, draft_.make(Code::sqrt, type, {a}));
    }
  }

  std::mt19937_64 random_;
  Draft draft_;
  std::map<Type, std::vector<ValueId>> values_;
};

using Parameter = std::tuple<Type, Target, int>;
class RandomPrograms : public testing::TestWithParam<Parameter> {};

TEST_P(RandomPrograms, GiveTheInterpretersBits) {
  const auto &[type, target, vectors] = GetParam();
  const DType dtype = type == Type::f32 ? DType::f32 : DType::f64;
  for (int i = 0; i < programs_per_case; ++i) {
    const std::uint64_t seed = 1000 * vectors + i;
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Kernel kernel = compile(RandomProgram(seed).make(type), target, {.vectors = vectors});
    std::vector<Values> inputs{some_values(dtype, element_count, seed), some_values(dtype, element_count, seed + 1)};
    expect_as_interpreted(kernel, inputs, {0.3});
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RandomPrograms,
                         testing::Combine(testing::Values(Type::f32, Type::f64), testing::ValuesIn(targets_here()),
                                          testing::Values(1, 2, 4)),
                         [](const auto &test) {
                           std::string name = fmt::format("{}_{}_{}", to_string(std::get<0>(test.param)),
                                                          std::get<1>(test.param).name, std::get<2>(test.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace actinide::test
