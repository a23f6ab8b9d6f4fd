// A schedule changes speed, never a bit: every row under schedules that differ from the default in each field, and
// calls that are written past the caches.
#include "actinide/runtime.h"
#include "schedules/space.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

namespace actinide::testing_support {
namespace {

const std::string some_schedules[] = {"vectors=1,stream=1", "vectors=3,prefetch=4096", "vectors=8"};

std::vector<KernelCase> cases() {
  std::vector<KernelCase> all = kernel_cases({Pass::forward, Pass::backward});
  std::erase_if(all, [](const KernelCase &one) {
    const bool forward_alone = one.dtype == DType::f64 || is_16_bit(one.dtype);
    return !one.is_standard() || (forward_alone && one.pass != Pass::forward);
  });
  return all;
}

class Schedules : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Schedules, testing::ValuesIn(cases()),
                         [](const auto &info) { return info.param.name(); });

template <typename T>
void expect_same_bits(const KernelCase &c, std::span<const std::string> schedules) {
  const Kernel kernel = compiler().kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
  constexpr std::size_t count = 2053;  // full blocks of every schedule, and a rest
  const auto inputs = inputs_for<T>(kernel, count);
  const auto expected = run<T>(kernel, inputs);
  for (const std::string &schedule : schedules) {
    const auto outputs = run<T>(compiler().kernel(c.activation, c.pass, c.dtype, {c.tier, schedule}), inputs);
    for (std::size_t k = 0; k < expected.size(); ++k)
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(bits(outputs[k][i]), bits(expected[k][i]))
            << schedule << ", x = " << static_cast<double>(inputs.back()[i]);
  }
}

TEST_P(Schedules, GiveTheSameBits) {
  with_element(GetParam().dtype, [&]<typename T>(T) { expect_same_bits<T>(GetParam(), some_schedules); });
}

// What the tuner tries.
TEST(Candidates, GiveTheSameBits) {
  std::vector<std::string> texts;
  for (const auto &candidates : {candidates_in_cache({.vectors = 4}), candidates_from_memory({.vectors = 2})})
    for (const Schedule &schedule : candidates) texts.push_back(to_text(schedule));
  for (const char *activation : {"relu", "silu", "gelu", "softplus", "mish"})
    for (const Pass pass : {Pass::forward, Pass::backward})
      expect_same_bits<float>({activation, pass, DType::f32, Tier::standard}, texts);
}

// Rows and sums, whose states have 32 lanes, however many of them a schedule takes at once.
std::vector<float> outputs_of(const char *activation, Pass pass, const std::string &schedule) {
  const Kernel kernel = compiler().kernel(activation, pass, DType::f32, {.schedule = schedule});
  const KernelInfo &info = kernel.info();
  const Extents extents = info.shape == ShapeClass::channel ? channels(3, 67, 1)
                          : info.shape == ShapeClass::row   ? rows(3, 333)
                                                            : Extents{1, 1, 999};
  std::vector<std::vector<float>> tensors;
  std::vector<void *> buffers;
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    std::vector<float> &tensor = tensors.emplace_back(elements(info.layouts[i], extents));
    for (std::size_t k = 0; k < tensor.size(); ++k) tensor[k] = static_cast<float>((k * 7 + i * 11) % 53) / 8 - 3;
    buffers.push_back(tensor.data());
  }
  EXPECT_EQ(kernel.run(buffers.data(), extents), ACTINIDE_OK) << info.name;
  std::vector<float> outputs;
  for (std::size_t i = info.inputs.size(); i < tensors.size(); ++i)
    outputs.insert(outputs.end(), tensors[i].begin(), tensors[i].end());
  return outputs;
}

TEST(StatesAndSums, HaveTheSameBitsUnderEverySchedule) {
  const std::pair<const char *, Pass> kernels[] = {
      {"softmax", Pass::forward}, {"softmax", Pass::backward},      {"logsumexp", Pass::forward},
      {"prelu", Pass::backward},  {"biased(silu)", Pass::backward}, {"swish", Pass::parameter_gradient}};
  for (const auto &[activation, pass] : kernels) {
    const std::vector<float> expected = outputs_of(activation, pass, "");
    for (int vectors = 1; vectors <= 8; ++vectors)
      EXPECT_EQ(outputs_of(activation, pass, "vectors=" + std::to_string(vectors)), expected)
          << activation << " " << to_string(pass) << ", vectors=" << vectors;
  }
}

