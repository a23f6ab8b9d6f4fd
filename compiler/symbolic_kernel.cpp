#include "symbolic_kernel.h"

#include "approximation/chain.h"
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

std::string term_of(const Gathered &gathered) {
  return gathered.name + ".term";
}

using Results = std::vector<std::pair<std::string, Expr>>;

class StepBuilder {
 public:
  StepBuilder(const SymbolicSteps &kernel, DType dtype, Precision precision, Precision sums,
              std::span<const std::uint16_t> looked_up)
      : kernel_(kernel), dtype_(dtype), precision_(precision), sums_(sums), looked_up_(looked_up) {
    for (const std::vector<View> *views : {&kernel.inputs, &kernel.outputs})
      for (const View &view : *views) storage_[view.name] = {tensor_of(view).dtype, addend_of(view.name)};
    for (const auto &[name, addend] : kernel.addends) only_added_.insert(addend);
  }

  Step build(const SymbolicStep &step) { return step.gathered.empty() ? map(step) : reduction(step); }

 private:
  Step map(const SymbolicStep &step) const {
    return {.kind = Step::Kind::map, .along = step.along, .program = program(step.outputs, step.along, looked_up_)};
  }

  Step reduction(const SymbolicStep &step) {
    Results next, terms;
    SymbolicKernel both{.inputs = {}, .parameters = kernel_.parameters, .outputs = {}, .wide = {}};
    Step result{.kind = Step::Kind::reduce, .along = step.along, .program = {}};
    for (const Gathered &gathered : step.gathered) {
      const Expr term = kernel_.sums_results ? variable(term_of(gathered)) : gathered.term;
      terms.emplace_back(term_of(gathered), gathered.term);
      next.emplace_back(gathered.name, combined(gathered, term));
      both.inputs.push_back(gathered.name);
      both.outputs.emplace_back(gathered.name, combined(gathered, variable(other(gathered.name))));
      wide_.insert(gathered.name);
      result.initial.push_back(gathered.how == Gathered::How::sum ? 0 : gathered.least.value_or(lowest(dtype_)));
      result.initial.resize(both.inputs.size() * words_of_wide(sums_), 0);
    }
    result.program = kernel_.sums_results ? sums_of_results(terms, next) : program(next, Along::element);
    for (const Gathered &gathered : step.gathered) both.inputs.push_back(other(gathered.name));
    both.wide.insert(both.inputs.begin(), both.inputs.end());
    result.merge = build_program(both, dtype_, sums_);
    return result;
  }

  /// The terms as an output would have them, then what they are added to.
  Program sums_of_results(const Results &terms, const Results &next) const {
    SymbolicKernel sums{.inputs = {}, .parameters = {}, .outputs = next, .wide = {}};
    for (const auto &[name, term] : terms) sums.inputs.push_back(name);
    for (const auto &[name, state] : next) sums.inputs.push_back(*sums.wide.insert(name).first);
    return chain(program(terms, Along::element), build_program(sums, dtype_, sums_));
  }

  /// Of the tensors and states that the outputs read. What is computed for each element takes all tensors, whether it
  /// reads them or not: they are the kernel's, and Halide would compute a call of none once instead of for each
  /// element.
  Program program(const Results &outputs, Along along, std::span<const std::uint16_t> looked_up = {}) const {
    std::set<std::string> used;
    for (const auto &[name, expression] : outputs) used.merge(variables(expression));
    SymbolicKernel symbols{.inputs = {}, .parameters = kernel_.parameters, .outputs = outputs, .wide = wide_};
    if (along == Along::element)
      for (const View &view : kernel_.inputs) used.insert(view.name);
    for (const View &view : kernel_.inputs)
      if (used.contains(view.name) && !only_added_.contains(view.name)) symbols.inputs.push_back(view.name);
    const std::size_t tensors = symbols.inputs.size();
    for (const std::string &state : wide_)
      if (used.contains(state)) symbols.inputs.push_back(state);
    const Precision precision = symbols.inputs.size() > tensors ? sums_ : precision_;
    return stored(build_program(symbols, dtype_, precision, looked_up), storage_);
  }

  Tensor tensor_of(const View &view) const { return {view.name, kernel_.buffers.at(view.buffer).dtype}; }

  std::optional<Tensor> addend_of(const std::string &name) const {
    const auto addend = kernel_.addends.find(name);
    if (addend == kernel_.addends.end()) return std::nullopt;
    return tensor_of(*std::ranges::find(kernel_.inputs, addend->second, &View::name));
  }

  const SymbolicSteps &kernel_;
  const DType dtype_;
  const Precision precision_, sums_;
  const std::span<const std::uint16_t> looked_up_;
  std::map<std::string, Storage> storage_;  ///< of the tensors
  std::set<std::string> only_added_;        ///< the tensors that no function reads
  std::set<std::string> wide_;              ///< the states so far
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

NumericKernel numeric_kernel(const SymbolicSteps &kernel, DType dtype, Precision precision, Precision sums,
                             std::span<const std::uint16_t> looked_up) {
  NumericKernel numeric{.shape = kernel.shape,
                        .buffers = kernel.buffers,
                        .inputs = kernel.inputs,
                        .outputs = kernel.outputs,
                        .parameters = kernel.parameters,
                        .steps = {}};
  StepBuilder builder(kernel, dtype, precision, sums, looked_up);
  for (const SymbolicStep &step : kernel.steps) numeric.steps.push_back(builder.build(step));
  return numeric;
}

}  // namespace actinide
