#include "shapes.h"

#include "error.h"
#include "pipeline.h"

#include <algorithm>

namespace actinide {
namespace {

class Arrangement {
 public:
  Arrangement(const KernelRequest &request, const PassKernel &kernel) : request_(request), kernel_(kernel) {}

  SymbolicSteps run() {
    // What sums over everything walks one row.
    const bool sums_all = !kernel_.sums.empty() && has_one_extent(request_.shape);
    steps_.shape = sums_all ? ShapeClass::row : request_.shape;
    steps_.parameters = kernel_.symbols.parameters;
    steps_.positive = kernel_.symbols.positive;
    for (const std::string &name : kernel_.symbols.inputs)
      steps_.inputs.push_back(view_of(name, kernel_.per_channel.contains(name) ? Along::channel : Along::element));
    for (const auto &[name, to] : kernel_.addends) {
      steps_.inputs.push_back(view_of(name, kernel_.per_channel.contains(name) ? Along::channel : Along::element));
      steps_.addends.emplace(to, name);
    }
    steps_.sums_results = !kernel_.addends.empty();
    steps_.input_buffers = steps_.buffers.size();
    for (const auto &[name, expression] : kernel_.symbols.outputs) {
      const auto sum = kernel_.sums.find(name);
      steps_.outputs.push_back(view_of(name, sum == kernel_.sums.end() ? Along::element : sum->second));
    }
    add_sums();
    add_elements();
    return std::move(steps_);
  }

 private:
  /// What belongs to x has its dtype, what belongs to y that of y, and the gradient of a parameter the parameter's.
  DType dtype_of(const std::string &name, Along along) const {
    const DTypes &dtypes = request_.dtypes;
    if (along == Along::nothing && dtypes.mixed()) return parameter_dtype(request_.dtype);
    return kernel_.like_output.contains(name) ? dtypes.outputs : dtypes.inputs;
  }

  /// A buffer of the tensor's own, or its part of a shared one.
  View view_of(const std::string &name, Along along) {
    const auto place = kernel_.places.find(name);
    if (place == kernel_.places.end()) {
      steps_.buffers.push_back({.name = name, .dtype = dtype_of(name, along), .along = along});
      return {name, steps_.buffers.size() - 1};
    }
    const auto &[buffer_name, index] = place->second;
    const auto own = steps_.buffers.begin() + static_cast<long>(steps_.input_buffers);
    auto buffer = std::ranges::find(own, steps_.buffers.end(), buffer_name, &KernelBuffer::name);
    if (buffer == steps_.buffers.end()) {
      steps_.buffers.push_back({.name = buffer_name, .dtype = dtype_of(name, along), .along = along});
      buffer = steps_.buffers.end() - 1;
    }
    const bool members = request_.shape == ShapeClass::group;
    (members ? buffer->members : buffer->parts) = index + 1;  // the last one's is the number of all
    const auto number = static_cast<std::size_t>(buffer - steps_.buffers.begin());
    return {name, number, members ? 0 : index, members ? index : 0};
  }

  void add_sums() {
    for (Along along : {Along::channel, Along::nothing}) {
      SymbolicStep gather{.along = along}, give{.along = along};
      for (const auto &[name, expression] : kernel_.symbols.outputs) {
        const auto sum = kernel_.sums.find(name);
        if (sum == kernel_.sums.end() || sum->second != along) continue;
        const std::string state = name + ".sum";
        gather.gathered.push_back({.name = state, .term = expression});
        give.outputs.emplace_back(name, variable(state));
      }
      if (!give.outputs.empty()) steps_.steps.insert(steps_.steps.end(), {gather, give});
    }
  }

  void add_elements() {
    SymbolicStep step;
    for (const auto &output : kernel_.symbols.outputs)
      if (!kernel_.sums.contains(output.first)) step.outputs.push_back(output);
    if (!step.outputs.empty()) steps_.steps.push_back(step);
  }

  const KernelRequest &request_;
  const PassKernel &kernel_;
  SymbolicSteps steps_;
};

}  // namespace

SymbolicSteps arrange(const KernelRequest &request, const PassKernel &kernel) {
  return Arrangement(request, kernel).run();
}

}  // namespace actinide
