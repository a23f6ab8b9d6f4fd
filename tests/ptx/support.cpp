#include "tests/ptx/support.h"

#include "approximation/program.h"
#include "cuda_kernel.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <utility>

namespace actinide::ptx {
namespace {

actinide::Kernel cpu_kernel(const KernelCase &request) {
  static const Compiler compiler;
  return compiler.kernel(request.activation, request.pass, request.dtype, {.tier = request.tier});
}

template <typename T>
T random_number(std::mt19937_64 &random, const std::vector<T> &danger) {
  const std::uint64_t bits = random();
  const std::uint64_t kind = random() % 8;
  if (kind < 2) return danger[bits % danger.size()];
  if (kind < 5) return from_slot<T>(bits);
  const double mantissa = 1 + static_cast<double>(bits >> 12) * 0x1p-52;
  const double number = std::ldexp(mantissa, static_cast<int>(bits % 32) - 24);
  return static_cast<T>(random() % 2 == 0 ? number : -number);
}

}  // namespace

EmittedModule emitted(const KernelCase &request, const Target &target) {
  const KernelRequest parsed = request.request();
  EmittedModule module{.ptx = cuda_ptx(parsed, target, "kernel"), .entries = {}};
  std::vector<Kernel> kernels = read_module(module.ptx);
  for (const CudaEntry &entry : cuda_launch(parsed, {&target, 1}, "kernel").entries) {
    const auto kernel = std::ranges::find(kernels, entry.name, &Kernel::name);
    if (kernel == kernels.end()) throw std::runtime_error(entry.name + " is missing in the PTX");
    module.entries.push_back({std::move(*kernel), entry.alignment});
  }
  return module;
}

template <typename T>
Tensors<T> expected_outputs(const KernelCase &request, const Tensors<T> &inputs,
                            const std::vector<double> &parameters) {
  const actinide::Kernel kernel = cpu_kernel(request);
  const std::size_t n = inputs.at(0).size();
  Tensors<T> outputs(kernel.info().outputs.size(), std::vector<T>(n));
  if (host_target().has_fma) {
    std::vector<void *> buffers;
    for (const std::vector<T> &input : inputs) buffers.push_back(const_cast<T *>(input.data()));
    for (std::vector<T> &output : outputs) buffers.push_back(output.data());
    if (kernel.run(buffers.data(), n, parameters.data()) != ACTINIDE_OK)
      throw std::runtime_error(kernel.info().name + " returned an error");
    return outputs;
  }
  const Program program = make_stages(request.request(), parse_target("cuda-sm80")).program;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> element;
    for (const std::vector<T> &input : inputs) element.push_back(static_cast<double>(input[i]));
    const std::vector<double> results = interpret(program, element, parameters);
    for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k][i] = static_cast<T>(results[k]);
  }
  return outputs;
}

std::size_t input_count(const KernelCase &request) {
  return cpu_kernel(request).info().inputs.size();
}

std::vector<double> defaults_of(const KernelCase &request) {
  std::vector<double> defaults;
  for (const KernelParameter &parameter : cpu_kernel(request).info().parameters)
    defaults.push_back(parameter.default_value);
  return defaults;
}

template <typename T>
Tensors<T> random_inputs(std::size_t tensors, std::size_t count, std::uint64_t seed) {
  const std::vector<T> danger = testing_support::danger_points<T>();
  std::mt19937_64 random(seed);
  Tensors<T> inputs(tensors);
  for (std::vector<T> &input : inputs)
    for (std::size_t i = 0; i < count; ++i) input.push_back(random_number(random, danger));
  // The last input is the activation's own: it takes every danger point.
  std::copy_n(danger.begin(), std::min(count, danger.size()), inputs.back().begin());
  return inputs;
}

#define ACTINIDE_INSTANTIATE(T)                                                                              \
  template Tensors<T> expected_outputs(const KernelCase &, const Tensors<T> &, const std::vector<double> &); \
  template Tensors<T> random_inputs(std::size_t, std::size_t, std::uint64_t);
ACTINIDE_INSTANTIATE(float)
ACTINIDE_INSTANTIATE(double)
ACTINIDE_INSTANTIATE(f16)
ACTINIDE_INSTANTIATE(bf16)
#undef ACTINIDE_INSTANTIATE

}  // namespace actinide::ptx
