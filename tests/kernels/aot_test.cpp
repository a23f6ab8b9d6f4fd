// Ahead of time and just in time give the same bits: every row, pass, dtype, tier, on every target that runs here.
#include "aot/library.h"
#include "tests/kernels/kernel_case.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

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
    for (const KernelCase &c : kernel_cases({Pass::forward, Pass::derivative, Pass::backward}))
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

// Calls the C function with its own signature: tensors, n, at most one parameter.
template <typename T>
int call(void *function, const std::vector<T *> &tensors, const std::vector<double> &parameters) {
  using Two = int (*)(const T *, T *, std::size_t);
  using TwoAndOne = int (*)(const T *, T *, std::size_t, T);
  using Three = int (*)(const T *, const T *, T *, std::size_t);
  using ThreeAndOne = int (*)(const T *, const T *, T *, std::size_t, T);
  const bool one = parameters.size() == 1;
  const T value = one ? static_cast<T>(parameters[0]) : T(0);
  if (parameters.size() > 1) throw std::runtime_error("this test knows functions with at most one parameter");
  if (tensors.size() == 2)
    return one ? reinterpret_cast<TwoAndOne>(function)(tensors[0], tensors[1], kCount, value)
               : reinterpret_cast<Two>(function)(tensors[0], tensors[1], kCount);
  return one ? reinterpret_cast<ThreeAndOne>(function)(tensors[0], tensors[1], tensors[2], kCount, value)
             : reinterpret_cast<Three>(function)(tensors[0], tensors[1], tensors[2], kCount);
}

template <typename T>
void expect_same_bits(const KernelCase &c, const Target &target) {
  const Compiler compiler({.target = target.name});
  const Kernel kernel = compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
  void *function = library(c.tier, target).function(signature_of(c.request()).base_name());
  ASSERT_NE(function, nullptr) << "not in the library";
  auto inputs = inputs_for<T>(kernel, kCount);
  const auto expected = run<T>(kernel, inputs);
  std::vector<T> output(kCount);
  std::vector<T *> tensors;
  for (auto &input : inputs) tensors.push_back(input.data());
  tensors.push_back(output.data());
  std::vector<double> parameters;
  for (const KernelParameter &parameter : kernel.info().parameters)
    parameters.push_back(static_cast<double>(static_cast<T>(parameter.default_value)));
  ASSERT_EQ(call<T>(function, tensors, parameters), 0);
  for (std::size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(bits(output[i]), bits(expected[0][i])) << target.name << ", x = " << inputs.back()[i];
}

class AheadOfTime : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, AheadOfTime,
                         testing::ValuesIn(kernel_cases({Pass::forward, Pass::derivative, Pass::backward})),
                         [](const auto &info) { return info.param.name(); });

TEST_P(AheadOfTime, GivesTheBitsOfJustInTime) {
  for (const Target &target : all_targets()) {
    if (target.architecture != host_target().architecture) continue;  // tests/aarch64
    if (!runs_here(target)) {
      std::cout << "SKIPPED: this CPU doesn't run " << target.name << "\n";
      continue;
    }
    GetParam().dtype == DType::f32 ? expect_same_bits<float>(GetParam(), target)
                                   : expect_same_bits<double>(GetParam(), target);
  }
}

}  // namespace
}  // namespace actinide::testing_support
