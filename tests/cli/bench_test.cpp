// actinide bench: what it prints. No test says how long anything takes.
#include "bench/peers.h"
#include "tests/cli/command.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace actinide::testing_support {
namespace {

using Words = std::vector<std::string>;

// `bench` with little time for each measurement.
Outcome bench(Words arguments) {
  arguments.insert(arguments.begin(), {"bench", "--time", "0.002"});
  return run_actinide(arguments);
}

nlohmann::json bench_json(Words arguments) {
  arguments.push_back("--json");
  const Outcome outcome = bench(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out);
}

TEST(Bench, TableHasALineForEachSizeOfEachKernel) {
  const Outcome outcome = bench({"silu", "--define", "mine(x) = x * tanh(exp(x))", "--size", "2048,70000"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("1 thread; inputs N(0,1)\n\nsilu_forward_f32, standard, for "), std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find(" ULP at most (bound: 4)\n"), std::string::npos) << outcome.out;
  const std::size_t mine = outcome.out.find("\nmine_forward_f32, standard, for ");
  ASSERT_NE(mine, std::string::npos) << outcome.out;
  for (const std::size_t from : {std::size_t{0}, mine}) {
    const std::size_t heading = outcome.out.find("  size    ns/element  quartiles", from);
    ASSERT_NE(heading, std::string::npos) << outcome.out;
    EXPECT_LT(outcome.out.find("\n  2,048   ", heading), outcome.out.find("\n  70,000  ", heading)) << outcome.out;
  }
}

TEST(Bench, JsonHasEveryFigure) {
  const nlohmann::json json = bench_json({"gelu", "softplus(k=2)", "--pass", "backward", "--dtype", "f64", "--tier",
                                          "faithful", "--size", "100,5", "--target", "x86-64-v3", "--input", "wide"});
  EXPECT_FALSE(json.at("machine").get<std::string>().empty());
  EXPECT_EQ(json.at("threads"), 1);
  EXPECT_EQ(json.at("inputs"), "N(0,3)");
  ASSERT_EQ(json.at("kernels").size(), 2u);
  for (const nlohmann::json &kernel : json.at("kernels")) {
    EXPECT_EQ(kernel.at("tier"), "faithful");
    EXPECT_EQ(kernel.at("target"), "x86-64-v3");
    EXPECT_GT(kernel.at("ulp"), 0.1) << "of 4,096 results, one is rounded at least";
    EXPECT_LE(kernel.at("ulp"), kernel.at("bound"));
    ASSERT_EQ(kernel.at("sizes").size(), 2u);
    EXPECT_EQ(kernel.at("sizes")[0].at("size"), 100);
    EXPECT_EQ(kernel.at("sizes")[1].at("size"), 5);
    for (const nlohmann::json &at : kernel.at("sizes")) {
      EXPECT_EQ(at.at("bytes"), at.at("size").get<int>() * 3 * 8) << "dy, x, dx";
      EXPECT_GT(at.at("gigabytes_per_second"), 0);
      EXPECT_GT(at.at("ratio_to_copy"), 0);
      EXPECT_TRUE(at.at("steady").is_boolean());
      for (const char *timing : {"kernel", "copy", "streaming_copy"}) {
        EXPECT_GT(at.at(timing).at("lower_quartile"), 0);
        EXPECT_LE(at.at(timing).at("lower_quartile"), at.at(timing).at("nanoseconds"));
        EXPECT_LE(at.at(timing).at("nanoseconds"), at.at(timing).at("upper_quartile"));
      }
    }
  }
  EXPECT_EQ(json.at("kernels")[1].at("kernel"), "softplus_k2_backward_f64");
}

TEST(Bench, MeasuresEveryShapeAndPass) {
  struct Case {
    Words arguments;
    int bytes;  ///< of 64 elements, as 4 rows of 16
  };
  const Case cases[] = {{{"softmax"}, 64 * 4 * 2},
                        {{"softmax", "--pass", "backward_from_output"}, 64 * 4 * 3},
                        {{"logsumexp"}, 64 * 4 + 4 * 4},
                        {{"prelu"}, 64 * 4 * 2 + 16 * 4},
                        {{"crelu"}, 64 * 4 * 3},
                        {{"maxout(k=3)"}, 64 * 4 * 4},
                        {{"packed(swiglu)"}, 64 * 4 * 3},
                        {{"residual(biased(silu))"}, 64 * 4 * 3 + 16 * 4},
                        {{"silu", "--dtype", "bf16:f32"}, 64 * 2 + 64 * 4},
                        {{"swish", "--pass", "parameter_gradient"}, 64 * 4 * 2 + 4},
                        {{"swiglu", "--pass", "double_backward"}, 64 * 4 * 8}};
  for (Case one : cases) {
    SCOPED_TRACE(one.arguments[0]);
    one.arguments.insert(one.arguments.end(), {"--size", "64", "--columns", "16"});
    const nlohmann::json kernel = bench_json(one.arguments).at("kernels").at(0);
    EXPECT_EQ(kernel.at("sizes")[0].at("bytes"), one.bytes) << kernel.at("kernel");
    EXPECT_EQ(kernel.at("ulp").is_null(), one.arguments[0] != "swiglu") << kernel.at("kernel");
  }
}

TEST(Bench, JitSaysWhereTheTimeOfACompileGoes) {
  const Words request = {"--jit", "silu", "prelu", "mine(x) = x * tanh(x)", "--pass", "parameter_gradient"};
  EXPECT_EQ(bench(request).status, 1) << "silu has no parameter";
  const Words words = {"--jit", "prelu", "mine(x; a = 1) = x * tanh(a * x)", "--pass", "parameter_gradient"};
  const Outcome outcome = bench(words);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 3) << outcome.out;
  const nlohmann::json json = bench_json(words);
  ASSERT_EQ(json.at("compilations").size(), 2u);
  for (const nlohmann::json &one : json.at("compilations"))
    for (const char *time : {"first_milliseconds", "again_milliseconds"}) {
      EXPECT_EQ(one.at(time).size(), 6u);
      for (const nlohmann::json &stage : one.at(time)) EXPECT_GE(stage, 0.0);
      EXPECT_GT(one.at(time).at("code generation"), 0.0);
    }
}

TEST(Bench, PeersStandBesideTheKernel) {
  const std::vector<std::string> installed = bench::installed_peers("x86-64-v3");
  if (installed.empty()) GTEST_SKIP() << "no peer is installed here: nothing to stand beside the kernel";
  const Words words = {"relu", "maxout", "--size", "2048,64", "--target", "x86-64-v3"};
  const nlohmann::json kernels = bench_json(words).at("kernels");
  Words names;
  for (const nlohmann::json &peer : kernels.at(0).at("peers")) {
    names.push_back(peer.at("name"));
    EXPECT_TRUE(peer.at("version").is_string());
    EXPECT_LE(peer.at("ulp"), 0.5) << names.back();
    for (const nlohmann::json &at : kernels.at(0).at("sizes")) {
      EXPECT_GT(at.at("peers").at(names.back()).at("nanoseconds"), 0);
      EXPECT_GT(at.at("peers").at(names.back()).at("ratio"), 0);
    }
  }
  EXPECT_FALSE(names.empty());
  EXPECT_TRUE(std::ranges::includes(installed, names)) << "in the order of their names";
  EXPECT_TRUE(kernels.at(1).at("peers").empty()) << "nobody else has it";

  const Outcome one = bench({"relu", "--size", "64", "--target", "x86-64-v3", "--against", names.back()});
  ASSERT_EQ(one.status, 0) << one.err;
  EXPECT_NE(one.out.find("\n  peer (its time / ours)"), std::string::npos) << one.out;
  EXPECT_NE(one.out.find("\n  " + names.back() + " "), std::string::npos) << one.out;
  if (names.size() > 1) {
    EXPECT_EQ(one.out.find("\n  " + names.front() + " "), std::string::npos) << one.out;
  }
  const Outcome none = bench({"relu", "--size", "64", "--against", "none"});
  ASSERT_EQ(none.status, 0) << none.err;
  EXPECT_EQ(none.out.find("peer"), std::string::npos) << none.out;
}

TEST(Bench, RefusesWhatCannotBeMeasuredInALine) {
  struct Case {
    Words arguments;
    std::string message;
  };
  const Case cases[] = {
      {{"gelu", "--size", "4x"}, "--size '4x' is no number of elements"},
      {{"gelu", "--size", "0"}, "--size '0' is no number of elements"},
      {{"gelu", "--size", "-4"}, "--size '-4' is no number of elements"},
      {{"gelu", "--size", "4,,5"}, "--size '4,,5' has an empty place"},
      {{"gelu", "--size", "99999999999999999999"}, "is no number of elements"},
      {{"gelu", "--size", "1000000000000000"}, "no memory for 2 tensors"},
      {{"softmax", "--size", "1000"}, "has rows of 1024 elements, of which 1000 is no multiple"},
      {{"maxout(k=16)", "--size", "64"}, "reads 16 tensors and writes 1"},
      {{"gelu", "--target", "aarch64"}, "this CPU does not run aarch64"},
      {{"gelu", "--pass", "backward_from_output"}, "gelu has no backward_from_output"},
      {{"gelu", "--against", "nosuch"}, "there is no peer 'nosuch' for "},
      {{"nosuch"}, "unknown activation 'nosuch'"},
  };
  for (const Case &one : cases) {
    const Outcome outcome = bench(one.arguments);
    EXPECT_EQ(outcome.status, 1) << one.message;
    EXPECT_EQ(outcome.out, "") << one.message;
    EXPECT_NE(outcome.err.find(one.message), std::string::npos) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
  EXPECT_EQ(bench({"gelu", "--input", "odd"}).status, 2);
  EXPECT_EQ(bench({"gelu", "--time", "0"}).status, 2);
}

}  // namespace
}  // namespace actinide::testing_support
