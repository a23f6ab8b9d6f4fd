// Kernels emitted as PTX, run by the interpreter, and what a CPU gives.
#pragma once

#include "tests/kernels/kernel_case.h"
#include "tests/ptx/machine.h"
#include "tests/ptx/reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace actinide::ptx {

using testing_support::KernelCase;

/// And in f16 what needs the most registers.
inline std::vector<KernelCase> cuda_cases() {
  std::vector<KernelCase> cases = testing_support::kernel_cases();
  for (const KernelCase &one : testing_support::kernel_cases({Pass::double_backward}))
    if (one.dtype == DType::f16) cases.push_back(one);
  return cases;
}

/// One of the entries that the compiler emits for a request.
struct Entry {
  Kernel kernel;
  std::size_t alignment;  ///< that its buffers need, in bytes
};
/// What is emitted, and what the reader finds in it.
struct EmittedModule {
  std::string ptx;
  std::vector<Entry> entries;
};
EmittedModule emitted(const KernelCase &request, const Target &target);

/// How a kernel is run.
struct Arrangement {
  Grid grid = {.blocks = 61, .block_threads = 96};
  std::size_t misalignment = 0;               ///< of every buffer, in bytes
  std::optional<std::size_t> in_place = {};   ///< the input that is also the first output
  std::optional<std::uint64_t> shuffle = {};  ///< seed of the threads' order; empty: one after the other
};

template <typename T>
using Tensors = std::vector<std::vector<T>>;

/// The outputs for `inputs`, tensors of equal length. Throws Error if the kernel does what it mustn't.
template <typename T>
Tensors<T> run(const Kernel &kernel, const Tensors<T> &inputs, std::size_t outputs,
               const std::vector<double> &parameters, const Arrangement &arrangement) {
  const std::size_t n = inputs.at(0).size();
  Memory memory;
  const auto add = [&](const std::vector<T> &tensor, Access access) {
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(tensor.data());
    return memory.add({bytes, n * sizeof(T)}, sizeof(T), access, arrangement.misalignment);
  };
  std::vector<std::uint64_t> addresses;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    addresses.push_back(add(inputs[i], arrangement.in_place == i ? Access::both : Access::read));
  for (std::size_t i = 0; i < outputs; ++i) {
    const bool shared = i == 0 && arrangement.in_place;
    addresses.push_back(shared ? addresses[*arrangement.in_place] : add(std::vector<T>(n, T(-12345.5)), Access::write));
  }
  std::vector<Argument> arguments;
  for (std::uint64_t address : addresses) arguments.push_back(argument(address));
  arguments.push_back(argument(static_cast<std::uint32_t>(n)));
  for (double parameter : parameters) arguments.push_back(argument(parameter));

  Launch launch(kernel, arrangement.grid, arguments, memory);
  arrangement.shuffle ? launch.run_shuffled(*arrangement.shuffle) : launch.run_all();

  Tensors<T> results(outputs, std::vector<T>(n));
  for (std::size_t i = 0; i < outputs; ++i)
    if (n > 0) std::memcpy(results[i].data(), memory.content(addresses[inputs.size() + i]).data(), n * sizeof(T));
  return results;
}

/// What the compiled kernel gives on this machine, or the interpreter of numeric programs where the machine has no fma.
template <typename T>
Tensors<T> expected_outputs(const KernelCase &request, const Tensors<T> &inputs, const std::vector<double> &parameters);

/// The parameters' defaults.
std::vector<double> defaults_of(const KernelCase &request);

/// The tensors that the kernel takes.
std::size_t input_count(const KernelCase &request);

/// Danger points, random bits of all exponents and numbers of middling size, mixed; the last tensor begins with all
/// danger points.
template <typename T>
Tensors<T> random_inputs(std::size_t tensors, std::size_t count, std::uint64_t seed);

/// The first elements of `tensors`.
template <typename T>
Tensors<T> first(const Tensors<T> &tensors, std::size_t count) {
  Tensors<T> result;
  for (const std::vector<T> &tensor : tensors) result.emplace_back(tensor.begin(), tensor.begin() + long(count));
  return result;
}

/// Equal to the bit, NaN = NaN.
template <typename T>
void expect_same_bits(const Tensors<T> &actual, const Tensors<T> &expected, const Tensors<T> &inputs) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t k = 0; k < actual.size(); ++k)
    for (std::size_t i = 0; i < actual[k].size(); ++i) {
      if (testing_support::bits(actual[k][i]) == testing_support::bits(expected[k][i])) continue;
      std::string point;
      for (const std::vector<T> &input : inputs) point += fmt::format(" {:a}", static_cast<double>(input[i]));
      FAIL() << fmt::format("output {}, element {} of {}, inputs{}: {:a} instead of {:a}", k, i, actual[k].size(),
                            point, static_cast<double>(actual[k][i]), static_cast<double>(expected[k][i]));
    }
}

}  // namespace actinide::ptx
