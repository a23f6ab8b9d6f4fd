// Libraries with kernels for CUDA: their files, what they need, and what a call launches, by the simulated driver.
#include "error.h"
#include "tests/aot/requests.h"
#include "tests/aot/shell.h"
#include "tests/scratch_directory.h"
#include "tests/runtime/cuda_fake.h"

#include <actinide/runtime.h>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>

namespace actinide {
namespace {
namespace fs = std::filesystem;
using testing_support::Result;
using testing_support::run;

LibraryRequest request(const std::string &name, const std::vector<std::string> &targets) {
  return library_request(name, {"relu", "leaky_relu"}, {Pass::forward, Pass::backward}, {DType::f32, DType::f64},
                         targets);
}

/// The library `k` for CPUs and CUDA, and `c` for CUDA alone.
class CudaLibrary : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = std::make_unique<ScratchDirectory>();
    root_ = scratch_->path();
    write_library(request("k", {"cuda-sm80", "x86-64-v2", "x86-64-v3", "cuda-sm90"}), root_);
    write_library(request("c", {"cuda-sm80"}), root_);
  }
  static void TearDownTestSuite() { scratch_.reset(); }

  static std::string in_root(const std::string &path) { return (root_ / path).string(); }
  static std::string archive(const std::string &name) { return in_root("lib/lib" + name + ".a"); }
  static nlohmann::json manifest(const std::string &name) {
    return nlohmann::json::parse(std::ifstream(in_root(name + ".json")));
  }

  /// A shared library of the archive, and of the runtime if `complete`.
  static std::string link_shared(const std::string &name, bool complete) {
    const std::string file = in_root(fmt::format("lib{}{}.so", name, complete ? "_complete" : ""));
    const Result linked = run(fmt::format("{} -shared -Wl,--whole-archive {} -Wl,--no-whole-archive {} -lpthread -o {}",
                                          ACTINIDE_CC, archive(name), complete ? ACTINIDE_RUNTIME_ARCHIVE : "", file));
    EXPECT_EQ(linked.status, 0) << linked.output;
    return file;
  }

  /// Links a program with the library, the runtime and threads only.
  static std::string link_program(const std::string &name, const std::string &text) {
    std::ofstream(root_ / "main.c") << text;
    const Result linked = run(fmt::format("{} -std=c11 -Wall -Wextra -Wpedantic -Werror -I{} {} {} {} -lpthread -o {}",
                                          ACTINIDE_CC, in_root("include"), in_root("main.c"), archive(name),
                                          ACTINIDE_RUNTIME_ARCHIVE, in_root("program")));
    EXPECT_EQ(linked.status, 0) << linked.output;
    return in_root("program");
  }

  static std::unique_ptr<ScratchDirectory> scratch_;
  static fs::path root_;
};
std::unique_ptr<ScratchDirectory> CudaLibrary::scratch_;
fs::path CudaLibrary::root_;

// --- the files

TEST_F(CudaLibrary, HasAHeaderThatStandsAlone) {
  for (const char *header : {"k.h", "c.h"}) EXPECT_EQ(testing_support::complaint_about_header(root_, header), "");
}

TEST_F(CudaLibrary, DeclaresWhatItHolds) {
  const auto text = [](const std::string &name) {
    std::ifstream file(in_root("include/" + name + ".h"));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string cpu = "_leaky_relu_backward_f32(", cuda = "_leaky_relu_backward_f32_cuda(";
  EXPECT_NE(text("k").find("int k" + cpu), std::string::npos);
  EXPECT_NE(text("k").find("int k" + cuda), std::string::npos);
  EXPECT_EQ(text("c").find("int c" + cpu), std::string::npos);
  EXPECT_NE(text("c").find("int c" + cuda), std::string::npos);
  EXPECT_NE(text("k").find("compute capability 8.0"), std::string::npos);
  for (const char *name : {"k", "c"}) {
    std::istringstream lines(text(name));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120u) << line;
  }
}

