#include "symbolic_kernel.h"

#include "error.h"
#include "expression/printer.h"

#include <algorithm>
#include <limits>
#include <set>

namespace actinide {
namespace {

/// The name of a state of other elements, while two are merged.
std::string other(const std::string &name) {
  return name + ".other";
}

Expr combined(const Gathered &gathered, const Expr &term) {
  const Expr so_far = variable(gathered.name);
  return gathered.how == Gathered::How::sum ? so_far + term : make(Op::max, {so_far, term});
}

/// The lowest finite number for every dtype up to this one: an element below it is an infinity.
double lowest(DType dtype) {
  return dtype == DType::f64 ? std::numeric_limits<double>::lowest() : std::numeric_limits<float>::lowest();
}

class StepBuilder {
 public:
  StepBuilder(const SymbolicSteps &kernel, DType dtype, Precision precision, std::span<const std::uint16_t> looked_up)
      : kernel_(kernel), dtype_(dtype), precision_(precision), looked_up_(looked_up) {}

  Step build(const SymbolicStep &step) { return step.gathered.empty() ? map(step) : reduction(step); }

 private:
  Step map(const SymbolicStep &step) const {
    return {.kind = Step::Kind::map, .along = step.along, .program = program(step.outputs, step.along, looked_up_)};
  }

  Step reduction(const SymbolicStep &step) {
    std::vector<std::pair<std::string, Expr>> next, merged;
    SymbolicKernel both{.inputs = {}, .parameters = kernel_.parameters, .outputs = {}, .wide = {}};
    Step result{.kind = Step::Kind::reduce, .along = step.along, .program = {}};
    for (const Gathered &gathered : step.gathered) {
      next.emplace_back(gathered.name, combined(gathered, gathered.term));
      both.inputs.push_back(gathered.name);
      both.outputs.emplace_back(gathered.name, combined(gathered, variable(other(gathered.name))));
      wide_.insert(gathered.name);
      result.initial.push_back(gathered.how == Gathered::How::sum ? 0 : gathered.least.value_or(lowest(dtype_)));
      result.initial.resize(both.inputs.size() * words_of_wide(precision_), 0);
    }
    for (const Gathered &gathered : step.gathered) both.inputs.push_back(other(gathered.name));
    both.wide.insert(both.inputs.begin(), both.inputs.end());
    result.program = program(next, Along::element);
    result.merge = build_program(both, dtype_, precision_);
    return result;
  }

  /// Of the tensors and states that the outputs read. What is computed for each element takes all tensors, whether it
  /// reads them or not: they are the kernel's, and Halide would compute a call of none once instead of for each
  /// element.
  Program program(const std::vector<std::pair<std::string, Expr>> &outputs, Along along,
                  std::span<const std::uint16_t> looked_up = {}) const {
    std::set<std::string> used;
    for (const auto &[name, expression] : outputs) used.merge(variables(expression));
    SymbolicKernel symbols{.inputs = {}, .parameters = kernel_.parameters, .outputs = outputs, .wide = wide_};
    if (along == Along::element)
      for (const View &view : kernel_.inputs) used.insert(view.name);
    for (const View &view : kernel_.inputs)
      if (used.contains(view.name)) symbols.inputs.push_back(view.name);
    for (const std::string &state : wide_)
      if (used.contains(state)) symbols.inputs.push_back(state);
    return build_program(symbols, dtype_, precision_, looked_up);
  }

  const SymbolicSteps &kernel_;
  const DType dtype_;
  const Precision precision_;
  const std::span<const std::uint16_t> looked_up_;
  std::set<std::string> wide_;  ///< the states so far
};

}  // namespace

std::string to_text(const SymbolicSteps &kernel) {
  const auto along = [](Along along) {
    switch (along) {
      case Along::element:
        return "for each element";
      case Along::channel:
        return "for each channel";
      case Along::row:
        return "for each row";
      case Along::nothing:
        return "once";
    }
    throw InternalError("no such way along");
  };
  std::string text;
  for (const SymbolicStep &step : kernel.steps) {
    text += fmt::format("{}:\n", along(step.along));
    for (const Gathered &gathered : step.gathered)
      text += fmt::format("  {} = {} of {}\n", gathered.name, gathered.how == Gathered::How::sum ? "sum" : "largest",
                          to_text(gathered.term));
    for (const auto &[name, expression] : step.outputs) text += fmt::format("  {} = {}\n", name, to_text(expression));
  }
  return text;
}

NumericKernel numeric_kernel(const SymbolicSteps &kernel, DType dtype, Precision precision,
                             std::span<const std::uint16_t> looked_up) {
  NumericKernel numeric{.shape = kernel.shape,
                        .buffers = kernel.buffers,
                        .inputs = kernel.inputs,
                        .outputs = kernel.outputs,
                        .parameters = kernel.parameters,
                        .steps = {}};
  for (KernelBuffer &buffer : numeric.buffers) buffer.dtype = dtype;
  StepBuilder builder(kernel, dtype, precision, looked_up);
  for (const SymbolicStep &step : kernel.steps) numeric.steps.push_back(builder.build(step));
  return numeric;
}

}  // namespace actinide
