// Users' definitions, with every operation of the language, give the CPU's bits as PTX; at other parameters, too.
#include "tests/ptx/support.h"

namespace actinide::ptx {
namespace {

constexpr std::uint64_t seed = 21;

/// How a definition is tested, and with which parameters besides its defaults.
struct Sample {
  const char *name;
  const char *definition;
  std::vector<double> parameters = {};
};

const Sample samples[] = {
    {"sin", "f(x) = sin(x)"},
    {"cos", "f(x) = cos(x) * x"},
    {"sinc", "f(x) = select(x == 0, 1, sin(x) / x)"},
    {"sqrt", "f(x) = sqrt(x)"},
    {"power", "f(x) = x ^ 0.5 + x ^ 3"},
    {"exp", "f(x) = exp(x)"},
    {"expm1", "f(x) = expm1(x) * x"},
    {"log", "f(x) = log(x)"},
    {"log1p", "f(x) = log1p(exp(x))"},
    {"erf", "f(x) = erf(x)"},
    {"erfc", "f(x) = erfc(x)"},
    {"tanh", "f(x; k = 1) = x * tanh(k * exp(x))", {-0.75}},
    {"extrema", "f(x; k = 2) = max(x, k) - min(x, -k)", {-1.5}},
    {"sign", "f(x) = abs(x) + sign(x) + step(x)"},
    {"select", "f(x; a = 1, b = 2) = select(x < a, x, select(x >= b, b, x * x))", {-3.0, 0.125}},
    {"quotient", "f(x; a = 0.5) = x ^ 2 / (1 + abs(a * x))", {0.0}},
};

using Parameter = std::tuple<Sample, KernelCase>;
class Definitions : public testing::TestWithParam<Parameter> {};

template <typename T>
void expect_the_bits_of_the_cpu(const KernelCase &request, const std::vector<double> &parameters) {
  SCOPED_TRACE(fmt::format("seed {}, parameters {}", seed, fmt::join(parameters, ", ")));
  const Tensors<T> inputs = random_inputs<T>(input_count(request), 1 << 12, seed);
  const Tensors<T> expected = expected_outputs(request, inputs, parameters);
  for (const Entry &entry : emitted(request, parse_target("cuda-sm80")).entries)
    expect_same_bits(run(entry.kernel, inputs, expected.size(), parameters, {}), expected, inputs);
}

TEST_P(Definitions, GiveTheBitsOfTheCpu) {
  auto [sample, request] = GetParam();
  request.activation = sample.definition;
  std::vector<std::vector<double>> parameters{defaults_of(request)};
  if (!sample.parameters.empty()) parameters.push_back(sample.parameters);
  for (const std::vector<double> &values : parameters) {
    with_element(request.dtype, [&]<typename T>(T) { expect_the_bits_of_the_cpu<T>(request, values); });
  }
}

/// Every dtype and tier of the passes that every definition has, of a definition to be filled in; `relaxed` and `exact`
/// forward only.
std::vector<KernelCase> ways() {
  std::vector<KernelCase> all;
  for (Pass pass : {Pass::forward, Pass::derivative, Pass::backward, Pass::second_derivative})
    for (DType dtype : all_dtypes())
      for (Tier tier : pass == Pass::forward ? tiers_of(dtype) : testing_support::common_tiers(dtype))
        all.push_back({"", pass, dtype, tier});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Samples, Definitions, testing::Combine(testing::ValuesIn(samples), testing::ValuesIn(ways())),
                         [](const auto &test) {
                           return std::get<0>(test.param).name + std::get<1>(test.param).name();
                         });

}  // namespace
}  // namespace actinide::ptx
