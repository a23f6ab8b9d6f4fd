// Bad input: exit status 1 and one clear line that names cause and remedy; wrong usage: 2; nothing half-written.
#include "tests/cli/command.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace actinide::testing_support {
namespace {

namespace fs = std::filesystem;

struct BadInput {
  std::string name;
  std::vector<std::string> arguments;
  std::string message;  ///< the whole line
};

class BadInputs : public testing::TestWithParam<BadInput> {};

TEST_P(BadInputs, GiveStatus1AndOneLine) {
  const Outcome outcome = run_actinide(GetParam().arguments);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "actinide: " + GetParam().message + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Requests, BadInputs,
    testing::Values(
        BadInput{"unknown_name",
                 {"run", "gleu", "--values", "1"},
                 "unknown activation 'gleu'; did you mean 'gelu'? `actinide list` shows all, and a definition is "
                 "written `gleu(x) = ...`"},
        BadInput{"unknown_parameter", {"run", "gelu(k=2)", "--values", "1"}, "gelu has no parameter 'k'; it has none"},
        BadInput{
            "parameter_outside_its_range", {"show", "softplus(k=0)"}, "softplus: k = 0 is outside its range: k > 0"},
        BadInput{"nothing_requested",
                 {"run", "", "--values", "1"},
                 "expected the name of an activation, but the text ends here"},
        BadInput{"nothing_gated",
                 {"run", "gated( )", "--values", "1"},
                 "'gated( )': gated takes one activation in parentheses, as in gated(silu)"},
        BadInput{"more_tensors_than_a_call_takes",
                 {"explain", "f(a, b, c, d, g, h, i, j) = a + b + c + d + g + h + i + j"},
                 "f_forward_f32 has 9 tensors; a kernel has at most 8: give the definition fewer inputs"},
        BadInput{"one_input_packed",
                 {"run", "packed(relu)", "--values", "1"},
                 "packed(relu): relu has 1 input; packed(...) takes an activation of two inputs"},
        BadInput{"packed_twice",
                 {"emit", "packed(packed(glu))", "-o", "out"},
                 "packed(...) takes an activation of two inputs or gated(...), which packed(...) is not"},
        BadInput{"packed_without_parentheses",
                 {"show", "packed"},
                 "'packed': packed takes one activation in parentheses, as in packed(swiglu)"},
        BadInput{"packed_measured",
                 {"check", "packed(glu)"},
                 "check measures an activation by itself; leave out packed(...)"},
        BadInput{"all_of_f64_measured",
                 {"check", "gelu", "--dtype", "f64", "--exhaustive"},
                 "the inputs of f64 are too many to try them all; leave out --exhaustive and --stride, see --points"},
        BadInput{"plot_of_rows",
                 {"plot", "softmax", "-o", "x.svg"},
                 "softmax: only functions of single elements are plotted"},
        BadInput{
            "plot_in_no_format", {"plot", "relu", "-o", "x.jpg"}, "x.jpg: the name must end in .svg, .png or .pdf"},
        BadInput{"plot_of_gradients",
                 {"plot", "relu", "--pass", "backward", "-o", "x.svg"},
                 "--pass backward: plots show forward, derivative and second_derivative"},
        BadInput{"plot_backwards",
                 {"plot", "relu", "--from", "3", "--to", "1", "-o", "x.svg"},
                 "--from 3 --to 1: the first must be the smaller number"},
        BadInput{"exact_f64",
                 {"check", "gelu", "--dtype", "f64", "--tier", "exact"},
                 "f64 has no tier 'exact', for nothing wider shows how each result rounds; `faithful` errs by less "
                 "than 1 ULP"},
        BadInput{"default_beyond_the_dtype",
                 {"run", "f(x; a = 1e39) = a * x", "--values", "1"},
                 "f: the default of a is beyond the largest f32; choose a smaller one"},
        BadInput{"default_beyond_f64",
                 {"emit", "f(x; a = -1e400) = a * x", "--dtype", "f64", "-o", "out"},
                 "f: the default of a is beyond the largest f64; choose a smaller one"},
        BadInput{"channels_measured",
                 {"check", "prelu"},
                 "check measures functions of single elements, or of rows, which prelu_forward_f32 is not"},
        BadInput{"bits_of_rows",
                 {"check", "softmax", "--bits"},
                 "--bits compares functions of single elements, which softmax_forward_f32 is not"},
        BadInput{"more_elements_than_fit",
                 {"bench", "relu", "--size", "18446744073709551615"},
                 "18446744073709551615 elements are more than any memory holds; see --size"},
        BadInput{"more_bytes_than_fit",
                 {"tune", "relu", "--size", "4611686018427387905,4096", "-o", "schedules.json"},
                 "4611686018427387905 elements are more than any memory holds; see --size"},
        BadInput{"peer_twice",
                 {"bench", "relu", "--size", "64", "--target", "x86-64-v3", "--against", "handwritten,handwritten"},
                 "the peer handwritten is named twice"},
        BadInput{"rows_by_a_peer",
                 {"check", "softmax", "--against", "all"},
                 "peers are measured at functions of single elements; leave out --against"},
        BadInput{"all_rows_measured",
                 {"check", "softmax", "--exhaustive"},
                 "there are too many rows to try them all; leave out --exhaustive and --stride, see --points"},
        BadInput{"bias_of_a_row",
                 {"run", "biased(softmax)", "--values", "1"},
                 "biased(softmax): softmax is not element-wise; biased(...) takes an activation of single elements"},
        BadInput{"pass_that_is_not_fused",
                 {"emit", "residual(gelu)", "--pass", "derivative", "-o", "out"},
                 "residual(gelu) has no derivative; request that of gelu"},
        BadInput{"pass_that_no_sum_has",
                 {"emit", "residual(biased(swish))", "--pass", "parameter_gradient", "-o", "out"},
                 "residual(biased(swish)) has no parameter_gradient; request that of swish"},
        BadInput{"unknown_pass",
                 {"run", "gelu", "--pass", "sideways", "--values", "1"},
                 "unknown pass 'sideways'; known are: forward, derivative, backward, backward_from_output, "
                 "forward_backward, second_derivative, double_backward, parameter_gradient"},
        BadInput{"undefined_pass",
                 {"emit", "relu", "gelu", "--pass", "backward_from_output", "-o", "out"},
                 "gelu has no backward_from_output: no stable form of its derivative in terms of the output is known; "
                 "use backward"},
        BadInput{"unknown_dtype",
                 {"run", "gelu", "--dtype", "f8", "--values", "1"},
                 "unknown dtype 'f8'; known are: f32, f64, f16, bf16"},
        BadInput{"unknown_pair_of_dtypes",
                 {"emit", "gelu", "--dtype", "f32,f32:f64", "-o", "out"},
                 "unknown pair of dtypes 'f32:f64'; known are: bf16:f32, f32:bf16, f16:f32, f32:f16"},
        BadInput{"pair_of_one_dtype",
                 {"run", "gelu", "--dtype", "f32:f32", "--values", "1"},
                 "unknown pair of dtypes 'f32:f32'; known are: bf16:f32, f32:bf16, f16:f32, f32:f16"},
        BadInput{"pair_of_dtypes_measured",
                 {"check", "gelu", "--dtype", "bf16:f32"},
                 "check measures kernels of one dtype; --dtype f32 has the function of bf16:f32"},
        BadInput{"unknown_tier",
                 {"emit", "gelu", "--tier", "best", "-o", "out"},
                 "unknown tier 'best'; known are: relaxed, standard, faithful, exact"},
        BadInput{"unknown_stage",
                 {"show", "gelu", "--stage", "magic"},
                 "unknown stage 'magic'; known are: definition, pass, stable form, numerics, halide, llvm, assembly"},
        BadInput{"cuda_for_macos",
                 {"emit", "relu", "--target", "aarch64-macos,cuda-sm80", "-o", "out"},
                 "aarch64-macos and cuda-sm80 can't share a library: macOS has no CUDA; leave one of them out"},
        BadInput{"cuda_of_an_operating_system",
                 {"emit", "relu", "--target", "cuda-sm80-windows", "-o", "out"},
                 "'cuda-sm80-windows': PTX is the same for every operating system; write cuda-sm80"},
        BadInput{"two_definitions_of_one_name",
                 {"emit", "--define", "f(x) = x", "--define", "f(x) = 2*x", "-o", "out"},
                 "'f' is defined twice; rename one"},
        BadInput{"two_activations_where_one_is_wanted",
                 {"run", "gelu", "--define", "f(x) = x", "--values", "1"},
                 "this command takes one activation, not 2; leave the others out"},
        BadInput{"bound_parameter_of_a_definition",
                 {"run", "f(b=1)", "--define", "f(x; a = 1) = a * x", "--values", "1"},
                 "f has no parameter 'b'; it has a"}),
    [](const auto &test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Values, BadInputs,
    testing::Values(BadInput{"no_number",
                             {"run", "gelu", "--values", "1,two"},
                             "--values: 'two' is no number; write 0.5, -1e-3, 0x1.8p3, inf or nan"},
                    BadInput{"empty_place",
                             {"run", "gelu", "--values", "1,,2"},
                             "--values '1,,2' has an empty place; separate with single commas"},
                    BadInput{"too_large_for_f32",
                             {"run", "gelu", "--values", "1e39"},
                             "--values: 1e39 is beyond the largest f32; write inf if that is meant"},
                    BadInput{"one_input_of_two",
                             {"run", "f(x, g) = x * g", "--values", "1,2"},
                             "f_forward_f32 takes 2 (x, g), not 1 inputs; give --values or --input once for each"},
                    BadInput{"an_input_too_many_beside_the_implied_dy",
                             {"run", "gelu", "--pass", "backward", "--values", "1", "--values", "2"},
                             "gelu_backward_f32 takes 1 (x), not 2 inputs; give --values or --input once for each"},
                    BadInput{"inputs_of_different_length",
                             {"run", "f(x, g) = x * g", "--values", "1,2", "--values", "3"},
                             "g is (1,), but beside x, which is (2,), (2,) is needed"},
                    BadInput{"dy_without_backward",
                             {"run", "gelu", "--values", "1", "--dy", "d.npy"},
                             "--dy is for the backward passes only; leave it out"},
                    BadInput{"g_without_double_backward",
                             {"run", "gelu", "--pass", "backward", "--values", "1", "--g", "g.npy"},
                             "--g is for --pass double_backward only; leave it out"},
                    BadInput{"y_without_from_output",
                             {"run", "gelu", "--pass", "backward", "--values", "1", "--y", "y.npy"},
                             "--y is for --pass backward_from_output only; leave it out"},
                    BadInput{"y_and_values",
                             {"run", "relu", "--pass", "backward_from_output", "--values", "1", "--y", "y.npy"},
                             "--y takes the place of --values and --input; leave these out"},
                    BadInput{"one_g_of_two",
                             {"run", "f(x, z) = x * z", "--pass", "double_backward", "--values", "1", "--values", "2",
                              "--g", "g.npy"},
                             "--g is given 1 times for 2 inputs; give it once for each, or leave it out"},
                    BadInput{"no_such_file",
                             {"run", "gelu", "--input", "no_such.npy"},
                             "no_such.npy: it cannot be read: No such file or directory"},
                    BadInput{"two_outputs_of_one",
                             {"run", "silu", "--values", "1", "--output", "a.npy", "--output", "b.npy"},
                             "silu_forward_f32 gives 1 (y); name a file for each by --output"},
                    BadInput{"unwritable_output",
                             {"run", "silu", "--values", "1", "--output", "no_such_folder/y.npy"},
                             "no_such_folder/y.npy: it cannot be written: No such file or directory; name a directory "
                             "that exists and is yours"}),
    [](const auto &test) { return test.param.name; });

// Lines whose full wording belongs to another stage: they must name the cause, and stay one line.
class BadInputsElsewhere : public testing::TestWithParam<BadInput> {};

TEST_P(BadInputsElsewhere, GiveStatus1AndOneLine) {
  const Outcome outcome = run_actinide(GetParam().arguments);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_NE(outcome.err.find(GetParam().message), std::string::npos) << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(
    Requests, BadInputsElsewhere,
    testing::Values(BadInput{"impossible_target", {"emit", "gelu", "--target", "x86-64-v7", "-o", "out"}, "x86-64-v7"},
                    BadInput{"library_name", {"emit", "gelu", "--name", "9 lives", "-o", "out"}, "9 lives"},
                    BadInput{"one_kernel_twice", {"emit", "silu", "silu", "-o", "out"}, "silu_forward_f32"},
                    BadInput{"unwritable_directory", {"emit", "gelu", "-o", "/proc/no_such_folder"}, "/proc"},
                    BadInput{"a_file_as_directory", {"emit", "gelu", "-o", "/dev/null"}, "/dev/null"}),
    [](const auto &test) { return test.param.name; });

TEST(BadDefinition, ShowsTheLineAndACaretBelow) {
  const Outcome outcome = run_actinide({"run", "mine(x) = x tanh(x)", "--values", "1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "actinide: expected an operator before 'tanh'; a product is written with *\n"
            "  mine(x) = x tanh(x)\n"
            "              ^\n");
}

TEST(BadNpy, IsNamedWithItsRemedyAndNothingIsWritten) {
  std::ofstream(scratch_folder() + "/broken.npy") << "not an array";
  const Outcome outcome = run_actinide({"run", "gelu", "--input", "broken.npy", "--output", "y.npy"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "actinide: broken.npy: it is no .npy file; write one with numpy.save\n");
  EXPECT_FALSE(fs::exists(scratch_folder() + "/y.npy"));
}

TEST(FailedEmit, LeavesNothingBehind) {
  const Outcome outcome = run_actinide({"emit", "gelu", "gleu", "-o", "half"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_FALSE(fs::exists(scratch_folder() + "/half"));
}

class WrongUsage : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(WrongUsage, GivesStatus2AndSaysWhere) {
  const Outcome outcome = run_actinide(GetParam());
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(outcome.err.empty());
}

INSTANTIATE_TEST_SUITE_P(Commands, WrongUsage,
                         testing::Values(std::vector<std::string>{}, std::vector<std::string>{"frobnicate"},
                                         std::vector<std::string>{"list", "--colour"},
                                         std::vector<std::string>{"run", "gelu"},
                                         std::vector<std::string>{"run", "--values", "1"},
                                         std::vector<std::string>{"run", "gelu", "silu", "--values", "1"},
                                         std::vector<std::string>{"run", "gelu", "--values", "1", "--input", "x.npy"},
                                         std::vector<std::string>{"emit", "gelu"},
                                         std::vector<std::string>{"emit", "-o", "out"}));

// Each said something else before, or worse: it ran, or was aborted.
TEST(WrongUsageOf, NamesWhatIsWrong) {
  const std::pair<std::vector<std::string>, const char *> cases[] = {
      {{"bench", "gelu", "--time", "nan"}, "--time: 'nan' is no number from 0.001 to 3600"},
      {{"tune", "gelu", "--budget", "nan"}, "--budget: 'nan' is no number from 0.1 to 1000000"},
      {{"tune", "gelu", "--size", "0,4096"}, "--size: '0' is no whole number from 1 on"},
      {{"check", "gelu", "--stride", "-7"}, "--stride: '-7' is no whole number from 1 to 4294967295"},
      {{"check", "gelu", "--stride", "4294967296"}, "--stride: '4294967296' is no whole number from 1 to 4294967295"},
      {{"check", "gelu", "--points", "-1"}, "--points: '-1' is no whole number from 0 on"},
      {{"check", "gelu", "--points", "99999999999999999999"}, "is no whole number from 0 on"},
      {{"check", "gelu", "--threads", "-1"}, "--threads: '-1' is no whole number from 1 to 1024"},
      {{"frobnicate"}, "There is no command 'frobnicate'; there are list, "},
      {{"cache", "nope"}, "There is no command 'nope'; there are info, clear"},
      {{"cache"}, "A command is missing; there are info, clear"},
      {{}, "A command is missing; there are list, "},
      {{"emit", "gelu"}, "--output is required"},
  };
  for (const auto &[arguments, message] : cases) {
    const Outcome outcome = run_actinide(arguments);
    EXPECT_EQ(outcome.status, 2) << message;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
}

// What fills the buffer of stdout fails at once, what doesn't at the end.
TEST(FullDisk, IsNamedByEveryCommand) {
  for (const char *arguments : {"list", "list --json", "show relu", "explain relu", "targets", "--help",
                                "run relu --values 1", "check relu --points 10"}) {
    const std::string errors = scratch_folder() + "/full_disk.txt";
    const int status =
        std::system(("'" ACTINIDE_COMMAND "' " + std::string(arguments) + " >/dev/full 2>'" + errors + "'").c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1) << arguments;
    std::string line;
    std::getline(std::ifstream(errors), line);
    EXPECT_EQ(line, "actinide: writing to standard output failed: No space left on device") << arguments;
  }
}

}  // namespace
}  // namespace actinide::testing_support
