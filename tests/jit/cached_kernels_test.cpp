// Kernels from the disk: the same bits as compiled ones, and nothing but a whole, fitting entry is ever run.
#include "error.h"
#include "jit/build_identity.h"
#include "jit/compiled_kernel.h"
#include "schedules/user_database.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <random>

namespace actinide {
namespace {

namespace fs = std::filesystem;

struct Cached {
  std::string name, activation;
  Pass pass = Pass::forward;
  DType dtype = DType::f32;
};

jit::PackageRequest request_of(const Cached &kernel, const Target &target) {
  return {kernel.activation, kernel.pass, kernel.dtype, Tier::standard, target.name};
}

// What the kernel makes of random bits.
std::vector<std::string> results(const detail::CompiledKernel &kernel, const Extents &extents) {
  std::mt19937 random(20261125);
  std::vector<std::string> tensors;
  std::vector<void *> buffers;
  for (const TensorLayout &layout : kernel.info.layouts) {
    std::string &bytes = tensors.emplace_back(elements(layout, extents) * size_of(layout.dtype), '\0');
    std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  }
  for (std::string &tensor : tensors) buffers.push_back(tensor.data());
  const actinide_shape shape{extents.outer, extents.channels, extents.inner};
  const bool plain = has_one_extent(kernel.info.shape) && !kernel.descriptor.gathers;
  const int status =
      plain ? actinide_kernel_run(&kernel.descriptor, buffers.data(), extents.inner, kernel.defaults.data())
            : actinide_shaped_kernel_run(&kernel.descriptor, buffers.data(), &shape, nullptr, kernel.defaults.data());
  EXPECT_EQ(status, ACTINIDE_OK) << kernel.info.name;
  return tensors;
}

class CachedKernels : public testing::TestWithParam<Cached> {};

TEST_P(CachedKernels, ComputeTheBitsOfCompiledOnes) {
  const Target target = host_target();
  const jit::PackageRequest request = request_of(GetParam(), target);
  const std::string bytes = jit::compile_service().package(request);
  EXPECT_EQ(jit::compile_service().package(request), bytes) << "compiling again gives other code";
  const ScratchDirectory scratch;
  jit::DiskCache((scratch.path() / "cache").string(), 1 << 20).store("key", bytes);
  const auto found = jit::DiskCache((scratch.path() / "cache").string(), 1 << 20).find("key");
  ASSERT_TRUE(found.has_value());
  auto package = jit::from_bytes<jit::KernelPackage>(*found);
  ASSERT_TRUE(package.has_value());
  const detail::CompiledKernel cached(std::move(*package), target);
  const detail::CompiledKernel &compiled = detail::compiled_kernel(request, target, nullptr);
  const Extents extents = has_one_extent(cached.info.shape) ? rows(1, 1003) : channels(5, 3, 67);
  const Extents fitting =
      cached.info.shape == ShapeClass::row || cached.info.shape == ShapeClass::split ? rows(15, 67) : extents;
  EXPECT_EQ(results(cached, fitting), results(compiled, fitting));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CachedKernels,
    testing::Values(Cached{"gelu", "gelu"}, Cached{"mish_backward_f64", "mish", Pass::backward, DType::f64},
                    Cached{"tanh_bf16", "tanh", Pass::forward, DType::bf16},
                    Cached{"softplus_parameters", "softplus", Pass::double_backward}, Cached{"crelu", "crelu"},
                    Cached{"maxout", "maxout(k=3)", Pass::backward},
                    Cached{"prelu_gradients", "prelu", Pass::parameter_gradient},
                    Cached{"softmax_f16", "softmax", Pass::backward, DType::f16},
                    Cached{"sums", "swish", Pass::parameter_gradient, DType::f64},
                    Cached{"definition", "f(x; a = 2) = x * sin(a * x) + log1p(exp(x))", Pass::forward_backward}),
    [](const auto &test) { return test.param.name; });

class CacheDirectory : public testing::Test {
 protected:
  CompilerOptions options() const { return {.cache_directory = (scratch_.path() / "cache").string()}; }
  std::vector<fs::path> entries() const {
    if (!fs::exists(options().cache_directory)) return {};
    return {fs::directory_iterator(options().cache_directory), fs::directory_iterator()};
  }
  ScratchDirectory scratch_;
};

float value_at(const Kernel &kernel, float x) {
  float y = 0;
  void *buffers[] = {&x, &y};
  EXPECT_EQ(kernel.run(buffers, 1), ACTINIDE_OK);
  return y;
}

TEST_F(CacheDirectory, IsWrittenAtTheFirstCompile) {
  const Compiler compiler(options());
  compiler.kernel("first(x) = x + 1", Pass::forward, DType::f32);
  EXPECT_EQ(entries().size(), 1u);
  compiler.kernel("first(x) = x + 1", Pass::forward, DType::f32);
  compiler.kernel("first( x ) = x + 1", Pass::forward, DType::f32);
  EXPECT_EQ(entries().size(), 1u) << "the process has it";
  EXPECT_THROW(compiler.kernel("wrong(x) = x +", Pass::forward, DType::f32), UserError);
  EXPECT_EQ(entries().size(), 1u);
}

// What the key of a request begins with.
std::string key_prefix(std::string_view build) {
  return std::string(build) + "\n" + std::to_string(std::hash<std::string>{}(user_database_text())) + "\n";
}

TEST_F(CacheDirectory, IsReadBeforeAnythingIsCompiled) {
  // Under the key of one request, the kernel of another: only who asks the disk gives that.
  const Compiler compiler(options());
  const std::string text = "second(x) = x + 2";
  const jit::PackageRequest other{"third(x) = x + 3", Pass::forward, DType::f32, Tier::standard, compiler.target()};
  jit::DiskCache(options().cache_directory, 1 << 20)
      .store(key_prefix(jit::build_identity()) + compiler.target() + " forward f32:f32 standard  " + text,
             jit::compile_service().package(other));
  EXPECT_EQ(value_at(compiler.kernel(text, Pass::forward, DType::f32), 10), 13);
}

TEST_F(CacheDirectory, AnEntryOfAnotherBuildIsNeverMet) {
  const Compiler compiler(options());
  const std::string text = "fourth(x) = x + 4";
  const jit::PackageRequest other{"fifth(x) = x + 5", Pass::forward, DType::f32, Tier::standard, compiler.target()};
  jit::DiskCache(options().cache_directory, 1 << 20)
      .store(key_prefix("another build") + compiler.target() + " forward f32:f32 standard  " + text,
             jit::compile_service().package(other));
  EXPECT_EQ(value_at(compiler.kernel(text, Pass::forward, DType::f32), 10), 14);
}

TEST_F(CacheDirectory, CanBeSwitchedOff) {
  CompilerOptions off = options();
  off.disk_cache = false;
  EXPECT_EQ(value_at(Compiler(off).kernel("sixth(x) = x + 6", Pass::forward, DType::f32), 1), 7);
  EXPECT_TRUE(entries().empty());
}

TEST_F(CacheDirectory, ThatCantBeUsedCostsACompile) {
  CompilerOptions nowhere = options();
  nowhere.cache_directory = "/dev/null/cache";
  EXPECT_EQ(value_at(Compiler(nowhere).kernel("seventh(x) = x + 7", Pass::forward, DType::f32), 1), 8);
}

TEST_F(CacheDirectory, KeepsCudaKernels) {
  const Compiler compiler(options());
  const CudaKernel kernel = compiler.cuda_kernel("eighth(x) = x + 8", Pass::forward, DType::f32);
  ASSERT_EQ(entries().size(), 1u);
  const jit::PackageRequest request{"eighth(x) = x + 8", Pass::forward, DType::f32, Tier::standard, {}};
  const auto package = jit::from_bytes<jit::CudaKernelPackage>(jit::compile_service().package(request));
  ASSERT_TRUE(package.has_value());
  EXPECT_EQ(package->info.target, kernel.info().target);
  EXPECT_EQ(package->ptx.size(), package->compute_capabilities.size());
  EXPECT_NE(package->ptx[0].find(package->entries.at(0).name), std::string::npos);
}

// A package that is cut off, or longer, is none: whatever passes the checksum is read with care.
TEST(Package, IsReadWholeOrNotAtAll) {
  const std::string bytes =
      jit::compile_service().package({"relu", Pass::forward, DType::f32, Tier::standard, host_target().name});
  EXPECT_TRUE(jit::from_bytes<jit::KernelPackage>(bytes).has_value());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(jit::from_bytes<jit::KernelPackage>(bytes.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(jit::from_bytes<jit::KernelPackage>(bytes + "x").has_value());
  EXPECT_FALSE(jit::from_bytes<jit::KernelPackage>(std::string(bytes.size(), '\xff')).has_value());
}

TEST(ExecutableMemory, IsNeverWritableToo) {
  const jit::ExecutableMemory memory("code");
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) EXPECT_EQ(line.find(" rwx"), std::string::npos) << line;
  EXPECT_EQ(*memory.function<const char *>(1), 'o');
}

}  // namespace
}  // namespace actinide
