#include "tests/codegen/support.h"

#include "codegen/module.h"
#include "element.h"
#include "lowering/lower.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/MemoryBuffer.h>

#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <random>

namespace actinide::test {
namespace {

llvm::orc::LLJIT &jit() {
  static const std::unique_ptr<llvm::orc::LLJIT> instance = llvm::cantFail(llvm::orc::LLJITBuilder().create());
  return *instance;
}

}  // namespace

DType dtype_of(Type type) {
  switch (type) {
    case Type::f32:
      return DType::f32;
    case Type::f16:
      return DType::f16;
    case Type::bf16:
      return DType::bf16;
    default:
      return DType::f64;
  }
}

ValueId Draft::make(Code code, Type type, std::vector<ValueId> operands, std::uint64_t bits) {
  Instruction instruction{code, type, {}, bits};
  std::copy(operands.begin(), operands.end(), instruction.operands.begin());
  auto &all = program_.instructions;
  const auto found = std::find(all.begin(), all.end(), instruction);
  if (found != all.end()) return static_cast<ValueId>(found - all.begin());
  all.push_back(instruction);
  return static_cast<ValueId>(all.size() - 1);
}

ValueId Draft::tensor(Type type) {
  program_.inputs.push_back({fmt::format("x{}", program_.inputs.size()), dtype_of(type)});
  return make(Code::tensor, type, {}, program_.inputs.size() - 1);
}

ValueId Draft::parameter() {
  program_.parameters.push_back(fmt::format("p{}", program_.parameters.size()));
  return make(Code::parameter, Type::f64, {}, program_.parameters.size() - 1);
}

ValueId Draft::literal(Type type, std::uint64_t bits) {
  return make(Code::literal, type, {}, bits);
}

ValueId Draft::number(Type type, double value) {
  if (type == Type::f32) return literal(type, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  return literal(type, std::bit_cast<std::uint64_t>(value));
}

void Draft::output(ValueId value) {
  program_.outputs.push_back(
      {fmt::format("y{}", program_.outputs.size()), dtype_of(program_.instructions[value].type), value});
}

Program without_fma(const Program &program) {
  Draft draft;
  std::vector<ValueId> moved;
  for (const Instruction &old : program.instructions) {
    std::vector<ValueId> v;
    for (int k = 0; k < info(old.code).arity; ++k) v.push_back(moved[old.operands[k]]);
    if (old.code != Code::fma) {
      moved.push_back(draft.make(old.code, old.type, v, old.bits));
      continue;
    }
    const bool narrow = old.type == Type::f32;
    if (narrow) {
      for (ValueId &operand : v) operand = draft.make(Code::widen, Type::f64, {operand});
    }
    const ValueId product = draft.make(Code::mul, Type::f64, {v[0], v[1]});
    const ValueId sum = draft.make(Code::add, Type::f64, {product, v[2]});
    moved.push_back(narrow ? draft.make(Code::narrow, Type::f32, {sum}) : sum);
  }
  Program result = draft.program();
  result.inputs = program.inputs;
  result.parameters = program.parameters;
  for (const Output &output : program.outputs)
    result.outputs.push_back({output.name, output.dtype, moved[output.value]});
  return result;
}

void Kernel::run(const std::vector<void *> &buffers, std::int64_t n, const std::vector<double> &parameters) const {
  const std::int64_t sizes[ACTINIDE_ELEMENT_SIZES] = {n, 0};
  function(buffers.data(), sizes, parameters.data());
}

Kernel compile(const Program &program, const Target &target, Schedule schedule) {
  static int count = 0;
  const std::string symbol = fmt::format("kernel_{}", count++);
  const int lanes = target.lanes(static_cast<int>(size_of(program.outputs[0].dtype)));
  Module module(target, symbol);
  module.add_kernel(symbol, lower(program, schedule, lanes));
  module.optimize();
  const std::vector<char> object = module.object();
  const llvm::StringRef bytes(object.data(), object.size());
  llvm::cantFail(jit().addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(bytes, symbol)));
  return {llvm::cantFail(jit().lookup(symbol)).toPtr<actinide_kernel_function>(),
          target.has_fma ? program : without_fma(program)};
}

double Values::get(std::size_t i) const {
  return with_element(dtype_, [&]<typename T>(T value) {
    std::memcpy(&value, bytes_.data() + i * sizeof value, sizeof value);
    return static_cast<double>(value);
  });
}

void Values::set(std::size_t i, double value) {
  with_element(dtype_, [&]<typename T>(T element) {
    element = static_cast<T>(value);
    std::memcpy(bytes_.data() + i * sizeof element, &element, sizeof element);
  });
}

template <typename Float>
std::vector<double> specials() {
  using Limits = std::numeric_limits<Float>;
  std::vector<double> values{0.0,
                             1.0,
                             std::nextafter(Float(1), Float(2)),
                             1.5,
                             3.0,
                             0.1,
                             Limits::denorm_min(),
                             Limits::denorm_min() * 3,
                             std::nextafter(Limits::min(), Float(0)),
                             Limits::min(),
                             Limits::max(),
                             Limits::infinity(),
                             Limits::quiet_NaN()};
  for (std::size_t i = 0, count = values.size(); i < count; ++i) values.push_back(-values[i]);
  return values;
}

std::vector<double> special_values(DType dtype) {
  return dtype == DType::f32 ? specials<float>() : specials<double>();
}

Values some_values(DType dtype, std::size_t count, std::uint64_t seed) {
  const std::vector<double> specials = special_values(dtype);
  Values values(dtype, count);
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t bits = random();
    double value = std::bit_cast<double>(bits);
    if (dtype == DType::f32) value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    // Every third element is special, so that several inputs meet in all combinations.
    values.set(i, random() % 3 == 0 ? specials[random() % specials.size()] : value);
  }
  return values;
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

template <typename Wanted>
std::vector<Target> targets_that(Wanted wanted) {
  std::vector<Target> targets;
  std::ranges::copy_if(all_targets(), std::back_inserter(targets), wanted);
  return targets;
}

std::vector<Target> cpu_targets() {
  return targets_that([](const Target &target) { return !target.is_cuda(); });
}

std::vector<Target> cuda_targets() {
  return targets_that([](const Target &target) { return target.is_cuda(); });
}

std::vector<Target> targets_here() {
  return targets_that(runs_here);
}

void expect_as_interpreted(const Kernel &kernel, std::vector<Values> &inputs, const std::vector<double> &parameters) {
  const std::size_t n = inputs.at(0).count();
  std::vector<Values> outputs;
  for (const Output &output : kernel.meaning.outputs) outputs.emplace_back(output.dtype, n);
  std::vector<void *> buffers;
  for (Values &input : inputs) buffers.push_back(input.data());
  for (Values &output : outputs) buffers.push_back(output.data());
  kernel.run(buffers, static_cast<std::int64_t>(n), parameters);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> element;
    for (const Values &input : inputs) element.push_back(input.get(i));
    const std::vector<double> expected = interpret(kernel.meaning, element, parameters);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      ASSERT_TRUE(same(outputs[k].get(i), expected[k]))
          << fmt::format("element {} of {}, output {}: {:a} instead of {:a} for inputs", i, n, k, outputs[k].get(i),
                         expected[k])
          <<
          [&] {
            std::string text;
            for (double input : element) text += fmt::format(" {:a}", input);
            return text;
          }()
          << "\n"
          << to_text(kernel.meaning);
    }
  }
}

}  // namespace actinide::test
