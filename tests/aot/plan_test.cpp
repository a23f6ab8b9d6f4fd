// What is refused, and how arguments, targets and commands are named.
#include "aot/header.h"
#include "aot/plan.h"
#include "error.h"
#include "tests/aot/requests.h"

#include <gtest/gtest.h>

namespace actinide {
namespace {

const std::vector<Pass> forward = {Pass::forward};
const std::vector<DTypes> f32 = {DType::f32};

LibraryRequest relu_for(const std::string &name, const std::vector<std::string> &targets) {
  return library_request(name, {"relu"}, forward, f32, targets);
}

/// The text of the UserError that planning gives; empty if it gives none.
std::string complaint(const LibraryRequest &request) {
  try {
    aot::plan_library(request);
  } catch (const UserError &error) {
    return error.what();
  }
  return "";
}

/// f(x; p1 = 1, p2 = 1, ...) = x + p1 + p2 + ...
std::string with_parameters(int count) {
  std::string list, sum;
  for (int i = 1; i <= count; ++i) {
    list += fmt::format("{}p{} = 1", i == 1 ? "" : ", ", i);
    sum += fmt::format(" + p{}", i);
  }
  return fmt::format("f(x; {}) = x{}", list, sum);
}

struct Refusal {
  const char *what;
  LibraryRequest request;
  const char *says;
};

std::vector<Refusal> refusals() {
  std::vector<Refusal> cases;
  for (const char *name : {"", "1k", "a-b", "k.h", "a b", "../k", "\xC3\xA9"})
    cases.push_back({name, relu_for(name, {"x86-64-v3"}), "is no C identifier"});
  for (const char *name : {"int", "class", "_k", "a__b"})
    cases.push_back({name, relu_for(name, {"x86-64-v3"}), "is reserved in C or C++"});
  cases.push_back({"underscore at the end", relu_for("k_", {"x86-64-v3"}), "can't be a C name"});
  cases.push_back({"no target", relu_for("k", {}), "needs a target"});
  cases.push_back({"no kernel", library_request("k", {}, forward, f32, {"x86-64-v3"}), "needs a kernel"});
  cases.push_back(
      {"target twice", relu_for("k", {"x86-64-v3", "x86-64-v2", "x86-64-v3"}), "x86-64-v3 is requested twice"});
  cases.push_back({"two systems", relu_for("k", {"x86-64-v3", "x86-64-v3-macos"}), "can't share a library"});
  cases.push_back({"kernel twice", library_request("k", {"relu", "relu"}, forward, f32, {"x86-64-v3"}),
                   "two kernels would be called k_relu_forward_f32"});
  cases.push_back({"alias", library_request("k", {"relu", "ramp"}, forward, f32, {"x86-64-v3"}), "k_relu_forward_f32"});
  cases.push_back(
      {"too many tensors",
       library_request("k", {"f(a, b, c, d, g, h, i, j) = a + b + c + d + g + h + i + j"}, forward, f32, {"x86-64-v3"}),
       "at most 8"});
  cases.push_back(
      {"CUDA twice", relu_for("k", {"cuda-sm80", "x86-64-v3", "cuda-sm80"}), "cuda-sm80 is requested twice"});
  for (const std::vector<std::string> &targets : {std::vector<std::string>{"x86-64-v3-macos", "cuda-sm80"},
                                                  std::vector<std::string>{"cuda-sm90", "aarch64-macos"}})
    cases.push_back({"CUDA on macOS", relu_for("k", targets), "macOS has no CUDA"});
  cases.push_back({"too many parameters for CUDA",
                   library_request("k", {with_parameters(257)}, forward, f32, {"x86-64-v3", "cuda-sm80"}),
                   "f_forward_f32 has 257 parameters; a CUDA kernel has at most 256"});
  return cases;
}

TEST(LibraryPlan, TakesAsManyParametersAsThereIsRoomFor) {
  EXPECT_EQ(complaint(library_request("k", {with_parameters(256)}, forward, f32, {"cuda-sm80"})), "");
  EXPECT_EQ(complaint(library_request("k", {with_parameters(257)}, forward, f32, {"x86-64-v3"})), "");
}

TEST(LibraryPlan, RefusesWithOneLineThatNamesTheCause) {
  for (const Refusal &refusal : refusals()) {
    const std::string text = complaint(refusal.request);
    EXPECT_NE(text.find(refusal.says), std::string::npos) << refusal.what << ": " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << refusal.what << ": " << text;
  }
}

TEST(LibraryPlan, PutsTheBestTargetFirst) {
  const aot::Plan plan = aot::plan_library(relu_for("k", {"x86-64-v3", "x86-64-v4", "x86-64-v2"}));
  ASSERT_EQ(plan.targets.size(), 3u);
  EXPECT_EQ(plan.targets[0].name, "x86-64-v4");
  EXPECT_EQ(plan.targets[1].name, "x86-64-v3");
  EXPECT_EQ(plan.targets[2].name, "x86-64-v2");
  EXPECT_EQ(plan.baseline.name, "x86-64-v2");
}

TEST(LibraryPlan, NamesVariantsWithoutTheOperatingSystem) {
  const aot::Plan plan = aot::plan_library(relu_for("k", {"x86-64-v4-macos"}));
  EXPECT_EQ(aot::variant_name(plan.targets[0]), "x86-64-v4");
  EXPECT_EQ(plan.kernels[0].symbol(plan.targets[0]), "k_relu_forward_f32__x86_64_v4");
  EXPECT_EQ(plan.baseline.format, ObjectFormat::macho);
}

TEST(LibraryPlan, PutsTheHighestComputeCapabilityFirst) {
  const aot::Plan plan = aot::plan_library(relu_for("k", {"cuda-sm80", "x86-64-v3", "cuda-sm90"}));
  ASSERT_EQ(plan.cuda_targets.size(), 2u);
  EXPECT_EQ(plan.cuda_targets[0].name, "cuda-sm90");
  EXPECT_EQ(plan.cuda_targets[1].name, "cuda-sm80");
  EXPECT_EQ(plan.targets.size(), 1u);
  EXPECT_EQ(plan.baseline.name, "x86-64-v2");
}

TEST(LibraryPlan, OfCudaAloneIsForThisMachine) {
  const aot::Plan plan = aot::plan_library(relu_for("k", {"cuda-sm80"}));
  EXPECT_TRUE(plan.targets.empty());
  EXPECT_TRUE(runs_here(plan.baseline));
}

TEST(LibraryPlan, GivesEveryKernelAnEntryForAlignedBuffersAndOneForAny) {
  const aot::Plan plan =
      aot::plan_library(library_request("k", {"relu"}, forward, {DType::f32, DType::f64}, {"cuda-sm80", "cuda-sm90"}));
  const auto entries = [&](std::size_t kernel) { return plan.kernels[kernel].launch.entries; };
  EXPECT_EQ(entries(0), (std::vector<CudaEntry>{{"k_relu_forward_f32_cuda", 128, 4, 16},
                                                {"k_relu_forward_f32_cuda__elements", 128, 1, 4}}));
  EXPECT_EQ(entries(1), (std::vector<CudaEntry>{{"k_relu_forward_f64_cuda", 128, 2, 16},
                                                {"k_relu_forward_f64_cuda__elements", 128, 1, 8}}));
}

struct PrototypeCase {
  const char *activation;
  Pass pass;
  DTypes dtypes;
  const char *text;
};

class Prototype : public testing::TestWithParam<PrototypeCase> {};

TEST_P(Prototype, IsTheContracts) {
  const auto &[activation, pass, dtypes, text] = GetParam();
  const aot::Plan plan = aot::plan_library(library_request("k", {activation}, {pass}, {dtypes}, {"x86-64-v3"}));
  EXPECT_EQ(aot::prototype(plan.kernels[0].functions[0]), text);
}

INSTANTIATE_TEST_SUITE_P(
    Aot, Prototype,
    testing::Values(
        PrototypeCase{"gelu", Pass::forward, DType::f32, "int k_gelu_forward_f32(const float *x, float *y, size_t n)"},
        PrototypeCase{"gelu", Pass::backward, DType::f32,
                      "int k_gelu_backward_f32(const float *dy, const float *x, float *dx, size_t n)"},
        PrototypeCase{"gelu", Pass::backward, DType::f64,
                      "int k_gelu_backward_f64(const double *dy, const double *x, double *dx, size_t n)"},
        PrototypeCase{"leaky_relu", Pass::forward, DType::f32,
                      "int k_leaky_relu_forward_f32(const float *x, float *y, size_t n, float slope)"},
        PrototypeCase{"leaky_relu(slope=0.2)", Pass::forward, DType::f32,
                      "int k_leaky_relu_slope0p2_forward_f32(const float *x, float *y, size_t n)"},
        PrototypeCase{"prelu", Pass::forward, DType::f32,
                      "int k_prelu_forward_f32(const float *x, const float *slope, float *y, size_t outer, size_t "
                      "channels, size_t inner)"},
        PrototypeCase{"crelu", Pass::forward, DType::f32,
                      "int k_crelu_forward_f32(const float *x, float *y, size_t rows, size_t columns)"},
        PrototypeCase{"swiglu", Pass::forward, DType::f32,
                      "int k_swiglu_forward_f32(const float *x, const float *gate, float *y, size_t n)"},
        PrototypeCase{"softmax", Pass::forward, DType::f32,
                      "int k_softmax_forward_f32(const float *x, float *y, size_t rows, size_t columns)"},
        PrototypeCase{"swish", Pass::parameter_gradient, DType::f32,
                      "int k_swish_parameter_gradient_f32(const float *dy, const float *x, float *dbeta, size_t n, "
                      "float beta)"},
        // Names that C reserves, or that the size or the output have taken, only document: they are changed.
        PrototypeCase{"power(int; n = 2, float = 1) = int^2 * n + float", Pass::forward, DType::f64,
                      "int k_power_forward_f64(const double *int_, double *y, size_t n, double n_, double float_)"},
        PrototypeCase{
            "low(_a, __x, a__b) = _a * __x + a__b", Pass::forward, DType::f32,
            "int k_low_forward_f32(const float *arg_a, const float *arg_x, const float *a_b, float *y, size_t "
            "n)"},
        PrototypeCase{"bare(_; _Bool = 1) = _ * _Bool", Pass::forward, DType::f32,
                      "int k_bare_forward_f32(const float *arg_, float *y, size_t n, float arg_Bool)"},
        PrototypeCase{
            "again(n_, n; y = 1, y_ = 2) = n_ * n * y * y_", Pass::forward, DType::f32,
            "int k_again_forward_f32(const float *n_, const float *n_1, float *y_, size_t n, float y, float y_1)"},
        PrototypeCase{
            "header(uint16_t; NULL = 1, SIZE_MAX = 2, nullptr_t = 3) = uint16_t * NULL + SIZE_MAX * nullptr_t",
            Pass::forward, DType::f16,
            "int k_header_forward_f16(const uint16_t *uint16_t_, uint16_t *y, size_t n, float NULL_, float "
            "SIZE_MAX_,\n                         float nullptr_t_)"},
        PrototypeCase{
            "wide(long_name_of_an_input, another_long_name_of_an_input) = long_name_of_an_input * "
            "another_long_name_of_an_input",
            Pass::forward, DType::f32,
            "int k_wide_forward_f32(const float *long_name_of_an_input, const float *another_long_name_of_an_input, "
            "float *y,\n                       size_t n)"}));

class CudaPrototype : public testing::TestWithParam<PrototypeCase> {};

TEST_P(CudaPrototype, IsTheContracts) {
  const auto &[activation, pass, dtypes, text] = GetParam();
  const aot::Plan plan = aot::plan_library(library_request("k", {activation}, {pass}, {dtypes}, {"cuda-sm80"}));
  EXPECT_EQ(aot::prototype(plan.kernels[0].cuda_functions[0]), text);
}

INSTANTIATE_TEST_SUITE_P(
    Aot, CudaPrototype,
    testing::Values(
        PrototypeCase{"gelu", Pass::forward, DType::f32,
                      "int k_gelu_forward_f32_cuda(const float *x, float *y, size_t n, void *stream)"},
        PrototypeCase{
            "gelu", Pass::backward, DType::f64,
            "int k_gelu_backward_f64_cuda(const double *dy, const double *x, double *dx, size_t n, void *stream)"},
        PrototypeCase{
            "leaky_relu", Pass::forward, DType::f32,
            "int k_leaky_relu_forward_f32_cuda(const float *x, float *y, size_t n, float slope, void *stream)"},
        PrototypeCase{"leaky_relu(slope=0.2)", Pass::forward, DType::f32,
                      "int k_leaky_relu_slope0p2_forward_f32_cuda(const float *x, float *y, size_t n, void *stream)"},
        PrototypeCase{"swish",
                      Pass::backward,
                      {DType::bf16, DType::f32},
                      "int k_swish_backward_bf16_f32_cuda(const float *dy, const uint16_t *x, uint16_t *dx, size_t n, "
                      "float beta,\n                                   void *stream)"},
        // The argument `stream` gives way to what the definition calls so.
        PrototypeCase{"river(stream) = 2 * stream", Pass::forward, DType::f32,
                      "int k_river_forward_f32_cuda(const float *stream, float *y, size_t n, void *stream_)"}));

std::vector<std::string> commands(const LibraryRequest &request) {
  return aot::canonical_commands(aot::plan_library(request));
}

TEST(CanonicalCommand, IsOneForAFullProduct) {
  EXPECT_EQ(
      commands(library_request("k", {"gelu", "leaky_relu(slope = 2/10)"}, {Pass::forward, Pass::backward},
                               {DType::f32, DType::f64}, {"x86-64-v3", "x86-64-v4"})),
      std::vector<std::string>{"actinide emit gelu \"leaky_relu(slope=0.2)\" --dtype f32,f64 --pass forward,backward "
                               "--target x86-64-v4,x86-64-v3 --tier standard --name k"});
}

TEST(CanonicalCommand, IsOneForEachKernelOtherwise) {
  LibraryRequest request = library_request("k", {"gelu"}, forward, f32, {"x86-64-v3"});
  request.kernels.push_back(parse_kernel_request("relu", Pass::backward, DType::f64, Tier::faithful));
  EXPECT_EQ(commands(request),
            (std::vector<std::string>{
                "actinide emit gelu --dtype f32 --pass forward --target x86-64-v3 --tier standard --name k",
                "actinide emit relu --dtype f64 --pass backward --target x86-64-v3 --tier faithful --name k"}));
}

TEST(CanonicalCommand, NamesTheTargetsOfCudaAfterThoseOfCpus) {
  EXPECT_EQ(commands(relu_for("k", {"cuda-sm80", "x86-64-v3", "cuda-sm90"})),
            std::vector<std::string>{"actinide emit relu --dtype f32 --pass forward "
                                     "--target x86-64-v3,cuda-sm90,cuda-sm80 --tier standard --name k"});
}

TEST(CanonicalCommand, SpellsDefinitionsAndOptions) {
  const auto text = [](const std::string &activation) {
    return aot::activation_text(parse_kernel_request(activation, Pass::forward, DType::f32, Tier::standard));
  };
  EXPECT_EQ(text("mine(x)=x*tanh(exp(x))"), "mine(x) = x * tanh(exp(x))");
  EXPECT_EQ(text("ramp"), "relu");
  EXPECT_EQ(text("relu(gradient_at_zero=1)"), "relu(gradient_at_zero=1)");
  EXPECT_EQ(text("relu(gradient_at_zero=0)"), "relu(gradient_at_zero=0)");
  EXPECT_EQ(text("gated(silu)"), "gated(silu)");
  EXPECT_EQ(text("packed( gated(leaky_relu(slope=1/5)) )"), "packed(gated(leaky_relu(slope=0.2)))");
  EXPECT_EQ(text("residual(biased(relu6))"), "residual(biased(clip(low=0, high=6)))");
  EXPECT_EQ(text("packed(mine(x,g)=x*g)"), "packed(mine(x, g) = x * g)");
}

}  // namespace
}  // namespace actinide