TEST_F(CudaLibrary, HasAnObjectOfItsOwnForCuda) {
  const auto members = [](const std::string &name) { return run(fmt::format("ar t {}", archive(name))).output; };
  EXPECT_EQ(members("k"), "k_dispatch.o\nk_cuda.o\nk_x86-64-v3.o\nk_x86-64-v2.o\n");
  EXPECT_EQ(members("c"), "c_cuda.o\n");
}

TEST_F(CudaLibrary, NeedsOnlyTheRuntimesEntries) {
  EXPECT_EQ(testing_support::needs(archive("k")),
            (std::set<std::string>{"actinide_cuda_kernel_run", "actinide_kernel_run"}));
  EXPECT_EQ(testing_support::needs(archive("c")), std::set<std::string>{"actinide_cuda_kernel_run"});
}

TEST_F(CudaLibrary, ExportsOnlyTheDeclaredFunctions) {
  for (const auto &[name, count] : {std::pair("k", 16u), std::pair("c", 8u)}) {
    const std::set<std::string> exported = testing_support::symbols("-D --defined-only", link_shared(name, false));
    EXPECT_EQ(exported.size(), count) << "2 activations, 2 passes, 2 dtypes, and where they run";
    for (const std::string &function : exported) {
      EXPECT_TRUE(function.starts_with(std::string(name) + "_")) << function;
      EXPECT_EQ(function.find("__"), std::string::npos) << function;
    }
  }
}

TEST_F(CudaLibrary, IsTheSameEachTimeAndForAnyOrderOfTargets) {
  const LibraryFiles first = make_library(request("k", {"cuda-sm80", "cuda-sm90", "x86-64-v3"})),
                     second = make_library(request("k", {"x86-64-v3", "cuda-sm90", "cuda-sm80"}));
  EXPECT_TRUE(first.archive == second.archive);
  EXPECT_EQ(first.header, second.header);
  EXPECT_EQ(first.manifest, second.manifest);
}

TEST_F(CudaLibrary, FitsEveryObjectFormatThatHasCuda) {
  for (const char *target : {"aarch64", "x86-64-v3-windows", "aarch64-windows"})
    EXPECT_TRUE(make_library(library_request("k", {"relu"}, {Pass::forward}, {DType::f32}, {target, "cuda-sm80"}))
                    .archive.starts_with("!<arch>\n"))
        << target;
}

// --- the manifest

TEST_F(CudaLibrary, DescribesEveryFunctionInTheManifest) {
  const nlohmann::json whole = manifest("k");
  ASSERT_EQ(whole["targets"].size(), 4u);
  EXPECT_EQ(whole["targets"][2]["name"], "cuda-sm90");
  EXPECT_GT(whole["targets"][2]["ptx_bytes"], 1000);
  ASSERT_EQ(whole["kernels"].size(), 16u);
  EXPECT_EQ(whole["kernels"][14]["name"], "k_leaky_relu_backward_f64");
  const nlohmann::json kernel = whole["kernels"][15];
  EXPECT_EQ(kernel["name"], "k_leaky_relu_backward_f64_cuda");
  EXPECT_EQ(kernel["bound_ulp"], whole["kernels"][14]["bound_ulp"]);
  EXPECT_TRUE(kernel["cost_ns"].is_null());
  EXPECT_EQ(kernel["arguments"].back(), (nlohmann::json{{"name", "stream"}, {"role", "stream"}, {"type", "void *"}}));
  ASSERT_EQ(kernel["variants"].size(), 2u);
  for (const auto &variant : kernel["variants"]) {
    EXPECT_EQ(variant["schedule"]["block_threads"], 128);
    ASSERT_EQ(variant["entries"].size(), 2u);
    EXPECT_EQ(variant["entries"][0]["name"], "k_leaky_relu_backward_f64_cuda");
    EXPECT_EQ(variant["entries"][0]["alignment"], 16);
    EXPECT_EQ(variant["entries"][1]["alignment"], 8);
  }
  EXPECT_EQ(manifest("c")["kernels"].size(), 8u);
  EXPECT_EQ(manifest("c")["targets"].size(), 1u);
}

