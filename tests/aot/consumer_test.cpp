// A C program that uses an emitted library: header, linking, values, variants.
#include "error.h"
#include "tests/aot/requests.h"
#include "tests/aot/shell.h"
#include "tests/scratch_directory.h"

#include <actinide/runtime.h>

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

namespace actinide {
namespace {
namespace fs = std::filesystem;

using testing_support::Result;
using testing_support::run;

const std::vector<std::string> targets = {"x86-64-v2", "x86-64-v3", "x86-64-v4"};

// Ten lines that a user would write: every kernel once, values on stdout, the status as exit status.
constexpr const char *program = R"(#include "k.h"
#include <stdio.h>
int main(void) {
  float x[5] = {-2, -0.5f, 0, 1, 3}, dy[5] = {1, 1, 1, 1, 2}, y[5], dx[5];
  double x64[5] = {-2, -0.5, 0, 1, 3};
  int status = k_gelu_forward_f32(x, y, 5);
  for (int i = 0; i < 5 && !status; ++i) printf("%.9g ", y[i]);
  if (!status) status = k_gelu_backward_f32(dy, x, dx, 5);
  for (int i = 0; i < 5 && !status; ++i) printf("%.9g ", dx[i]);
  if (!status) status = k_leaky_relu_forward_f32(x, y, 5, 0.125f);
  for (int i = 0; i < 5 && !status; ++i) printf("%.9g ", y[i]);
  if (!status) status = k_leaky_relu_slope0p2_backward_f32(dy, x, dx, 5);
  for (int i = 0; i < 5 && !status; ++i) printf("%.9g ", dx[i]);
  if (!status) status = k_gelu_forward_f64(x64, x64, 5);
  for (int i = 0; i < 5 && !status; ++i) printf("%.17g ", x64[i]);
  return status;
}
)";

// gelu, gelu' dy, leaky_relu at 1/8, leaky_relu' dy at 0.2, gelu again: computed with 50 digits.
const std::vector<double> expected = {-0.04550026389635842,
                                      -0.15426876936299344,
                                      0,
                                      0.8413447460685429,
                                      2.99595030590511,  //
                                      -0.0852318010781969,
                                      0.13250487534383715,
                                      0.5,
                                      1.0833154705876864,
                                      2.0238912944083674,  //
                                      -0.25,
                                      -0.0625,
                                      0,
                                      1,
                                      3,  //
                                      0.2,
                                      0.2,
                                      0.2,
                                      1,
                                      2,  //
                                      -0.04550026389635842,
                                      -0.15426876936299344,
                                      0,
                                      0.8413447460685429,
                                      2.99595030590511};

class Consumer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = std::make_unique<ScratchDirectory>();
    root_ = scratch_->path();
    write_library(library_request("k", {"gelu", "leaky_relu", "leaky_relu(slope=0.2)"}, {Pass::forward, Pass::backward},
                                  {DType::f32, DType::f64}, targets),
                  root_);
    std::ofstream(root_ / "main.c") << program;
  }
  static void TearDownTestSuite() { scratch_.reset(); }

  static std::string in_root(const std::string &path) { return (root_ / path).string(); }

  /// Compiles main.c and links it with the library, the runtime and threads only.
  static Result link(const std::string &output) {
    return run(fmt::format("{} -std=c11 -Wall -Wextra -Wpedantic -Werror -I{} {} {} {} -lpthread -o {}", ACTINIDE_CC,
                           in_root("include"), in_root("main.c"), in_root("lib/libk.a"), ACTINIDE_RUNTIME_ARCHIVE,
                           in_root(output)));
  }

  static std::unique_ptr<ScratchDirectory> scratch_;
  static fs::path root_;
};
std::unique_ptr<ScratchDirectory> Consumer::scratch_;
fs::path Consumer::root_;

TEST_F(Consumer, FindsTheThreeFilesAndNoOther) {
  std::set<std::string> files;
  for (const auto &entry : fs::recursive_directory_iterator(root_)) {
    if (entry.is_regular_file()) files.insert(fs::relative(entry.path(), root_).string());
  }
  for (const char *file : {"include/k.h", "lib/libk.a", "k.json"}) EXPECT_EQ(files.erase(file), 1u) << file;
  for (const std::string &file : files) EXPECT_EQ(file.find("tmp"), std::string::npos) << file;
}

TEST_F(Consumer, CompilesTheHeaderAlone) {
  EXPECT_EQ(testing_support::complaint_about_header(root_, "k.h"), "");
}

