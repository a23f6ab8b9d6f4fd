#include "bench/judge.h"

#include "element.h"
#include "expression/reference.h"
#include "passes.h"

#include <algorithm>
#include <cmath>

namespace actinide::bench {
namespace {

double number_at(const void *tensor, DType dtype, std::size_t i) {
  return with_element(dtype, [&]<typename T>(T) { return static_cast<double>(static_cast<const T *>(tensor)[i]); });
}

// Changes every output, so that what isn't written shows.
void spoil(const void *tensor, DType dtype) {
  with_element(dtype, [&]<typename T>(T) {
    T *const values = static_cast<T *>(const_cast<void *>(tensor));
    std::fill_n(values, kJudged, static_cast<T>(-12345));
  });
}

bool has_reference(const KernelRequest &request) {
  return request.shape == ShapeClass::element && !request.form.fused() && !request.dtypes.mixed() &&
         request.pass != Pass::parameter_gradient;
}

}  // namespace

struct Judge::Impl {
  const Workload &workload;
  std::vector<Reference> outputs;
  std::vector<double> parameters;

  double worst_of(std::size_t output) const;
};

Judge::Judge(const Workload &workload) {
  const KernelRequest &request = workload.request();
  if (!has_reference(request)) return;
  const PassKernel exact = apply_pass(request);
  std::vector<std::string> variables = exact.symbols.inputs;
  auto impl = std::make_unique<Impl>(Impl{workload, {}, {}});
  for (const KernelParameter &parameter : workload.kernel().info().parameters) {
    variables.push_back(parameter.name);
    impl->parameters.push_back(parameter.default_value);
  }
  for (const auto &[name, expression] : exact.symbols.outputs) impl->outputs.emplace_back(expression, variables);
  impl_ = std::move(impl);
}

Judge::~Judge() = default;

double Judge::Impl::worst_of(std::size_t output) const {
  const KernelInfo &info = workload.kernel().info();
  const std::size_t inputs = info.inputs.size();
  const DType dtype = info.dtypes.outputs;
  std::vector<double> point(inputs);
  point.insert(point.end(), parameters.begin(), parameters.end());
  double worst = 0;
  for (std::size_t i = 0; i < kJudged; ++i) {
    for (std::size_t k = 0; k < inputs; ++k) point[k] = number_at(workload.buffers()[k], dtype, i);
    const double ulp =
        outputs[output].ulp_error(number_at(workload.buffers()[inputs + output], dtype, i), point, dtype);
    worst = std::max(worst, std::isnan(ulp) ? INFINITY : ulp);
  }
  return worst;
}

std::optional<double> Judge::worst_ulp(const std::function<void()> &run) const {
  if (!impl_) return std::nullopt;
  const KernelInfo &info = impl_->workload.kernel().info();
  for (std::size_t k = 0; k < info.outputs.size(); ++k)
    spoil(impl_->workload.buffers()[info.inputs.size() + k], info.dtypes.outputs);
  run();
  double worst = 0;
  for (std::size_t k = 0; k < impl_->outputs.size(); ++k) worst = std::max(worst, impl_->worst_of(k));
  return worst;
}

}  // namespace actinide::bench