TEST_F(CudaLibrary, TellsTheRegistersWhereThereIsAnAssembler) {
  const nlohmann::json whole = manifest("k");
  for (const auto &kernel : whole["kernels"])
    for (const auto &variant : kernel["variants"])
      for (const auto &entry : variant.value("entries", nlohmann::json::array()))
        for (const char *number : {"registers", "stack_bytes", "spill_bytes"})
          EXPECT_EQ(entry[number].is_null(), whole["ptxas"].is_null()) << entry;
  if (whole["ptxas"].is_null()) GTEST_SKIP() << "no ptxas here";
  EXPECT_GT(whole["kernels"][1]["variants"][0]["entries"][0]["registers"], 8);
}

// --- programs

TEST_F(CudaLibrary, GivesAStatusWhereThereIsNoDriver) {
  const std::string program = link_program("k", R"(#include <dlfcn.h>
#include "k.h"
static _Alignas(16) float x[5], y[5];
int main(void) {
  if (dlopen("libcuda.so.1", RTLD_NOW) != 0) return 77;
  if (k_relu_forward_f32_cuda(x, y, 0, 0) != 0) return 101;
  if (k_relu_forward_f32_cuda(0, y, 5, 0) != 1) return 102;
  if (k_relu_backward_f32_cuda(x, x, y, 5, 0) != 7) return 103;
  if (k_relu_forward_f32(x, y, 5) != 0) return 104;
  return k_leaky_relu_forward_f32_cuda(x, y, 5, 0.5f, 0);
}
)");
  const int status = run(program).status;
  if (status == 77) GTEST_SKIP() << "this machine has a CUDA driver";
  EXPECT_EQ(status, ACTINIDE_CUDA_NO_DRIVER);
}

TEST_F(CudaLibrary, AddsNothingOfCudaToAProgramThatCallsNone) {
  const std::string program =
      link_program("k", "#include \"k.h\"\nint main(void) { float x = 1; return k_relu_forward_f32(&x, &x, 1); }\n");
  for (const std::string &symbol : testing_support::symbols("--defined-only", program))
    EXPECT_EQ(symbol.find("cuda"), std::string::npos) << symbol;
  EXPECT_EQ(run(program).status, ACTINIDE_OK);
}

// --- calls; the runtime in the library finds the simulated driver, which this program has loaded

class CudaCall : public CudaLibrary {
 protected:
  void SetUp() override {
    cuda_fake::reset();
    context_ = cuda_fake::create_context();
    x_ = cuda_fake::allocate(1 << 20);
    y_ = cuda_fake::allocate(1 << 20);
    library_ = dlopen(link_shared("k", true).c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr) << dlerror();
  }
  void TearDown() override { dlclose(library_); }

  template <typename Function>
  Function *function(const char *name) {
    return reinterpret_cast<Function *>(dlsym(library_, name));
  }

