// Random numeric programs, emitted as PTX, give the interpreter's bits.
#include "tests/ptx/random_program.h"

#include "codegen/module.h"
#include "lowering/lower.h"
#include "tests/ptx/support.h"

#include <set>

namespace actinide::ptx {
namespace {

constexpr std::uint64_t programs_per_case = 300;
constexpr std::size_t element_count = 331;
const std::vector<double> parameters{0.3};

template <typename T>
Tensors<T> interpreted(const Program &program, const Tensors<T> &inputs) {
  Tensors<T> outputs(program.outputs.size());
  for (std::size_t i = 0; i < element_count; ++i) {
    std::vector<double> element;
    for (const std::vector<T> &input : inputs) element.push_back(static_cast<double>(input[i]));
    const std::vector<double> results = interpret(program, element, parameters);
    for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k].push_back(static_cast<T>(results[k]));
  }
  return outputs;
}

/// The program as a kernel whose threads load `lanes` elements at once.
Kernel compile(const Program &program, int lanes, const Schedule &schedule) {
  Module module(parse_target("cuda-sm80"), "random");
  module.add_kernel("kernel", lower(program, schedule, lanes));
  module.optimize();
  return read_kernel(module.assembly(), "kernel");
}

Program random_program_of(DType dtype, std::uint64_t seed) {
  return test::random_program(type_of(dtype), seed, true);
}

class RandomPrograms : public testing::TestWithParam<DType> {};

template <typename T>
void expect_the_bits_of_the_interpreter(DType dtype, std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const Program program = random_program_of(dtype, seed);
  const Tensors<T> inputs = random_inputs<T>(program.inputs.size(), element_count, seed);
  const Tensors<T> expected = interpreted(program, inputs);
  const Schedule plain = default_schedule({.cuda = true});
  const Schedule schedule = seed % 2 == 0 ? plain : with_changes(plain, "vectors=2,multiprocessor_blocks=1");
  for (int lanes : {static_cast<int>(16 / sizeof(T)), 1}) {
    const Kernel kernel = compile(program, lanes, schedule);
    expect_same_bits(run(kernel, inputs, expected.size(), parameters, {.grid = {3, 17}, .shuffle = seed}), expected,
                     inputs);
  }
}

TEST_P(RandomPrograms, GiveTheInterpretersBits) {
  for (std::uint64_t seed = 0; seed < programs_per_case; ++seed) {
    with_element(GetParam(), [&]<typename T>(T) { expect_the_bits_of_the_interpreter<T>(GetParam(), seed); });
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RandomPrograms, testing::Values(DType::f32, DType::f64),
                         [](const auto &test) { return std::string(to_string(test.param)); });

TEST(RandomPrograms, HaveEveryInstruction) {
  std::set<Code> seen;
  for (DType dtype : {DType::f32, DType::f64})
    for (std::uint64_t seed = 0; seed < programs_per_case; ++seed)
      for (const Instruction &instruction : random_program_of(dtype, seed).instructions) seen.insert(instruction.code);
  for (Code code : {
#define ACTINIDE_INSTRUCTION(name, arity, text) Code::name,
#include "approximation/instructions.def"
       })
    EXPECT_TRUE(seen.contains(code)) << info(code).name;
}

}  // namespace
}  // namespace actinide::ptx
