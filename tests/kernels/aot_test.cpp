// Ahead of time and just in time give the same bits: every row, pass, dtype, tier, on every target that runs here.
#include "aot/library.h"
#include "actinide/kernel.h"
#include "tests/kernels/kernel_case.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <utility>

namespace actinide::testing_support {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCount = 1003;

// A shared library with every kernel of a tier for one target, made as a user would: emit, then link with the runtime.
class EmittedLibrary {
 public:
  EmittedLibrary(Tier tier, const Target &target) {
    const std::string name = "k_" + std::string(to_string(tier));
    const fs::path directory = fs::path(testing::TempDir()) / ("actinide_aot_" + name + "_" + target.name);
    LibraryRequest request{.name = name, .kernels = {}, .targets = {target}};
    for (const KernelCase &c : kernel_cases())
      if (c.tier == tier) request.kernels.push_back(c.request());
    write_library(request, directory);
    const fs::path shared = directory / "library.so";
    const std::string command = std::string(ACTINIDE_CC) + " -shared -o " + shared.string() + " -Wl,--whole-archive " +
                                (directory / "lib" / ("lib" + name + ".a")).string() + " -Wl,--no-whole-archive " +
                                ACTINIDE_RUNTIME_ARCHIVE + " -lpthread";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("linking failed: " + command);
    handle_ = dlopen(shared.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle_) throw std::runtime_error(dlerror());
    prefix_ = name + "_";
    fs::remove_all(directory);
  }

  void *function(const std::string &name) const { return dlsym(handle_, (prefix_ + name).c_str()); }

 private:
  void *handle_ = nullptr;
  std::string prefix_;
};

const EmittedLibrary &library(Tier tier, const Target &target) {
  static std::map<std::pair<Tier, std::string>, EmittedLibrary> libraries;
  const auto key = std::pair(tier, target.name);
  auto found = libraries.find(key);
  if (found == libraries.end()) found = libraries.emplace(key, EmittedLibrary(tier, target)).first;
  return found->second;
}

template <typename T, std::size_t>
using Each = T;

// Calls the C function with its own signature: tensors (const ones are passed like others), n, parameters.
// A parameter of a kernel of 16 bits is an f32.
template <typename T>
using Parameter = std::conditional_t<sizeof(T) == 8, double, float>;

template <typename T, std::size_t... Tensor, std::size_t... Scalar>
int call(void *function, const std::vector<T *> &tensors, const std::vector<Parameter<T>> &parameters,
         std::index_sequence<Tensor...> /*tensors*/, std::index_sequence<Scalar...> /*parameters*/) {
  using Function = int (*)(Each<T *, Tensor>..., std::size_t, Each<Parameter<T>, Scalar>...);
  return reinterpret_cast<Function>(function)(tensors[Tensor]..., kCount, parameters[Scalar]...);
}

template <typename T, std::size_t Tensors = 2, std::size_t Parameters = 0>
int call(void *function, const std::vector<T *> &tensors, const std::vector<Parameter<T>> &parameters) {
  constexpr std::size_t kMostTensors = 8, kMostParameters = 2;
  if constexpr (Tensors < kMostTensors) {
    if (tensors.size() > Tensors) return call<T, Tensors + 1, Parameters>(function, tensors, parameters);
  }
  if constexpr (Parameters < kMostParameters) {
    if (parameters.size() > Parameters) return call<T, Tensors, Parameters + 1>(function, tensors, parameters);
  }
  if (tensors.size() != Tensors || parameters.size() != Parameters)
    throw std::runtime_error("this test knows functions with up to 5 tensors and 2 parameters");
  return call(function, tensors, parameters, std::make_index_sequence<Tensors>(),
              std::make_index_sequence<Parameters>());
}

template <typename T>
void expect_same_bits(const KernelCase &c, const Target &target) {
  const Compiler compiler({.target = target.name});
  const Kernel kernel = compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
  void *function = library(c.tier, target).function(signature_of(c.request()).base_name());
  ASSERT_NE(function, nullptr) << "not in the library";
  auto inputs = inputs_for<T>(kernel, kCount);
  const auto expected = run<T>(kernel, inputs);
  std::vector<std::vector<T>> outputs(expected.size(), std::vector<T>(kCount));
  std::vector<T *> tensors;
  for (auto &input : inputs) tensors.push_back(input.data());
  for (auto &output : outputs) tensors.push_back(output.data());
  std::vector<Parameter<T>> parameters;
  for (const KernelParameter &parameter : kernel.info().parameters)
    parameters.push_back(static_cast<Parameter<T>>(parameter.default_value));
  ASSERT_EQ(call<T>(function, tensors, parameters), 0);
  for (std::size_t k = 0; k < outputs.size(); ++k)
    for (std::size_t i = 0; i < kCount; ++i)
      ASSERT_EQ(bits(outputs[k][i]), bits(expected[k][i]))
          << target.name << ", x = " << static_cast<double>(inputs.back()[i]);
}

class AheadOfTime : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, AheadOfTime, testing::ValuesIn(kernel_cases()),
                         [](const auto &info) { return info.param.name(); });

TEST_P(AheadOfTime, GivesTheBitsOfJustInTime) {
  for (const Target &target : all_targets()) {
    if (target.architecture != host_target().architecture) continue;  // tests/aarch64
    if (!runs_here(target)) {
      std::cout << "SKIPPED: this CPU doesn't run " << target.name << "\n";
      continue;
    }
    with_element(GetParam().dtype, [&]<typename T>(T) { expect_same_bits<T>(GetParam(), target); });
  }
}

}  // namespace
}  // namespace actinide::testing_support