// Long calls alone are streamed (runtime.split shows which), so these are long; the outputs begin at several places of
// a line.
template <typename T>
void expect_streamed_bits(const char *activation, Pass pass) {
  const Kernel plain = compiler().kernel(activation, pass, dtype_of<T>, {.schedule = "stream=0"});
  const Kernel streaming = compiler().kernel(activation, pass, dtype_of<T>, {.schedule = "stream=1"});
  constexpr std::size_t count = (1 << 20) + 77;
  const std::size_t tensors = plain.info().inputs.size(), outputs = plain.info().outputs.size();
  std::vector<std::vector<T>> inputs;
  for (std::size_t i = 0; i < tensors; ++i) inputs.push_back(points<T>(count, 7 + i));
  const auto expected = run<T>(plain, inputs);
  for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{5}, 64 / sizeof(T) - 1}) {
    const T guard{42};
    std::vector<std::vector<T>> results(outputs, std::vector<T>(count + 128, guard));
    std::vector<void *> buffers;
    for (auto &input : inputs) buffers.push_back(input.data());
    for (auto &result : results) buffers.push_back(result.data() + offset);
    ASSERT_EQ(streaming.run(buffers.data(), count), ACTINIDE_OK);
    for (std::size_t k = 0; k < outputs; ++k) {
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(bits(results[k][offset + i]), bits(expected[k][i])) << "element " << i << ", offset " << offset;
      for (std::size_t i = 0; i < 128; ++i) {
        const std::size_t outside = i < offset ? i : count + i;
        ASSERT_EQ(bits(results[k][outside]), bits(guard)) << "written outside, at " << outside;
      }
    }
  }
}

TEST(Streaming, GivesTheSameBitsAndTouchesNothingElse) {
  for (const unsigned threads : {1u, 2u}) {
    ASSERT_EQ(actinide_set_threads(threads), ACTINIDE_OK);
    expect_streamed_bits<float>("silu", Pass::forward);
    expect_streamed_bits<float>("silu", Pass::forward_backward);
    expect_streamed_bits<double>("leaky_relu", Pass::backward);
    expect_streamed_bits<f16>("relu", Pass::forward);
    expect_streamed_bits<bf16>("hardswish", Pass::backward);
  }
  actinide_set_threads(0);
}

// What this CPU can't run is emitted all the same.
std::string assembly_of(std::string_view target, DType dtype, const std::string &schedule) {
  const KernelRequest request = parse_kernel_request("relu", Pass::forward, dtype, Tier::standard, schedule);
  return explain(request, parse_target(target)).back().second;
}

TEST(Streaming, IsEmittedForEveryX86) {
  for (const DType dtype : all_dtypes())
    for (const char *target : {"x86-64-v2", "x86-64-v3", "x86-64-v4", "x86-64-v3-windows"}) {
      const std::string with = assembly_of(target, dtype, ""), without = assembly_of(target, dtype, "stream=0");
      EXPECT_NE(with.find("movnt"), std::string::npos) << target;
      EXPECT_NE(with.find("sfence"), std::string::npos) << target;
      EXPECT_EQ(without.find("movnt"), std::string::npos) << target;
    }
}

// LLVM ends the process where it can't divide a vector as long as the machine says.
TEST(ScalableVectors, AreEmittedUnderEverySchedule) {
  for (const char *activation : {"relu", "maxout(k=3)", "packed(swiglu)", "prelu"})
    for (const DType dtype : all_dtypes())
      for (const char *schedule : {"vectors=3", "vectors=7", "vectors=16"}) {
        const KernelRequest request = parse_kernel_request(activation, Pass::backward, dtype, Tier::standard, schedule);
        EXPECT_FALSE(explain(request, parse_target("aarch64-sve2")).back().second.empty()) << activation << schedule;
      }
}

TEST(Prefetch, IsEmittedWhereAsked) {
  for (const char *target : {"x86-64-v3", "aarch64"}) {
    const char *instruction = target[0] == 'x' ? "prefetcht0" : "prfm";
    EXPECT_NE(assembly_of(target, DType::f32, "prefetch=1024").find(instruction), std::string::npos) << target;
    EXPECT_EQ(assembly_of(target, DType::f32, "").find(instruction), std::string::npos) << target;
  }
}

}  // namespace
}  // namespace actinide::testing_support