  static std::uintptr_t address(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

  cuda_fake::Context context_;
  void *x_, *y_, *library_ = nullptr;
};

TEST_F(CudaCall, LaunchesTheEntryOnTheStream) {
  auto *relu = function<int(const void *, void *, std::size_t, void *)>("k_relu_forward_f32_cuda");
  const cuda_fake::Stream stream = cuda_fake::create_stream(context_);
  ASSERT_EQ(relu(x_, y_, 5000, stream), ACTINIDE_OK);
  const cuda_fake::Launch expected = {
      context_, stream, "sm_90", "k_relu_forward_f32_cuda", 10, 128, {address(x_), address(y_)}, 5000, {}};
  EXPECT_EQ(cuda_fake::launches(), std::vector{expected}) << "128 threads of 4 elements";
}

TEST_F(CudaCall, LaunchesTheOtherEntryWhereABufferIsNotAligned) {
  auto *relu = function<int(const void *, void *, std::size_t, void *)>("k_relu_forward_f32_cuda");
  ASSERT_EQ(relu(static_cast<char *>(x_) + 4, y_, 5000, nullptr), ACTINIDE_OK);
  ASSERT_EQ(cuda_fake::launches().size(), 1u);
  EXPECT_EQ(cuda_fake::launches()[0].entry, "k_relu_forward_f32_cuda__elements");
  EXPECT_EQ(cuda_fake::launches()[0].grid, 40u);
}

TEST_F(CudaCall, PassesParametersAsDoubles) {
  auto *f32 =
      function<int(const void *, const void *, void *, std::size_t, float, void *)>("k_leaky_relu_backward_f32_cuda");
  auto *f64 =
      function<int(const void *, const void *, void *, std::size_t, double, void *)>("k_leaky_relu_backward_f64_cuda");
  void *const dx = cuda_fake::allocate(1 << 20);
  ASSERT_EQ(f32(x_, y_, dx, 3, 0.1f, nullptr), ACTINIDE_OK);
  ASSERT_EQ(f64(x_, y_, y_, 3, 0.1, cuda_fake::per_thread), ACTINIDE_OK);
  const std::vector<cuda_fake::Launch> launches = cuda_fake::launches();
  ASSERT_EQ(launches.size(), 2u);
  EXPECT_EQ(launches[0].buffers, (std::vector{address(x_), address(y_), address(dx)}));
  EXPECT_EQ(launches[0].parameters, std::vector<double>{0.1f});
  EXPECT_EQ(launches[1].buffers, (std::vector{address(x_), address(y_), address(y_)}));
  EXPECT_EQ(launches[1].parameters, std::vector<double>{0.1});
  EXPECT_EQ(launches[1].stream, cuda_fake::per_thread);
}

TEST_F(CudaCall, LoadsTheImageForTheDevice) {
  auto *relu = function<int(const void *, void *, std::size_t, void *)>("k_relu_forward_f64_cuda");
  for (const auto &[capability, target] : {std::pair(80, "sm_80"), std::pair(89, "sm_80"), std::pair(100, "sm_90")}) {
    cuda_fake::reset({.compute_capability = capability});
    cuda_fake::create_context();
    void *const x = cuda_fake::allocate(4096);
    // The runtime remembers the contexts of a library by their numbers, which reset() begins anew.
    dlclose(library_);
    library_ = dlopen(in_root("libk_complete.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    relu = function<int(const void *, void *, std::size_t, void *)>("k_relu_forward_f64_cuda");
    ASSERT_EQ(relu(x, x, 100, nullptr), ACTINIDE_OK);
    EXPECT_EQ(cuda_fake::launches().back().target, target);
  }
}

TEST_F(CudaCall, GivesAStatusForBadArguments) {
  auto *relu = function<int(const void *, void *, std::size_t, void *)>("k_relu_forward_f32_cuda");
  void *const host = cuda_fake::allocate(4096, cuda_fake::Memory::pageable);
  EXPECT_EQ(relu(host, y_, 5, nullptr), ACTINIDE_CUDA_HOST_POINTER);
  EXPECT_EQ(relu(x_, host, 5, nullptr), ACTINIDE_CUDA_HOST_POINTER);
  EXPECT_EQ(relu(x_, static_cast<char *>(x_) + 4, 5, nullptr), ACTINIDE_OVERLAP);
  EXPECT_EQ(relu(static_cast<char *>(x_) + 2, y_, 5, nullptr), ACTINIDE_CUDA_MISALIGNED);
  const cuda_fake::Stream stream = cuda_fake::create_stream(context_);
  cuda_fake::create_context();
  EXPECT_EQ(relu(x_, y_, 5, stream), ACTINIDE_CUDA_STREAM);
  cuda_fake::make_current(nullptr);
  EXPECT_EQ(relu(x_, y_, 5, nullptr), ACTINIDE_CUDA_NO_CONTEXT);
  EXPECT_TRUE(cuda_fake::launches().empty());
}

// --- kernels of other shapes

/// The functions of a library with what isn't element-wise.
class CudaShapedCall : public CudaCall {
 protected:
  void load(const std::string &name, const std::vector<std::string> &activations, Pass pass) {
    write_library(library_request(name, activations, {pass}, {DType::f32}, {"cuda-sm80"}), root_);
    dlclose(library_);
    library_ = dlopen(link_shared(name, true).c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr) << dlerror();
  }
  static std::vector<std::string> entries() {
    std::vector<std::string> names;
    for (const cuda_fake::Launch &launch : cuda_fake::launches()) names.push_back(launch.entry);
    return names;
  }
};

TEST_F(CudaShapedCall, TakesRowsAndTheirDistance) {
  load("r", {"softmax"}, Pass::forward);
  EXPECT_EQ(testing_support::complaint_about_header(root_, "r.h"), "");
  EXPECT_EQ(testing_support::needs(archive("r")), std::set<std::string>{"actinide_cuda_shaped_kernel_run"});
  using Size = std::size_t;
  auto *dense = function<int(const void *, void *, Size, Size, void *)>("r_softmax_forward_f32_cuda");
  auto *strided =
      function<int(const void *, Size, void *, Size, Size, Size, void *)>("r_softmax_forward_f32_strided_cuda");
  ASSERT_EQ(dense(x_, y_, 6, 32, nullptr), ACTINIDE_OK);
  ASSERT_EQ(strided(x_, 40, y_, 33, 6, 32, nullptr), ACTINIDE_OK);
  const auto launches = cuda_fake::launches();
  EXPECT_EQ(entries(),
            (std::vector<std::string>{"r_softmax_forward_f32_cuda", "r_softmax_forward_f32_cuda__elements"}));
  EXPECT_EQ(launches[0].sizes, (std::vector<std::uint32_t>{6, 1, 32, 32, 32, 5}));
  EXPECT_EQ(launches[1].sizes, (std::vector<std::uint32_t>{6, 1, 32, 40, 33, 5}));
  EXPECT_EQ(launches[0].grid, 2u) << "a warp a row, four in a block";
}

TEST_F(CudaShapedCall, LaunchesAPartForEachKindOfOutput) {
  load("p", {"prelu"}, Pass::backward);
  auto *prelu = function<int(const void *, const void *, const void *, void *, void *, std::size_t, std::size_t,
                             std::size_t, void *)>("p_prelu_backward_f32_cuda");
  void *const slope = cuda_fake::allocate(4096), *const dx = cuda_fake::allocate(1 << 20),
              *const dslope = cuda_fake::allocate(4096);
  ASSERT_EQ(prelu(x_, y_, slope, dx, dslope, 10, 64, 1, nullptr), ACTINIDE_OK);
  ASSERT_EQ(prelu(x_, y_, slope, dx, dslope, 10, 64, 4, nullptr), ACTINIDE_OK);
  const std::string name = "p_prelu_backward_f32_cuda";
  EXPECT_EQ(entries(), (std::vector<std::string>{name + "__inner_is_one", name + "__part2__inner_is_one", name,
                                                 name + "__part2"}));
}

TEST_F(CudaShapedCall, SumsOverEverything) {
  load("g", {"swish"}, Pass::parameter_gradient);
  auto *gradient = function<int(const void *, const void *, void *, std::size_t, float, void *)>(
      "g_swish_parameter_gradient_f32_cuda");
  ASSERT_EQ(gradient(x_, y_, cuda_fake::allocate(4), 10000, 1.5f, nullptr), ACTINIDE_OK);
  const std::string name = "g_swish_parameter_gradient_f32_cuda";
  EXPECT_EQ(entries(), (std::vector<std::string>{name, name, name + "__part2"}));
  for (const cuda_fake::Launch &launch : cuda_fake::launches()) EXPECT_EQ(launch.parameters, std::vector{1.5});
}

}  // namespace
}  // namespace actinide
