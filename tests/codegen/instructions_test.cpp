// Every instruction of instructions.def, in each of its types, on each target that runs here, gives the interpreter's
// bits.
#include "tests/codegen/support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <random>

namespace actinide::test {
namespace {

constexpr std::size_t element_count = 4099;

Type integer_of(Type floating) {
  return floating == Type::f32 ? Type::i32 : Type::i64;
}

/// Shows all bits of an integer in two floats between 1 and 2: its lower part in one mantissa, the rest in another.
void output_integer(Draft &draft, Type floating, ValueId value) {
  const Type integer = integer_of(floating);
  const int mantissa = floating == Type::f32 ? 23 : 52;
  const std::uint64_t mask = (std::uint64_t{1} << mantissa) - 1;
  const std::uint64_t one = floating == Type::f32 ? 0x3f800000 : 0x3ff0000000000000;
  for (ValueId part : {value, draft.make(Code::shift_right, integer, {value}, mantissa)}) {
    const ValueId low = draft.make(Code::bit_and, integer, {part, draft.literal(integer, mask)});
    const ValueId bits = draft.make(Code::bit_or, integer, {low, draft.literal(integer, one)});
    draft.output(draft.make(Code::float_of, floating, {bits}));
  }
}

void output_truth(Draft &draft, Type floating, ValueId value) {
  draft.output(draft.make(Code::select, floating, {value, draft.number(floating, 1), draft.number(floating, 2)}));
}

Draft float_program(Code code, Type type) {
  Draft draft;
  std::vector<ValueId> operands;
  for (int k = 0; k < info(code).arity; ++k) operands.push_back(draft.tensor(type));
  draft.output(draft.make(code, type, operands));
  return draft;
}

Draft comparison_program(Code code, Type type) {
  Draft draft;
  const ValueId a = draft.tensor(type);
  output_truth(draft, type, draft.make(code, Type::boolean, {a, draft.tensor(type)}));
  return draft;
}

/// Both operands are truths of the inputs' signs.
Draft logic_program(Code code, Type type) {
  Draft draft;
  std::vector<ValueId> operands;
  for (int k = 0; k < info(code).arity; ++k) {
    operands.push_back(draft.make(Code::less, Type::boolean, {draft.tensor(type), draft.number(type, 0)}));
  }
  output_truth(draft, type, draft.make(code, Type::boolean, operands));
  return draft;
}

Draft select_program(Code, Type type) {
  Draft draft;
  const ValueId a = draft.tensor(type);
  const ValueId b = draft.tensor(type);
  const ValueId condition = draft.make(Code::less, Type::boolean, {a, b});
  draft.output(draft.make(Code::select, type, {condition, b, draft.tensor(type)}));
  const Type integer = integer_of(type);
  const ValueId chosen = draft.make(Code::select, integer,
                                    {condition, draft.make(Code::bits_of, integer, {a}), draft.literal(integer, 42)});
  output_integer(draft, type, chosen);
  const ValueId truth = draft.make(Code::equal, Type::boolean, {a, b});
  output_truth(draft, type,
               draft.make(Code::select, Type::boolean, {condition, truth, draft.literal(Type::boolean, 1)}));
  return draft;
}

Draft integer_program(Code code, Type type) {
  Draft draft;
  const Type integer = integer_of(type);
  std::vector<ValueId> operands;
  for (int k = 0; k < info(code).arity; ++k)
    operands.push_back(draft.make(Code::bits_of, integer, {draft.tensor(type)}));
  output_integer(draft, type, draft.make(code, integer, operands));
  return draft;
}

Draft shift_program(Code code, Type type) {
  Draft draft;
  const Type integer = integer_of(type);
  const ValueId bits = draft.make(Code::bits_of, integer, {draft.tensor(type)});
  for (int count : {1, 7, type == Type::f32 ? 31 : 63}) {
    output_integer(draft, type, draft.make(code, integer, {bits}, count));
  }
  return draft;
}

/// Through the integers and back; the identity on everything but the payload of NaN.
Draft representation_program(Code, Type type) {
  Draft draft;
  const ValueId bits = draft.make(Code::bits_of, integer_of(type), {draft.tensor(type)});
  draft.output(draft.make(Code::float_of, type, {bits}));
  return draft;
}

/// f32: widened, used in f64, narrowed. f64: narrowed, widened.
Draft conversion_program(Code, Type type) {
  Draft draft;
  ValueId value = draft.tensor(type);
  if (type == Type::f32) {
    value = draft.make(Code::widen, Type::f64, {value});
    value = draft.make(Code::mul, Type::f64, {value, draft.number(Type::f64, 0.1)});
    draft.output(draft.make(Code::narrow, Type::f32, {value}));
  } else {
    draft.output(draft.make(Code::widen, Type::f64, {draft.make(Code::narrow, Type::f32, {value})}));
  }
  return draft;
}

Draft parameter_program(Code, Type type) {
  Draft draft;
  ValueId value = draft.parameter();
  if (type == Type::f32) value = draft.make(Code::narrow, Type::f32, {value});
  draft.output(draft.make(Code::add, type, {draft.tensor(type), value}));
  return draft;
}

/// Every special value as a literal of its own, with both zeros in one program.
Draft literal_program(Code, Type type) {
  Draft draft;
  const ValueId x = draft.tensor(type);
  const ValueId one = draft.number(type, 1);
  for (double value : {0.0, -0.0, 0.1, -3.0, std::nan(""), HUGE_VAL}) {
    const ValueId literal = draft.number(type, value);
    draft.output(draft.make(Code::fma, type, {draft.make(Code::copysign, type, {one, literal}), x, literal}));
  }
  return draft;
}

using MakeProgram = std::function<Draft(Code, Type)>;

/// How each instruction is tested; forgetting one is an error of at().
const std::map<Code, MakeProgram> &programs() {
  static const std::map<Code, MakeProgram> all{
      {Code::tensor, representation_program},
      {Code::parameter, parameter_program},
      {Code::literal, literal_program},
      {Code::add, float_program},
      {Code::sub, float_program},
      {Code::mul, float_program},
      {Code::div, float_program},
      {Code::fma, float_program},
      {Code::exact_fma, float_program},
      {Code::sqrt, float_program},
      {Code::neg, float_program},
      {Code::abs, float_program},
      {Code::copysign, float_program},
      {Code::less, comparison_program},
      {Code::less_equal, comparison_program},
      {Code::equal, comparison_program},
      {Code::unordered, comparison_program},
      {Code::logical_and, logic_program},
      {Code::logical_or, logic_program},
      {Code::logical_not, logic_program},
      {Code::select, select_program},
      {Code::integer_add, integer_program},
      {Code::integer_sub, integer_program},
      {Code::bit_and, integer_program},
      {Code::bit_or, integer_program},
      {Code::bit_xor, integer_program},
      {Code::shift_left, shift_program},
      {Code::shift_right, shift_program},
      {Code::bits_of, representation_program},
      {Code::float_of, representation_program},
      {Code::widen, conversion_program},
      {Code::narrow, conversion_program},
  };
  return all;
}

/// All but scale, which has a test of its own.
std::vector<Code> plain_codes() {
  std::vector<Code> codes{
#define ACTINIDE_INSTRUCTION(name, arity, text) Code::name,
#include "approximation/instructions.def"
  };
  std::erase(codes, Code::scale);
  return codes;
}

std::string safe(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

using Parameter = std::tuple<Code, Type, Target>;
class Instructions : public testing::TestWithParam<Parameter> {};

TEST_P(Instructions, GiveTheInterpretersBits) {
  const auto &[code, type, target] = GetParam();
  if (code == Code::exact_fma && !target.has_fma) GTEST_SKIP() << "emulated: see ExactFma";
  const Draft draft = programs().at(code)(code, type);
  const Kernel kernel = compile(draft.program(), target);
  std::vector<Values> inputs;
  for (const Tensor &tensor : draft.program().inputs) {
    inputs.push_back(some_values(tensor.dtype, element_count, 1 + inputs.size()));
  }
  expect_as_interpreted(kernel, inputs, std::vector<double>(draft.program().parameters.size(), 0.1));
}

INSTANTIATE_TEST_SUITE_P(All, Instructions,
                         testing::Combine(testing::ValuesIn(plain_codes()), testing::Values(Type::f32, Type::f64),
                                          testing::ValuesIn(targets_here())),
                         [](const auto &test) {
                           return safe(fmt::format("{}_{}_{}", actinide::info(std::get<0>(test.param)).name,
                                                   to_string(std::get<1>(test.param)), std::get<2>(test.param).name));
                         });

class ExactFma : public testing::TestWithParam<Target> {};

/// Without an instruction it is emulated; the errors of products, quotients and roots come out to the bit all the same.
TEST_P(ExactFma, GivesTheErrorOfAProduct) {
  constexpr std::size_t count = 100'003;
  Draft draft;
  const ValueId a = draft.tensor(Type::f64), b = draft.tensor(Type::f64), c = draft.tensor(Type::f64);
  draft.output(draft.make(Code::exact_fma, Type::f64, {a, b, c}));
  std::vector<Values> inputs(3, Values(DType::f64, count));
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> mantissa(-2, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = std::ldexp(mantissa(random), static_cast<int>(random() % 120) - 60);
    const double y = std::ldexp(mantissa(random), static_cast<int>(random() % 120) - 60);
    inputs[0].set(i, x);
    inputs[1].set(i, y);
    inputs[2].set(i, i % 3 == 0 ? mantissa(random) : -(x * y));  // a sum of any size, or the error alone
  }
  expect_as_interpreted(compile(draft.program(), GetParam()), inputs);
}

INSTANTIATE_TEST_SUITE_P(All, ExactFma, testing::ValuesIn(targets_here()),
                         [](const auto &test) { return safe(test.param.name); });

using ScaleParameter = std::tuple<Type, int, Target>;
class Scale : public testing::TestWithParam<ScaleParameter> {};

/// |x| in [2^-30, 2^30), n up to the hint and down to the least that the instruction allows.
TEST_P(Scale, RoundsOnceWhereverThePromiseHolds) {
  const auto &[type, largest, target] = GetParam();
  const int least = type == Type::f32 ? -400 : -3000;
  // n travels as the representation of a tiny float.
  Draft draft;
  const ValueId x = draft.tensor(type);
  const ValueId carrier = draft.make(Code::bits_of, integer_of(type), {draft.tensor(type)});
  const ValueId n = draft.make(Code::integer_add, integer_of(type), {carrier, draft.literal(integer_of(type), least)});
  draft.output(draft.make(Code::scale, type, {x, n}, static_cast<std::uint64_t>(std::int64_t{largest})));

  const DType dtype = type == Type::f32 ? DType::f32 : DType::f64;
  const double quantum = type == Type::f32 ? std::ldexp(1, -149) : std::ldexp(1, -1074);
  constexpr std::size_t for_each_n = 24;
  const std::size_t count = for_each_n * (largest - least + 1);
  std::vector<Values> inputs{Values(dtype, count), Values(dtype, count)};
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> mantissa(1, 2);
  const double special[] = {
      0.0, -0.0, HUGE_VAL, -HUGE_VAL, std::nan(""), std::ldexp(1, -30), -std::ldexp(1, -30), std::ldexp(1.75, 29)};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t k = i % for_each_n;
    const int exponent = static_cast<int>(random() % 60) - 30;
    const double value = std::ldexp(
        type == Type::f32 ? std::min(static_cast<float>(mantissa(random)), 1.9999f) : mantissa(random), exponent);
    inputs[0].set(i, k < std::size(special) ? special[k] : random() % 2 ? value : -value);
    inputs[1].set(i, static_cast<double>(i / for_each_n) * quantum);
  }
  expect_as_interpreted(compile(draft.program(), target), inputs);
}

std::string scale_name(const testing::TestParamInfo<ScaleParameter> &test) {
  const auto &[type, largest, target] = test.param;
  return safe(fmt::format("{}_up_to_{}_{}", to_string(type), largest, target.name));
}

// On both sides of the limits where the products change their form, see codegen/instructions.cpp.
INSTANTIATE_TEST_SUITE_P(F32, Scale,
                         testing::Combine(testing::Values(Type::f32),
                                          testing::Values(-100, -28, 0, 1, 43, 44, 45, 64, 128, 400),
                                          testing::ValuesIn(targets_here())),
                         scale_name);
INSTANTIATE_TEST_SUITE_P(F64, Scale,
                         testing::Combine(testing::Values(Type::f64),
                                          testing::Values(-100, 0, 1, 910, 911, 912, 1024, 3000),
                                          testing::ValuesIn(targets_here())),
                         scale_name);

}  // namespace
}  // namespace actinide::test