TEST(Header, CompilesWhateverTheArgumentsAreCalled) {
  const ScratchDirectory scratch;
  const std::string definition = "f(_Bool, uint16_t, a__b; NULL = 1, INT8_MIN = 2) = _Bool * uint16_t + a__b * NULL";
  write_library(library_request("k", {definition}, {Pass::forward}, {DType::f16}, {"x86-64-v2"}), scratch.path());
  EXPECT_EQ(testing_support::complaint_about_header(scratch.path(), "k.h"), "");
}

std::vector<double> numbers(const std::string &text) {
  std::istringstream stream(text);
  return {std::istream_iterator<double>(stream), {}};
}

/// Within the contract: 4.5 ULP of f32 for the first twenty, 2 of f64 for the last five.
void expect_values(const std::string &output) {
  const std::vector<double> values = numbers(output);
  ASSERT_EQ(values.size(), expected.size()) << output;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double ulp = std::ldexp(1.0, std::ilogb(expected[i] == 0 ? 1 : expected[i]) - (i < 20 ? 23 : 52));
    const double allowed = expected[i] == 0 ? 0 : (i < 20 ? 4.5 : 2) * ulp;
    EXPECT_NEAR(values[i], expected[i], allowed) << "value " << i;
  }
}

TEST_F(Consumer, LinksWithTheRuntimeAloneAndGetsTheValues) {
  const Result linked = link("plain");
  ASSERT_EQ(linked.status, 0) << linked.output;
  const Result result = run(in_root("plain"));
  EXPECT_EQ(result.status, 0);
  expect_values(result.output);
}

TEST_F(Consumer, ForcesEachVariant) {
  const Result linked = link("forced");
  ASSERT_EQ(linked.status, 0) << linked.output;
  for (const std::string &name : targets) {
    SCOPED_TRACE(name);
    const Result result = run(fmt::format("ACTINIDE_TARGET={} {}", name, in_root("forced")));
    if (runs_here(parse_target(name))) {
      EXPECT_EQ(result.status, 0);
      expect_values(result.output);
    } else {
      EXPECT_EQ(result.status, ACTINIDE_UNKNOWN_TARGET);
      EXPECT_EQ(result.output, "");
    }
  }
  for (const char *name : {"x86-64-v9", "aarch64", "nonsense"}) {
    const Result result = run(fmt::format("ACTINIDE_TARGET={} {}", name, in_root("forced")));
    EXPECT_EQ(result.status, ACTINIDE_UNKNOWN_TARGET) << name;
    EXPECT_EQ(result.output, "") << name;
  }
}

TEST_F(Consumer, GivesTheSameBitsOnEveryTargetWithFma) {
  if (!runs_here(parse_target("x86-64-v4"))) GTEST_SKIP() << "this CPU lacks AVX-512";
  const Result linked = link("bits");
  ASSERT_EQ(linked.status, 0) << linked.output;
  EXPECT_EQ(run("ACTINIDE_TARGET=x86-64-v3 " + in_root("bits")).output,
            run("ACTINIDE_TARGET=x86-64-v4 " + in_root("bits")).output);
}

TEST_F(Consumer, NeedsOnlyTheRuntimesEntry) {
  EXPECT_EQ(testing_support::needs(in_root("lib/libk.a")), std::set<std::string>{"actinide_kernel_run"});
}

TEST_F(Consumer, ExportsOnlyTheDeclaredFunctions) {
  const Result linked = run(fmt::format("{} -shared -Wl,--whole-archive {} -Wl,--no-whole-archive -o {}", ACTINIDE_CC,
                                        in_root("lib/libk.a"), in_root("libk.so")));
  ASSERT_EQ(linked.status, 0) << linked.output;
  const std::set<std::string> exported = testing_support::symbols("-D --defined-only", in_root("libk.so"));
  EXPECT_EQ(exported.size(), 12u) << "3 activations, 2 passes, 2 dtypes";
  for (const std::string &name : exported) {
    EXPECT_TRUE(name.starts_with("k_")) << name;
    EXPECT_EQ(name.find("__"), std::string::npos) << name;
  }
}

TEST_F(Consumer, IsRefusedOneLineWhereItCanNotBeWritten) {
  std::ofstream(root_ / "file") << "x";
  const LibraryRequest request = library_request("k", {"relu"}, {Pass::forward}, {DType::f32}, {"x86-64-v2"});
  for (const std::string &directory : {in_root("file"), in_root("file/below"), std::string("/proc/actinide")}) {
    try {
      write_library(request, directory);
      ADD_FAILURE() << directory << " was written";
    } catch (const UserError &error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("can't write"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace actinide
