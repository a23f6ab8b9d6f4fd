// A C program that calls kernels of channels, parts, groups and rows, and sums over elements.
#include "error.h"
#include "tests/aot/requests.h"
#include "tests/aot/shell.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace actinide {
namespace {
namespace fs = std::filesystem;

// Each line prints its number if it is wrong.
constexpr const char *program = R"(#include "s.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#define EXPECT(condition) do { if (!(condition)) { printf("line %d\n", __LINE__); wrong = 1; } } while (0)
int actinide_set_threads(unsigned threads);
static float many[100003], ones[100003];
static double x64[300 * 67], dy64[300 * 67], alone[300 * 67], together[300 * 67];
static uint16_t halves[3][300 * 67]; /* next to each other: any byte too many is an overlap */
int main(void) {
  int wrong = 0;
  const float x[12] = {1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6}, dy[12] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2};
  const float slope[3] = {0.5f, 0.25f, 0.125f};
  float y[24] = {0}, sums[3] = {0}, dx[12] = {0};
  /* 2 x 3 channels x 2 elements */
  EXPECT(s_prelu_forward_f32(x, slope, y, 2, 3, 2) == 0);
  EXPECT(y[0] == 1 && y[1] == -0.5f && y[3] == -0.5f && y[5] == -0.375f && y[7] == -2 && y[11] == -0.75f);
  EXPECT(s_prelu_backward_f32(dy, x, slope, dx, sums, 2, 3, 2) == 0);
  EXPECT(dx[0] == 1 && dx[1] == 0.5f && dx[11] == 0.25f);
  EXPECT(sums[0] == -1 - 8 && sums[1] == -2 - 10 && sums[2] == -3 - 12);
  /* the same tensor as 4 x 3 channels, neighbours */
  EXPECT(s_prelu_backward_f32(dy, x, slope, dx, sums, 4, 3, 1) == 0);
  EXPECT(sums[0] == -2 - 10 && sums[1] == -1 - 8 && sums[2] == -3 - 12);
  EXPECT(s_crelu_forward_f32(x, y, 2, 6) == 0);
  EXPECT(y[0] == 1 && y[1] == 0 && y[6] == 0 && y[7] == 1 && y[12] == 4 && y[23] == 6);
  EXPECT(s_maxout_forward_f32(x, y, 6) == 0);
  EXPECT(y[0] == 1 && y[5] == 6);
  EXPECT(s_maxout_k3_forward_f32(x, y, 4) == 0);
  EXPECT(y[0] == 2 && y[1] == 3 && y[2] == 5 && y[3] == 6);
  /* 2 rows of 4 columns, 6 apart; then in place */
  for (int i = 0; i < 24; ++i) y[i] = 7;
  EXPECT(s_softmax_forward_f32_strided(x, 6, y, 5, 2, 4) == 0);
  EXPECT(fabsf(y[0] + y[1] + y[2] + y[3] - 1) < 1e-6f && fabsf(y[2] / y[0] - expf(1)) < 1e-5f);
  EXPECT(fabsf(y[5] + y[6] + y[7] + y[8] - 1) < 1e-6f && fabsf(y[7] / y[5] - expf(1)) < 1e-5f && y[4] == 7 && y[9] == 7);
  EXPECT(s_logsumexp_forward_f32(x, y, 2, 6) == 0);
  EXPECT(fabsf(y[0] - 3.4258f) < 1e-3f && fabsf(y[1] - 6.4077f) < 1e-3f);
  EXPECT(s_softmax_backward_f32(dy, x, dx, 2, 6) == 0);
  for (int i = 0; i < 12; ++i) EXPECT(fabsf(dx[i]) < 1e-6f); /* a constant dy moves nothing */
  EXPECT(s_leaky_relu_parameter_gradient_f32(dy, x, sums, 12, 0.1f) == 0 && sums[0] == -1 - 2 - 3 - 8 - 10 - 12);
  double exact = 0; /* of whole numbers */
  for (int i = 0; i < 100003; ++i) exact += many[i] = -(float)(i % 10), ones[i] = 1;
  for (unsigned threads = 1; threads < 4; ++threads) {
    actinide_set_threads(threads);
    EXPECT(s_leaky_relu_parameter_gradient_f32(ones, many, sums, 100003, 0.1f) == 0 && sums[0] == exact);
  }
  for (int i = 0; i < 300 * 67; ++i) x64[i] = i % 13, dy64[i] = i % 7;
  for (unsigned threads = 1; threads < 4; ++threads) {
    actinide_set_threads(threads);
    EXPECT(s_softmax_backward_f64(dy64, x64, threads == 1 ? alone : together, 300, 67) == 0);
    EXPECT(threads == 1 || memcmp(alone, together, sizeof alone) == 0);
    EXPECT(s_softmax_backward_f16(halves[0], halves[1], halves[2], 300, 67) == 0);
  }
  /* a row of x is a row of the first input, then one of the gate */
  EXPECT(s_packed_reglu_forward_f32(x, y, 2, 3) == 0);
  EXPECT(y[0] == 0 && y[1] == -3 && y[2] == 0 && y[3] == 0 && y[4] == -24 && y[5] == 0);
  EXPECT(s_packed_reglu_backward_f32(dy, x, dx, 2, 3) == 0);
  EXPECT(dx[0] == 0 && dx[1] == 3 && dx[2] == 0 && dx[3] == 0 && dx[4] == -1 && dx[5] == 0);
  /* 2 x 3 channels x 2 elements */
  const float bias[3] = {1, -1, 0};
  EXPECT(s_biased_relu_forward_f32(x, bias, y, 2, 3, 2) == 0);
  EXPECT(y[0] == 2 && y[1] == 0 && y[2] == 1 && y[4] == 3 && y[6] == 5 && y[8] == 4 && y[11] == 0);
  EXPECT(s_biased_relu_backward_f32(dy, x, bias, dx, sums, 2, 3, 2) == 0);
  EXPECT(dx[0] == 1 && dx[1] == 0 && dx[10] == 2 && sums[0] == 3 && sums[1] == 3 && sums[2] == 3);
  EXPECT(s_residual_relu_forward_f32(x, dy, y, 12) == 0 && y[0] == 2 && y[1] == 1 && y[11] == 2);
  EXPECT(s_residual_relu_backward_f32(dy, x, dx, y, 12) == 0 && dx[1] == 0 && dx[10] == 2 && y[1] == 1 && y[11] == 2);
  /* bf16 is the upper half of an f32: 1, -2, 3 */
  const uint16_t half[3] = {0x3f80, 0xc000, 0x4040};
  uint16_t gradient[3];
  EXPECT(s_relu_forward_bf16_f32(half, y, 3) == 0 && y[0] == 1 && y[1] == 0 && y[2] == 3);
  EXPECT(s_relu_backward_bf16_f32(x, half, gradient, 3) == 0);
  EXPECT(gradient[0] == 0x3f80 && gradient[1] == 0 && gradient[2] == 0x4000);
  const double wide[8] = {1, 1, 1, 1, 2, 2, 2, 2};
  double p[8];
  EXPECT(s_softmax_forward_f64(wide, p, 2, 4) == 0 && p[0] == 0.25 && p[7] == 0.25);
  EXPECT(s_softmax_forward_f64(p, p + 7, 1, 8) == 2);
  EXPECT(s_softmax_forward_f32(0, y, 2, 6) == 1);
  EXPECT(s_softmax_forward_f32(x, 0, 0, 6) == 0);
  EXPECT(s_softmax_forward_f32(y, y + 1, 2, 6) == 2);
  EXPECT(s_softmax_forward_f32_strided(x, 5, y, 6, 2, 6) == 3);
  return wrong;
}
)";

