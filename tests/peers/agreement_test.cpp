// Peers compute what our kernels compute: each of their kernels is held against the reference on modest inputs.
#include "activations.h"
#include "bench/peers.h"
#include "codegen/target.h"
#include "expression/reference.h"
#include "measure/tensors.h"
#include "passes.h"

#include <gtest/gtest.h>

#include <cmath>

namespace actinide::bench {
namespace {

constexpr std::size_t kRows = 3, kColumns = 70;  // no multiple of a vector
constexpr std::size_t kElements = kRows * kColumns;

// Far more than rounding, far less than another function: of max(1, |exact|).
double tolerance(DType dtype) {
  return dtype == DType::f64 ? 0x1p-44 : dtype == DType::f32 ? 0x1p-16 : dtype == DType::f16 ? 0x1p-8 : 0x1p-6;
}

// Every row with its defaults, and values that a peer must take or refuse.
std::vector<std::string> requests() {
  std::vector<std::string> texts = {"relu(gradient_at_zero=1)",
                                    "leaky_relu(slope=0.3)",
                                    "elu(a=0.5)",
                                    "swish(beta=1.5)",
                                    "softplus(k=2)",
                                    "squareplus(b=1)",
                                    "identity(a=2,c=1)",
                                    "relu6",
                                    "clip(low=-0.5,high=0.7)",
                                    "hardsigmoid(a=1/5,c=0.4)",
                                    "hardswish(a=1/5,c=0.4)",
                                    "pow(p=3)"};
  for (const Activation &row : all_activations()) texts.emplace_back(row.name);
  return texts;
}

// Where the tensors of the kernels that peers have lie: their inputs, and one output.
struct Kernel {
  KernelRequest request;
  Extents extents;
  std::vector<speed::TensorPlan> plans;
};

// Nothing if no peer may have it.
std::optional<Kernel> kernel_of(const std::string &text, Pass pass, DType dtype) {
  Kernel kernel{parse_kernel_request(text, Pass::forward, dtype, Tier::standard), {1, 1, kElements}, {}};
  kernel.request.pass = pass;
  if (kernel.request.shape == ShapeClass::split || kernel.request.shape == ShapeClass::group) return std::nullopt;
  if (reason_undefined(kernel.request)) return std::nullopt;
  if (kernel.request.shape == ShapeClass::row) kernel.extents = rows(kRows, kColumns);
  if (kernel.request.shape == ShapeClass::channel) kernel.extents = channels(kRows, kColumns, 1);
  const KernelSignature signature = signature_of(kernel.request);
  for (const KernelBuffer &buffer : signature.buffers) {
    const bool is_input = kernel.plans.size() < signature.inputs.size();
    const TensorLayout layout{buffer.dtype, buffer.along};
    kernel.plans.push_back({buffer.dtype, elements(layout, kernel.extents),
                            is_input ? speed::Distribution::normal : speed::Distribution::zero});
  }
  return kernel;
}

double number_at(const Kernel &kernel, const std::vector<void *> &buffers, std::size_t k, std::size_t i) {
  return with_element(kernel.plans[k].dtype,
                      [&]<typename T>(T) { return static_cast<double>(static_cast<const T *>(buffers[k])[i]); });
}

// Result i, by its definition: logsumexp has one for each row.
double exact_row_result(const Kernel &kernel, const std::vector<void *> &buffers, std::size_t i) {
  const RowFunction function = kernel.request.row->row;
  const std::size_t row = function == RowFunction::logsumexp ? i * kColumns : i / kColumns * kColumns;
  const auto at = [&](std::size_t k, std::size_t j) { return number_at(kernel, buffers, k, row + j); };
  const bool logarithm = function == RowFunction::log_softmax;
  double sum = 0;
  if (kernel.request.pass == Pass::forward) {
    for (std::size_t j = 0; j < kColumns; ++j) sum += std::exp(at(0, j));
    if (function == RowFunction::logsumexp) return std::log(sum);
    const double x = number_at(kernel, buffers, 0, i);
    return logarithm ? x - std::log(sum) : std::exp(x) / sum;
  }
  for (std::size_t j = 0; j < kColumns; ++j) sum += at(0, j) * (logarithm ? 1 : at(1, j));
  const double dy = number_at(kernel, buffers, 0, i), y = number_at(kernel, buffers, 1, i);
  return logarithm ? dy - std::exp(y) * sum : y * (dy - sum);
}

// The largest difference to the exact results, to max(1, |exact|).
double worst_difference(const Kernel &kernel, const std::vector<void *> &buffers) {
  const bool row = kernel.request.shape == ShapeClass::row;
  const PassKernel exact = row ? PassKernel{} : apply_pass(kernel.request);
  std::vector<std::string> variables = exact.symbols.inputs;
  std::vector<double> point(variables.size());
  for (const Parameter &parameter : kernel.request.definition.parameters) {
    variables.push_back(parameter.name);
    point.push_back(parameter.default_value.get_d());
  }
  const Reference reference(row ? constant(0) : exact.symbols.outputs[0].second, variables);
  double worst = 0;
  for (std::size_t i = 0; i < kernel.plans.back().elements; ++i) {
    for (std::size_t k = 0; k < exact.symbols.inputs.size(); ++k)
      point[k] = number_at(kernel, buffers, k, kernel.plans[k].elements == kElements ? i : i % kColumns);
    const double computed = number_at(kernel, buffers, buffers.size() - 1, i);
    const double expected = row ? exact_row_result(kernel, buffers, i) : reference.rounded(point, DType::f64);
    if (std::isnan(expected) && std::isnan(computed)) continue;
    const double difference = std::fabs(computed - expected) / std::max(1.0, std::fabs(expected));
    worst = std::max(worst, std::isnan(difference) ? INFINITY : difference);
  }
  return worst;
}

class PeerTest : public testing::TestWithParam<const char *> {};

TEST_P(PeerTest, AgreesWithTheReference) {
  const std::string target = host_target().name;
  const std::vector<std::string> installed = installed_peers(target), names = {GetParam()};
  if (std::ranges::find(installed, names[0]) == installed.end())
    GTEST_SKIP() << names[0] << " is not installed here, or has nothing for " << target << ": not tested";
  const OpenPeer peer = open_peers(names, target, 1).at(0);
  EXPECT_NE(peer.peer->version, nullptr);
  int kernels = 0;
  for (const std::string &text : requests())
    for (const Pass pass : {Pass::forward, Pass::backward, Pass::backward_from_output})
      for (const DType dtype : all_dtypes()) {
        const std::optional<Kernel> kernel = kernel_of(text, pass, dtype);
        if (!kernel) continue;
        const speed::Tensors tensors(kernel->plans);
        const auto contender = peer_contender(peer, kernel->request, kernel->extents, tensors.buffers().data());
        if (!contender) continue;
        contender->run();
        EXPECT_LE(worst_difference(*kernel, tensors.buffers()), tolerance(dtype))
            << text << " " << to_string(pass) << " " << to_string(dtype);
        ++kernels;
      }
  EXPECT_GE(kernels, 4) << "each has the ReLU in two dtypes, or much more";
  RecordProperty("kernels", kernels);
}

INSTANTIATE_TEST_SUITE_P(Peers, PeerTest,
                         testing::Values("eigen", "handwritten", "highway", "libmvec", "onednn", "sleef", "torch",
                                         "xnnpack"),
                         [](const auto &info) { return info.param; });

}  // namespace
}  // namespace actinide::bench
