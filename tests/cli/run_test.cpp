// `actinide run`: numbers of the command line and of .npy files through compiled kernels.
#include "cli/npy.h"
#include "tests/cli/command.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <sstream>

namespace actinide::testing_support {
namespace {

using cli::NpyArray;

// The numbers of the last column of a printed table.
std::vector<double> last_column(const std::string &table) {
  std::istringstream lines(table);
  std::vector<double> values;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line))
    values.push_back(std::strtod(line.substr(line.find_last_of(' ') + 1).c_str(), nullptr));
  return values;
}

NpyArray f32_array(const std::vector<std::size_t> &shape, const std::vector<float> &values) {
  NpyArray array{.dtype = DType::f32, .shape = shape, .data = std::vector<std::byte>(4 * values.size())};
  std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

std::vector<float> floats(const NpyArray &array) {
  std::vector<float> values(array.size());
  std::memcpy(values.data(), array.data.data(), array.data.size());
  return values;
}

TEST(Run, FaithfulGeluIsExactToTheLastDigitOrItsNeighbour) {
  const Outcome outcome = run_actinide({"run", "gelu", "--tier", "faithful", "--values", "-13.2,-6,-0.75,0,3"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::vector<double> computed = last_column(outcome.out);
  // x Phi(x) at the f32 nearest to each value, by 60-digit arithmetic.
  const std::vector<double> exact = {-5.79052816e-39, -5.91952587e-9, -0.169970514, 0, 2.99595031};
  ASSERT_EQ(computed.size(), exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto nearest = static_cast<float>(exact[i]);
    const float x = static_cast<float>(computed[i]);
    EXPECT_TRUE(x == nearest || x == std::nextafterf(nearest, INFINITY) || x == std::nextafterf(nearest, -INFINITY))
        << x << ", exact " << exact[i];
  }
}

TEST(Run, PrintsDigitsThatReadBackAsTheSameNumber) {
  const Outcome outcome =
      run_actinide({"run", "f(x) = x / 3", "--dtype", "f64", "--values", "1,-0.5,0x1p-1074,inf,nan"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "x       y\n"
            "1       0.3333333333333333\n"
            "-0.5    -0.16666666666666666\n"
            "5e-324  0\n"
            "inf     inf\n"
            "nan     nan\n");
}

TEST(Run, NegativeAndSpecialValuesNeedNoQuoting) {
  const Outcome outcome = run_actinide({"run", "relu", "--values", "-inf,-0,-1"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "x     y\n-inf  0\n-0    0\n-1    0\n");
}

TEST(Run, BackwardTakesDyAsOneUnlessAFileGivesIt) {
  const Outcome ones = run_actinide({"run", "leaky_relu(slope=0.25)", "--pass", "backward", "--values", "-2,5"});
  EXPECT_EQ(ones.out, "dy  x   dx\n1   -2  0.25\n1   5   1\n") << ones.err;

  write_npy(scratch_folder() + "/x.npy", f32_array({2}, {-2, 5}));
  write_npy(scratch_folder() + "/d.npy", f32_array({2}, {8, 3}));
  const Outcome outcome = run_actinide({"run", "leaky_relu(slope=0.25)", "--pass", "backward", "--input", "x.npy",
                                        "--dy", "d.npy", "--output", "dx.npy"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "dx.npy: dx of leaky_relu_slope0p25_backward_f32, f32 (2,)\n");
  EXPECT_EQ(floats(cli::read_npy(scratch_folder() + "/dx.npy")), (std::vector<float>{2, 3}));
}

TEST(Run, KeepsTheShapeAndTypeOfItsInput) {
  write_npy(scratch_folder() + "/x.npy", f32_array({2, 1, 3}, {-2, -1, 0, 1, 2, 3}));
  const Outcome outcome = run_actinide({"run", "relu", "--input", "x.npy", "--output", "y.npy"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const NpyArray y = cli::read_npy(scratch_folder() + "/y.npy");
  EXPECT_EQ(y.shape, (std::vector<std::size_t>{2, 1, 3}));
  EXPECT_EQ(floats(y), (std::vector<float>{0, 0, 0, 1, 2, 3}));
}

TEST(Run, LongFilesAreShownInPart) {
  write_npy(scratch_folder() + "/long.npy", f32_array({100}, std::vector<float>(100, 1)));
  const Outcome outcome = run_actinide({"run", "relu", "--input", "long.npy"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.ends_with("\n... 80 more; --output FILE.npy writes them all\n")) << outcome.out;
}

TEST(Run, TypeOfTheFileIsNotOverruled) {
  write_npy(scratch_folder() + "/x.npy", f32_array({1}, {1}));
  const Outcome outcome = run_actinide({"run", "relu", "--dtype", "f64", "--input", "x.npy"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "actinide: x.npy holds f32; leave out --dtype f64 or convert the file\n");
}

TEST(Run, DefinitionsByOptionMayBeBound) {
  const Outcome outcome =
      run_actinide({"run", "line(a=3)", "--define", "line(x; a = 1, b = 0) = a * x + b", "--values", "2"});
  EXPECT_EQ(outcome.out, "x  y\n2  6\n") << outcome.err;
}

TEST(Run, SeveralInputsAndOutputs) {
  const Outcome outcome =
      run_actinide({"run", "f(x, g) = x * g", "--pass", "backward", "--values", "2,3", "--values", "5,7"});
  EXPECT_EQ(outcome.out, "dy  x  g  dx  dg\n1   2  5  5   2\n1   3  7  7   3\n") << outcome.err;
}

TEST(Run, BackwardFromOutputTakesTheOutput) {
  const Outcome numbers = run_actinide({"run", "relu", "--pass", "backward_from_output", "--values", "3,0"});
  EXPECT_EQ(numbers.out, "dy  y  dx\n1   3  1\n1   0  0\n") << numbers.err;
  write_npy(scratch_folder() + "/y.npy", f32_array({2}, {0.5F, 0.25F}));
  write_npy(scratch_folder() + "/dy.npy", f32_array({2}, {2, 4}));
  const Outcome files =
      run_actinide({"run", "sigmoid", "--pass", "backward_from_output", "--y", "y.npy", "--dy", "dy.npy"});
  EXPECT_EQ(last_column(files.out), (std::vector<double>{0.5, 0.75})) << files.err;
}

TEST(Run, DoubleBackwardTakesAGradientForEachInput) {
  write_npy(scratch_folder() + "/g1.npy", f32_array({1}, {3}));
  write_npy(scratch_folder() + "/g2.npy", f32_array({1}, {5}));
  const Outcome outcome = run_actinide({"run", "f(x, z) = x * z", "--pass", "double_backward", "--values", "2",
                                        "--values", "7", "--g", "g1.npy", "--g", "g2.npy"});
  EXPECT_EQ(outcome.out, "gx  gz  dy  x  z  ddy  dx  dz\n3   5   1   2  7  31   5   3\n") << outcome.err;
}

TEST(Run, ABiasHasAValueForEachChannel) {
  write_npy(scratch_folder() + "/image.npy", f32_array({2, 3, 2}, {-1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6}));
  write_npy(scratch_folder() + "/bias.npy", f32_array({3}, {1, 2, 3}));
  const Outcome outcome = run_actinide({"run", "biased(relu)", "--input", "image.npy", "--input", "bias.npy"});
  EXPECT_EQ(outcome.out,
            "x (2, 3, 2): -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6\nbias (3,): 1, 2, 3\n"
            "y (2, 3, 2): 0, 2, 0, 4, 0, 6, 0, 5, 0, 7, 0, 9\n")
      << outcome.err;
  const Outcome gradients =
      run_actinide({"run", "residual(biased(relu))", "--pass", "backward", "--input", "image.npy", "--input",
                    "bias.npy", "--output", "dx.npy", "--output", "dbias.npy", "--output", "dr.npy"});
  ASSERT_EQ(gradients.status, 0) << gradients.err;
  EXPECT_EQ(floats(cli::read_npy(scratch_folder() + "/dbias.npy")), (std::vector<float>{2, 2, 2}));
}

TEST(Run, InputsAndOutputsOfTwoTypes) {
  const Outcome numbers = run_actinide({"run", "square", "--dtype", "bf16:f32", "--values", "1.0078125"});
  EXPECT_EQ(numbers.out, "x     y\n1.01  1.015686\n") << numbers.err;
  NpyArray x{.dtype = DType::bf16, .shape = {2}, .data = std::vector<std::byte>(4)};
  x.set(0, 3), x.set(1, -1);
  write_npy(scratch_folder() + "/x16.npy", x);
  write_npy(scratch_folder() + "/dy32.npy", f32_array({2}, {1.00390625F, 5}));
  const Outcome files = run_actinide({"run", "relu", "--pass", "backward", "--dtype", "bf16:f32", "--input", "x16.npy",
                                      "--dy", "dy32.npy", "--output", "dx16.npy"});
  EXPECT_EQ(files.out, "dx16.npy: dx of relu_backward_bf16_f32, bf16 (2,)\n") << files.err;
  const NpyArray dx = cli::read_npy(scratch_folder() + "/dx16.npy", DType::bf16);
  EXPECT_EQ(dx.get(0), 1) << "to even";
  EXPECT_EQ(dx.get(1), 0);
  const Outcome wrong =
      run_actinide({"run", "relu", "--pass", "backward", "--dtype", "f32:bf16", "--input", "x16.npy"});
  EXPECT_EQ(wrong.status, 1);
}

TEST(Run, AResidualIsAdded) {
  const Outcome outcome = run_actinide({"run", "residual(relu)", "--values", "3,-1", "--values", "10,20"});
  EXPECT_EQ(outcome.out, "x   r   y\n3   10  13\n-1  20  20\n") << outcome.err;
}

TEST(Run, ForwardBackwardGivesBoth) {
  const Outcome outcome = run_actinide({"run", "relu", "--pass", "forward_backward", "--values", "3,-1"});
  EXPECT_EQ(outcome.out, "x   y  dydx\n3   3  1\n-1  0  0\n") << outcome.err;
}

TEST(Run, RowsWithoutElementsHaveResultsAllTheSame) {
  write_npy(scratch_folder() + "/empty_rows.npy", f32_array({2, 0}, {}));
  const Outcome outcome = run_actinide({"run", "logsumexp", "--input", "empty_rows.npy"});
  EXPECT_EQ(outcome.out, "x (2, 0): \ny (2,): -inf, -inf\n") << outcome.err;
}

TEST(Run, OptionsMayStandBeforeTheActivation) {
  const Outcome defined = run_actinide({"run", "--define", "mine(x; a = 1) = x * a", "mine(a=2)", "--values", "3"});
  EXPECT_EQ(defined.out, "x  y\n3  6\n") << defined.err;
  const Outcome valued = run_actinide({"run", "--values", "3", "--values", "4", "f(x, z) = x * z"});
  EXPECT_EQ(valued.out, "x  z  y\n3  4  12\n") << valued.err;
  write_npy(scratch_folder() + "/before.npy", f32_array({1}, {5}));
  const Outcome read = run_actinide({"run", "--input", "before.npy", "relu"});
  EXPECT_EQ(read.out, "x  y\n5  5\n") << read.err;
}

TEST(Run, ShapesThatHaveAsManyElementsAreNotTheSame) {
  write_npy(scratch_folder() + "/wide.npy", f32_array({2, 3}, std::vector<float>(6, 1)));
  write_npy(scratch_folder() + "/high.npy", f32_array({3, 2}, std::vector<float>(6, 1)));
  write_npy(scratch_folder() + "/flat.npy", f32_array({6}, std::vector<float>(6, 1)));
  for (const auto &[activation, second] :
       {std::pair("f(x, z) = x * z", "z"), std::pair("swiglu", "gate"), std::pair("residual(gelu)", "r")}) {
    const Outcome turned = run_actinide({"run", activation, "--input", "wide.npy", "--input", "high.npy"});
    EXPECT_EQ(turned.status, 1);
    EXPECT_EQ(turned.err,
              std::string("actinide: ") + second + " is (3, 2), but beside x, which is (2, 3), (2, 3) is needed\n");
    EXPECT_EQ(run_actinide({"run", activation, "--input", "flat.npy", "--input", "wide.npy"}).status, 1);
    EXPECT_EQ(run_actinide({"run", activation, "--input", "wide.npy", "--input", "wide.npy"}).status, 0);
  }
}

TEST(Run, ResultsBeyondAnyMemoryAreRefused) {
  const NpyArray rows{.dtype = DType::f16, .shape = {std::size_t{1} << 61, 0}, .data = {}};
  write_npy(scratch_folder() + "/endless.npy", rows);
  const Outcome outcome =
      run_actinide({"run", "logsumexp", "--dtype", "f16:f32", "--input", "endless.npy", "--output", "sums.npy"});
  EXPECT_EQ(outcome.err, "actinide: a tensor of shape (2305843009213693952,) is larger than any memory\n");
}

}  // namespace
}  // namespace actinide::testing_support