TEST(ShapesInC, GiveWhatTheDocumentsSay) {
  const ScratchDirectory scratch;
  const fs::path &root = scratch.path();
  LibraryRequest request = library_request("s",
                                           {"prelu", "softmax", "crelu", "maxout", "maxout(k=3)", "logsumexp",
                                            "packed(reglu)", "biased(relu)", "residual(relu)"},
                                           {Pass::forward, Pass::backward}, {DType::f32}, {"x86-64-v2", "x86-64-v3"});
  request.kernels.push_back(parse_kernel_request("leaky_relu", Pass::parameter_gradient, DType::f32, Tier::standard));
  for (const DType dtype : {DType::f64, DType::f16})
    request.kernels.push_back(parse_kernel_request("softmax", Pass::backward, dtype, Tier::standard));
  request.kernels.push_back(parse_kernel_request("softmax", Pass::forward, DType::f64, Tier::standard));
  for (Pass pass : {Pass::forward, Pass::backward})
    request.kernels.push_back(parse_kernel_request("relu", pass, {DType::bf16, DType::f32}, Tier::standard));
  write_library(request, root);
  EXPECT_EQ(testing_support::complaint_about_header(root, "s.h"), "");
  std::ofstream(root / "main.c") << program;
  const std::string path = root.string();
  const auto linked =
      testing_support::run(fmt::format("{0} -std=c11 -Wall -Wextra -Wpedantic -Werror -I{1}/include {1}/main.c "
                                       "{1}/lib/libs.a {2} -lpthread -lm -o {1}/main",
                                       ACTINIDE_CC, path, ACTINIDE_RUNTIME_ARCHIVE));
  EXPECT_EQ(linked.status, 0) << linked.output;
  const auto result = testing_support::run(path + "/main");
  EXPECT_EQ(result.status, 0) << result.output;
}

// LLVM ends the process where it has no instructions for a kernel.
TEST(EveryShape, IsEmittedForEveryTarget) {
  const std::vector<DTypes> dtypes = {DType::f64, DType::f16};  // the fewest lanes and the most
  for (const Target &target : all_targets()) {
    if (target.is_cuda()) continue;
    LibraryRequest request =
        library_request("s", {"prelu", "crelu", "maxout", "softmax"}, {Pass::backward}, dtypes, {target.name});
    for (const DTypes &types : dtypes)
      request.kernels.push_back(parse_kernel_request("swish", Pass::parameter_gradient, types, Tier::standard));
    EXPECT_FALSE(make_library(request).archive.empty()) << target.name;
  }
}

}  // namespace
}  // namespace actinide
