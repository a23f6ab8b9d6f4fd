// list, show, explain, emit, targets: what they print and write.
#include "activations.h"
#include "pipeline.h"
#include "tests/cli/command.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace actinide::testing_support {
namespace {

namespace fs = std::filesystem;

TEST(List, HasEveryRow) {
  const Outcome outcome = run_actinide({"list"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto expect = [&](std::string_view text) { EXPECT_NE(outcome.out.find(text), std::string::npos) << text; };
  for (const Activation &row : all_activations()) {
    expect(row.formula.empty() ? row.definition : row.formula);
    for (const std::string_view alias : row.aliases) expect(alias);
    for (const Preset &preset : row.presets) expect(preset.name);
    for (const Constraint &constraint : row.constraints) expect(constraint.text);
  }
  for (const Pass pass : all_passes()) expect(to_string(pass));
  for (const DType dtype : all_dtypes()) expect(to_string(dtype));
  expect(
      "swish(x; beta = 1) = x * sigmoid(beta * x)\n    parameters: beta = 1 (any number)\n"
      "    passes: all but backward_from_output\n");
  expect("    parameters: k = 2 (k is a whole number from 2 to 16; compiled in)\n");
}

TEST(List, JsonHasTheWholeTable) {
  const Outcome outcome = run_actinide({"list", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto list = nlohmann::json::parse(outcome.out).at("activations");
  ASSERT_EQ(list.size(), all_activations().size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Activation &row = all_activations()[i];
    EXPECT_EQ(list[i].at("name"), row.name);
    EXPECT_EQ(list[i].at("aliases").size(), row.aliases.size());
    EXPECT_EQ(list[i].at("definition"), row.definition);
    EXPECT_EQ(list[i].at("parameters").size(), definition_of(row).parameters.size());
    EXPECT_FALSE(list[i].at("bounds").empty());
    for (const DType dtype : all_dtypes())
      EXPECT_EQ(list[i].at("tiers_of_dtypes").at(std::string(to_string(dtype))).size(), tiers_of(dtype).size());
    EXPECT_EQ(list[i].at("passes").size() + list[i].at("undefined_passes").size(), all_passes().size());
  }
}

TEST(Show, TellsTheLifeOfAKernelInOrder) {
  const Outcome outcome = run_actinide({"show", "mish", "--pass", "backward", "--target", "x86-64-v3"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("mish_backward_f32 for x86-64-v3, tier standard\n"))
      << outcome.out.substr(0, 200);
  std::size_t last = 0;
  for (std::size_t i = 0; i < stage_names().size(); ++i) {
    const std::string heading = "\n== " + std::to_string(i + 1) + " of " + std::to_string(stage_names().size()) + ": " +
                                stage_names()[i] + " - ";
    const std::size_t place = outcome.out.find(heading, last);
    ASSERT_NE(place, std::string::npos) << heading;
    last = place;
  }
  EXPECT_NE(outcome.out.find("mish(x) = x * tanh(softplus(x))"), std::string::npos);
}

TEST(Show, AssemblyHasVectorsAndNoCalls) {
  const Outcome outcome = run_actinide({"show", "mish", "--target", "x86-64-v3", "--stage", "assembly"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("vfmadd"), std::string::npos);
  EXPECT_NE(outcome.out.find("ymm"), std::string::npos);
  EXPECT_EQ(outcome.out.find("call"), std::string::npos);
}

TEST(Show, OneStageAlone) {
  const Outcome outcome = run_actinide({"show", "leaky_relu(slope=0.5)", "--stage", "definition"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.find("=="), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("leaky_relu"), std::string::npos) << outcome.out;
  const Outcome dashed = run_actinide({"show", "mish", "--stage", "stable-form"});
  EXPECT_EQ(dashed.status, 0) << dashed.err;
}

TEST(Show, Latex) {
  const Outcome outcome = run_actinide({"show", "gelu", "--stage", "definition", "--latex"});
  EXPECT_EQ(outcome.out, "x \\, \\Phi\\left(x\\right)\n") << outcome.err;
}

// generated/explain holds the page of each row.
TEST(Explain, GivesAPageForADefinitionToo) {
  const Outcome outcome = run_actinide({"explain", "mine(x; a = 2) = x * sigmoid(a * x)"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const char *text :
       {"mine(x; a = 2) = x * sigmoid(a * x)\n", "\nLaTeX: x \\, \\sigma\\left(a \\, x\\right)\n",
        "\nparameters: a = 2 (any number)\n", "\ny       -0        0      inf\n", " -0.639232\n",
        "\ndydx = (t1 * (a * x) + select(a * x >= 0, 1, t1) * t2) / t2^2\n", "by logistic density, sigmoid:\n",
        "int k_mine_forward_f32(const float *x, float *y, size_t n, float a);\n",
        "mine has no backward_from_output: it is equal to no activation"})
    EXPECT_NE(outcome.out.find(text), std::string::npos) << text << " is missing in\n" << outcome.out;
}

TEST(Explain, SaysWhatIsCompiledIn) {
  const Outcome outcome = run_actinide({"explain", "leaky_relu(slope=0.5)"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("leaky_relu(x) = select(x > 0, x, 0.5 * x)\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("\nparameters: slope = 0.5 (any number; compiled in)\n"), std::string::npos)
      << outcome.out;
}

TEST(Explain, GivesAPageForFusedForms) {
  for (const char *form : {"biased(gelu)", "residual(gelu)", "residual(biased(gelu))", "packed(swiglu)"}) {
    const Outcome outcome = run_actinide({"explain", form});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("\n== in C ==\n"), std::string::npos) << outcome.out;
  }
}

TEST(Explain, LeavesOutPassesWithTooManyTensors) {
  const Outcome outcome = run_actinide({"explain", "f(x, y, z) = x * y * z"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.find("== second_derivative =="), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("f_second_derivative_f32 has 9 tensors; a kernel has at most 8"), std::string::npos)
      << outcome.out;
}

TEST(Emit, WritesALibrary) {
  const Outcome outcome = run_actinide(
      {"emit", "gelu", "leaky_relu(slope=0.2)", "--define", "wave(x; a = 1) = x + sin(a * x)", "--dtype", "f32,f64",
       "--pass", "forward,backward", "--target", "x86-64-v3,x86-64-v2", "--name", "k", "-o", "lib"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "lib/include/k.h\nlib/lib/libk.a\nlib/k.json\n12 kernels for x86-64-v3, x86-64-v2\n");
  for (const char *file : {"include/k.h", "lib/libk.a", "k.json"})
    EXPECT_TRUE(fs::exists(scratch_folder() + "/lib/" + file)) << file;
}

TEST(Emit, AddsFunctionsForCuda) {
  const Outcome outcome =
      run_actinide({"emit", "relu", "--target", "cuda-sm90,x86-64-v3,cuda-sm80", "--name", "c", "-o", "cuda"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "cuda/include/c.h\ncuda/lib/libc.a\ncuda/c.json\n1 kernel for cuda-sm90, x86-64-v3, cuda-sm80\n");
  const auto manifest = nlohmann::json::parse(std::ifstream(scratch_folder() + "/cuda/c.json"));
  ASSERT_EQ(manifest.at("kernels").size(), 2u);
  EXPECT_EQ(manifest["kernels"][0].at("name"), "c_relu_forward_f32");
  EXPECT_EQ(manifest["kernels"][1].at("name"), "c_relu_forward_f32_cuda");
}

TEST(Emit, TakesCudaAlone) {
  const Outcome outcome = run_actinide({"emit", "relu", "--target", "cuda-sm80", "--name", "c", "-o", "cuda_alone"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.ends_with("1 kernel for cuda-sm80\n")) << outcome.out;
}

TEST(Emit, DefaultsAreForwardF32ForAllTargets) {
  const Outcome outcome = run_actinide({"emit", "relu", "-o", "plain"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "plain/include/actinide_kernels.h\nplain/lib/libactinide_kernels.a\nplain/actinide_kernels.json\n"
            "1 kernel for x86-64-v2, x86-64-v3, x86-64-v4\n");
}

TEST(Check, MeasuresAndKeepsTheBound) {
  const Outcome outcome = run_actinide({"check", "silu", "tanh", "--points", "20000", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto results = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(results.size(), 2u);
  for (const auto &result : results) {
    EXPECT_GE(result.at("points"), 20000);
    EXPECT_GT(result.at("ulp"), 0.5) << "nothing rounds as well as that";
    EXPECT_LE(result.at("ulp"), result.at("bound"));
    EXPECT_TRUE(result.at("kept"));
  }
}

TEST(Check, MeasuresADefinitionThatPromisesNothing) {
  const Outcome outcome =
      run_actinide({"check", "--define", "f(x, g) = x * tanh(g)", "--dtype", "f64", "--points", "2000"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("f_forward_f64, standard: y by x, g = 1, "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("f_forward_f64, standard: y by g, x = 1, "), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("bound"), std::string::npos) << outcome.out;
}

// At p = 1 the loss is infinite for every t, where each point took the reference a limit: minutes for nothing.
TEST(Check, RestsWhereTheFunctionHasValues) {
  const Outcome outcome = run_actinide(
      {"check", "--define", "loss(p, t) = -t * log(p) - (1 - t) * log(1 - p)", "--points", "1000", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto results = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(results.at(0).at("others").at("t"), 1);
  EXPECT_EQ(results.at(1).at("others").at("p"), 0.625);
}

TEST(Check, NamesNoPlaceWhereThereIsNoError) {
  const Outcome outcome = run_actinide({"check", "elu(a=0)", "--points", "1000"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("\n  error       none (bound: 4)\n"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find(", exact \n"), std::string::npos) << outcome.out;
}

TEST(Check, TriesEveryInputOf16Bits) {
  const Outcome outcome = run_actinide({"check", "gelu", "--dtype", "f16", "--exhaustive", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto results = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(results.at(0).at("points"), 65536);
  EXPECT_EQ(results.at(0).at("not_nearest"), 0);
}

TEST(Check, StridesThroughF32) {
  const Outcome outcome = run_actinide({"check", "gelu", "--tier", "exact", "--stride", "100003", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto results = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(results.at(0).at("points"), (4294967296 + 100002) / 100003);
  EXPECT_EQ(results.at(0).at("bound"), 0.5);
  EXPECT_EQ(results.at(0).at("not_nearest"), 0);
}

TEST(Check, RelaxedKeepsAnAbsoluteError) {
  const Outcome outcome = run_actinide({"check", "mish", "--tier", "relaxed", "--points", "2000", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto result = nlohmann::json::parse(outcome.out).at(0);
  EXPECT_TRUE(result.at("bound").is_null());
  EXPECT_LE(result.at("relaxed"), result.at("relaxed_bound"));
  EXPECT_GT(result.at("relaxed"), 0);
}

// relu computes the same in each: one sweep serves them.
TEST(Check, MeasuresSeveralTiersAtTheSameInputs) {
  const Outcome outcome = run_actinide(
      {"check", "gelu", "relu", "--tier", "relaxed,standard,faithful,exact", "--stride", "100003", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto results = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(results.size(), 8u);
  const char *const tiers[] = {"relaxed", "standard", "faithful", "exact"};
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(results[i].at("tier"), tiers[i % 4]);
    const Outcome alone =
        run_actinide({"check", i < 4 ? "gelu" : "relu", "--tier", tiers[i % 4], "--stride", "100003", "--json"});
    EXPECT_EQ(nlohmann::json::parse(alone.out)[0], results[i]);
  }
}

TEST(Check, MeasuresPeersThatAreInstalled) {
  const Outcome outcome =
      run_actinide({"check", "exp", "--pass", "derivative", "--against", "all", "--stride", "100003", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto results = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(results[0].at("by"), "actinide");
  for (std::size_t i = 1; i < results.size(); ++i) {
    EXPECT_NE(results[i].at("by"), "actinide");
    EXPECT_TRUE(results[i].at("bound").is_null()) << "nothing is promised for a peer";
    EXPECT_EQ(results[i].at("points"), results[0].at("points"));
  }
}

TEST(Check, MeasuresRows) {
  for (const char *pass : {"forward", "backward", "backward_from_output"}) {
    const std::vector<std::string> words = {
        "check",     "softmin",  "log_softmax", "--pass", pass,    "--tier", "standard,faithful",
        "--columns", "1,33,300", "--points",    "3000",   "--json"};
    const Outcome outcome = run_actinide(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto results = nlohmann::json::parse(outcome.out);
    ASSERT_EQ(results.size(), 4u);
    for (const auto &result : results) {
      EXPECT_GE(result.at("points"), 2900);
      EXPECT_EQ(result.at("digest").get<std::string>().size(), 16);
      EXPECT_LE(result.at("ulp"), result.at("bound"));
      EXPECT_GT(result.at("ulp"), 0.4) << "nothing rounds as well as that";
      EXPECT_EQ(result.at("not_nearest") > 0, result.at("ulp") > 0.5);
    }
    std::vector<std::string> alone = words;
    alone.insert(alone.end(), {"--threads", "1"});
    EXPECT_EQ(nlohmann::json::parse(run_actinide(alone).out), results) << "whatever the number of threads";
  }
  const Outcome text = run_actinide({"check", "logsumexp(leading_zero=1)", "--dtype", "bf16", "--points", "500"});
  EXPECT_NE(text.out.find("logsumexp_leading_zero1_forward_bf16, standard: y, "), std::string::npos) << text.out;
}

// A target without fma may give other bits: it isn't among those that are compared, even where it is forced.
TEST(Check, ComparesBitsOfTargetsWithFma) {
  const auto kernels_compared = [] {
    const Outcome outcome = run_actinide({"check", "gelu", "--bits", "--points", "20000", "--json"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const auto result = nlohmann::json::parse(outcome.out).at(0);
    EXPECT_EQ(result.at("different"), 0);
    EXPECT_GE(result.at("points"), 20000);
    return result.at("kernels").get<int>();
  };
  const int all = kernels_compared();
  EXPECT_GT(all, 3);
  setenv("ACTINIDE_TARGET", "x86-64-v2", 1);
  EXPECT_EQ(kernels_compared(), all);
  unsetenv("ACTINIDE_TARGET");
  EXPECT_NE(run_actinide({"check", "gelu", "--bits", "--schedule", "vectors=1"}).status, 0) << "it would mean nothing";
}

// What a kernel computes changes with the tier, not with the run.
TEST(Check, DigestTellsWhatIsComputed) {
  const auto digest = [](const std::string &tier) {
    const Outcome outcome = run_actinide({"check", "gelu", "tanh", "--digest", "--tier", tier});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  };
  const std::string standard = digest("standard");
  EXPECT_EQ(standard, digest("standard"));
  EXPECT_NE(standard, digest("exact"));
  EXPECT_TRUE(standard.starts_with("gelu_forward_f32 ")) << standard;
  EXPECT_NE(standard.find("\ntanh_forward_f32 "), std::string::npos) << standard;
}

TEST(Cache, TellsWhatItHoldsAndIsCleared) {
  const std::string directory = scratch_folder() + "/kernels";
  setenv("ACTINIDE_CACHE_DIR", directory.c_str(), 1);
  const auto info = [] { return nlohmann::json::parse(run_actinide({"cache", "info", "--json"}).out); };
  EXPECT_EQ(info()["entries"], 0);
  const Outcome compiled = run_actinide({"run", "gelu", "--values", "-1,2"});
  const Outcome cached = run_actinide({"run", "gelu", "--values", "-1,2"});
  EXPECT_EQ(compiled.status, 0) << compiled.err;
  EXPECT_EQ(cached.out, compiled.out);
  EXPECT_EQ(info()["directory"], directory);
  EXPECT_EQ(info()["entries"], 1);
  EXPECT_GT(info()["bytes"], 1000);
  EXPECT_TRUE(info()["usable"]);
  EXPECT_NE(run_actinide({"cache", "info"}).out.find(directory + ": 1 kernels"), std::string::npos);
  EXPECT_EQ(run_actinide({"cache", "clear"}).status, 0);
  EXPECT_EQ(info()["entries"], 0);

  setenv("ACTINIDE_CACHE_DIR", "/dev/null", 1);
  EXPECT_FALSE(info()["usable"]);
  const Outcome refused = run_actinide({"cache", "clear"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err, "actinide: the cache /dev/null is left alone: Not a directory\n");
}

TEST(Plot, DrawsEveryFunctionAndItsDerivatives) {
  const std::string file = scratch_folder() + "/plot.svg";
  const Outcome outcome =
      run_actinide({"plot", "gelu", "leaky_relu(slope=0.2)", "--define", "mine(x, g) = x * tanh(g)", "-o", file});
  if (outcome.err.find("install the package gnuplot-nox") != std::string::npos) {
    EXPECT_EQ(outcome.status, 1);
    EXPECT_FALSE(fs::exists(file));
    GTEST_SKIP() << outcome.err;
  }
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, file + "\n");
  std::ifstream stream(file);
  const std::string svg(std::istreambuf_iterator<char>(stream), {});
  for (const char *title : {">gelu<", ">gelu'<", ">leaky_relu(slope=0.2)<", ">mine, g = 1<"}) {
    EXPECT_NE(svg.find(title), std::string::npos) << title;
  }
  EXPECT_TRUE(svg.ends_with("</svg>\n\n") || svg.ends_with("</svg>\n")) << "the picture is whole";
}

TEST(Targets, HasEveryTargetAndMarksTheBest) {
  const Outcome outcome = run_actinide({"targets"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const Target &target : all_targets()) EXPECT_NE(outcome.out.find(target.name), std::string::npos);
  const std::size_t best = outcome.out.find(host_target().name + " ");
  ASSERT_NE(best, std::string::npos);
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find('\n', best)).ends_with("best"), true) << outcome.out;
  EXPECT_NE(outcome.out.find("-macos or -windows"), std::string::npos) << outcome.out;
}

TEST(Help, IsShownForTheCommandAndEachSubcommand) {
  for (const std::vector<std::string> &arguments : {std::vector<std::string>{"--help"},
                                                    {"list", "--help"},
                                                    {"show", "--help"},
                                                    {"explain", "--help"},
                                                    {"emit", "--help"},
                                                    {"run", "--help"},
                                                    {"check", "--help"},
                                                    {"targets", "--help"}}) {
    const Outcome outcome = run_actinide(arguments);
    EXPECT_EQ(outcome.status, 0) << arguments[0];
    EXPECT_NE(outcome.out.find("Usage"), std::string::npos) << arguments[0];
    EXPECT_EQ(outcome.err, "");
  }
}

}  // namespace
}  // namespace actinide::testing_support
