// The content of the files: deterministic, complete, one archive for every object format.
#include "error.h"
#include "tests/aot/requests.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace actinide {
namespace {

LibraryRequest small_request(const std::string &system = "") {
  return library_request("k", {"softplus(k=1)", "leaky_relu"}, {Pass::forward, Pass::backward},
                         {DType::f32, DType::f64}, {"x86-64-v3" + system, "x86-64-v2" + system});
}

TEST(Library, IsTheSameEachTime) {
  const LibraryFiles first = make_library(small_request()), second = make_library(small_request());
  EXPECT_TRUE(first.archive == second.archive);
  EXPECT_EQ(first.header, second.header);
  EXPECT_EQ(first.manifest, second.manifest);
}

TEST(Library, DoesNotDependOnTheOrderOfTargets) {
  LibraryRequest reversed = small_request();
  std::swap(reversed.targets[0], reversed.targets[1]);
  EXPECT_TRUE(make_library(small_request()).archive == make_library(reversed).archive);
}

TEST(Header, KeepsItsLinesShortAndClean) {
  std::istringstream lines(make_library(small_request()).header);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 120u) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(Header, SaysWhatTheKernelsCompute) {
  const std::string header = make_library(small_request()).header;
  for (const char *part : {"actinide emit", "--name k", "Actinide 0.", "0 on success",
                           "int k_leaky_relu_backward_f32(const float *dy, const float *x, ", "leaky_relu(x; slope = ",
                           "Derivative: slope at x = 0.", "Error: at most 4 ULP in f32, 2 ULP in f64 (tier standard, ",
                           "Error: at most 4.5 ULP in f32, 2.5 ULP in f64", "extern \"C\"", "x86-64-v3, x86-64-v2"})
    EXPECT_NE(header.find(part), std::string::npos) << part << "\n" << header;
}

TEST(Header, SaysHowLongRowsMayBe) {
  const auto says_so = [](const char *activation) {
    const LibraryRequest request = library_request("k", {activation}, {Pass::forward}, {DType::f32}, {"x86-64-v3"});
    return make_library(request).header.find("2^30 elements at most") != std::string::npos;
  };
  EXPECT_TRUE(says_so("softmax"));
  EXPECT_TRUE(says_so("prelu"));
  EXPECT_FALSE(says_so("relu"));
}

TEST(Header, PromisesNoErrorForADefinition) {
  const std::string header =
      make_library(library_request("k", {"mine(x) = x * tanh(exp(x))"}, {Pass::forward}, {DType::f32}, {"x86-64-v3"}))
          .header;
  EXPECT_EQ(header.find("ULP"), std::string::npos) << header;
}

TEST(Manifest, DescribesEveryKernel) {
  const LibraryFiles files = make_library(small_request());
  const auto manifest = nlohmann::json::parse(files.manifest);
  EXPECT_EQ(manifest["library"], "k");
  ASSERT_EQ(manifest["targets"].size(), 2u);
  for (const auto &target : manifest["targets"]) EXPECT_GT(target["object_bytes"], 0) << target;
  ASSERT_EQ(manifest["kernels"].size(), 8u);
  const auto &kernel = manifest["kernels"][6];
  EXPECT_EQ(kernel["name"], "k_leaky_relu_backward_f32");
  EXPECT_EQ(kernel["activation"], "leaky_relu");
  EXPECT_EQ(kernel["pass"], "backward");
  EXPECT_EQ(kernel["dtype"], "f32");
  EXPECT_EQ(kernel["tier"], "standard");
  EXPECT_EQ(kernel["bound_ulp"], 4.5);
  EXPECT_GT(kernel["cost_ns"], 0);
  ASSERT_EQ(kernel["arguments"].size(), 5u);
  EXPECT_EQ(kernel["arguments"][0]["type"], "const float *");
  EXPECT_EQ(kernel["arguments"][3]["role"], "size");
  EXPECT_EQ(kernel["arguments"][4]["name"], "slope");
  ASSERT_EQ(kernel["variants"].size(), 2u);
  EXPECT_EQ(kernel["variants"][0]["symbol"], "k_leaky_relu_backward_f32__x86_64_v3");
  EXPECT_EQ(manifest["kernels"][0]["bound_parameters"]["k"], "1");
}

struct Format {
  const char *system;
  const char *magic;  // an object file starts with it
};

class Formats : public testing::TestWithParam<Format> {};

TEST_P(Formats, FillTheArchive) {
  const std::string archive = make_library(small_request(GetParam().system)).archive;
  EXPECT_TRUE(archive.starts_with("!<arch>\n"));
  std::size_t objects = 0;
  for (std::size_t at = archive.find(GetParam().magic); at != std::string::npos;
       at = archive.find(GetParam().magic, at + 1))
    objects += at % 2 == 0;  // members are aligned
  EXPECT_GE(objects, 3u) << "two targets and the dispatcher";
}

INSTANTIATE_TEST_SUITE_P(Aot, Formats,
                         testing::Values(Format{"",
                                                "\x7F"
                                                "ELF"},
                                         Format{"-macos", "\xCF\xFA\xED\xFE"}, Format{"-windows", "\x64\x86"}),
                         [](const auto &info) {
                           const std::string system = info.param.system;
                           return system.empty() ? "linux" : system.substr(1);
                         });

}  // namespace
}  // namespace actinide
