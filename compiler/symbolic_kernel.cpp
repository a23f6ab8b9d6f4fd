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

using Results = std::vector<std::pair<std::string, Expr>>;

/// The next state. A NaN is never the largest: sums show it.
Results combined(const Gathered &gathered, const Expr &term) {
  const std::string &name = gathered.name;
  const Expr so_far = variable(name);
  switch (gathered.how) {
    case Gathered::How::sum:
    case Gathered::How::count:
      return {{name, so_far + term}};
    case Gathered::How::largest:
      return {{name, make(Op::select, {make(Op::less, {so_far, term}), term, so_far})}};
    case Gathered::How::compensated: {
      const Expr added = term - variable(error_of(name)), sum = so_far + added;
      return {{name, sum}, {error_of(name), (sum - so_far) - added}};
    }
  }
  throw InternalError("no such way to gather");
}

/// Of this state and that of other elements.
Results merged(const Gathered &gathered) {
  const Expr so_far = variable(gathered.name), more = variable(other(gathered.name));
  switch (gathered.how) {
    case Gathered::How::sum:
    case Gathered::How::largest:
      return combined(gathered, more);
    case Gathered::How::count:
      return {{gathered.name, (so_far - constant(Gathered::first_count)) + more}};
    case Gathered::How::compensated: {
      const std::string error = error_of(gathered.name);
      const Expr sum = so_far + more, second = sum - so_far, lost = (so_far - (sum - second)) + (more - second);
      return {{gathered.name, sum}, {error, (variable(error) + variable(other(error))) - lost}};
    }
  }
  throw InternalError("no such way to gather");
}

std::string_view to_string(Gathered::How how) {
  switch (how) {
    case Gathered::How::sum:
      return "sum";
    case Gathered::How::largest:
      return "largest";
    case Gathered::How::count:
      return "count";
    case Gathered::How::compensated:
      return "compensated sum";
  }
  throw InternalError("no such way to gather");
}

/// The lowest finite number for every dtype up to this one: an element below it is an infinity.
double lowest(DType dtype) {
  return dtype == DType::f64 ? std::numeric_limits<double>::lowest() : std::numeric_limits<float>::lowest();
}

std::string term_of(const Gathered &gathered) {
  return gathered.name + ".term";
}

class StepBuilder {
 public:
  StepBuilder(const SymbolicSteps &kernel, DType dtype, Precision precision, Precision sums,
              const Corrections &corrections)
      : kernel_(kernel), dtype_(dtype), precision_(precision), sums_(sums), corrections_(corrections) {
    for (const std::vector<View> *views : {&kernel.inputs, &kernel.outputs})
      for (const View &view : *views) storage_[view.name] = {tensor_of(view).dtype, addend_of(view.name)};
    for (const auto &[name, addend] : kernel.addends) only_added_.insert(addend);
  }

  Step build(const SymbolicStep &step) {
    if (!step.derived.empty()) return derivation(step);
    return step.gathered.empty() ? map(step) : reduction(step);
  }

 private:
  Step map(const SymbolicStep &step) {
    Step result{.kind = Step::Kind::map, .along = step.along, .program = {}};
    for (const auto &[name, term] : step.terms) states_.insert_or_assign(name, true);
    result.program = program(step.outputs, step.along, corrections_);
    if (!step.terms.empty()) result.program = chain(program(step.terms, step.along), result.program);
    return result;
  }

  Step derivation(const SymbolicStep &step) {
    for (const auto &[name, value] : step.derived) states_.insert_or_assign(name, computes_in_less() && !step.exact);
    return {.kind = Step::Kind::derive, .along = step.along, .program = program(step.derived, step.along)};
  }

  /// A step gathers wide states or numbers of the type that is computed in, not both.
  Step reduction(const SymbolicStep &step) {
    const bool in_less = computes_in_less() && !step.exact;
    const bool plain = in_less && step.gathered.at(0).how != Gathered::How::sum;
    const bool apart = kernel_.sums_results || (in_less && !plain);
    Results next, terms;
    SymbolicKernel both = symbols();
    Step result{.kind = Step::Kind::reduce, .along = step.along, .program = {}};
    for (const Gathered &gathered : step.gathered) {
      internal_check(!in_less || plain == (gathered.how != Gathered::How::sum), "a step gathers in two types");
      terms.emplace_back(term_of(gathered), gathered.term);
      if (in_less) states_.insert_or_assign(term_of(gathered), true);
      const Results states = combined(gathered, apart ? variable(term_of(gathered)) : gathered.term);
      next.insert(next.end(), states.begin(), states.end());
      const Results merges = merged(gathered);
      both.outputs.insert(both.outputs.end(), merges.begin(), merges.end());
      for (const auto &[name, state] : states) {
        states_.insert_or_assign(name, plain);
        both.inputs.push_back(name);
        result.initial.push_back(name == gathered.name ? initial(gathered) : 0);
        result.initial.resize(both.inputs.size() * (plain ? 1 : words_of_wide(sums_)), 0);
      }
    }
    result.program =
        apart ? chain(program(terms, Along::element), sums_of(terms, next)) : program(next, Along::element);
    for (const auto &[name, state] : next) both.inputs.push_back(other(name));
    for (const std::string &name : both.inputs) make_state(both, name, plain);
    result.merge = build_program(both, dtype_, plain ? precision_ : sums_);
    return result;
  }

  double initial(const Gathered &gathered) const {
    switch (gathered.how) {
      case Gathered::How::sum:
      case Gathered::How::compensated:
        return 0;
      case Gathered::How::largest:
        return gathered.least.value_or(lowest(dtype_));
      case Gathered::How::count:
        return Gathered::first_count;
    }
    throw InternalError("no such way to gather");
  }

  /// What is added to terms as an output would have them, or that are numbers of the type that is computed in.
  Program sums_of(const Results &terms, const Results &next) const {
    SymbolicKernel sums = symbols();
    sums.parameters = {};
    sums.outputs = next;
    for (const auto &[name, term] : terms) {
      sums.inputs.push_back(name);
      if (states_.contains(name)) make_state(sums, name, true);
    }
    for (const auto &[name, state] : next) {
      sums.inputs.push_back(name);
      make_state(sums, name, false);
    }
    return build_program(sums, dtype_, sums_);
  }

  /// Of the tensors and states that the outputs read. What is computed for each element takes all tensors, whether it
  /// reads them or not: they are the kernel's, and Halide would compute a call of none once instead of for each
  /// element. An output is read only by the steps that say so.
  Program program(const Results &outputs, Along along, const Corrections &corrections = {}) const {
    std::set<std::string> used;
    for (const auto &[name, expression] : outputs) used.merge(variables(expression));
    SymbolicKernel symbols = this->symbols();
    symbols.outputs = outputs;
    for (const View &view : kernel_.inputs)
      if (along == Along::element && view.buffer < kernel_.input_buffers) used.insert(view.name);
    for (const View &view : kernel_.inputs)
      if (used.contains(view.name) && !only_added_.contains(view.name)) symbols.inputs.push_back(view.name);
    bool sums = kernel_.as_it_stands && along != Along::element;
    for (const auto &[name, plain] : states_) {
      make_state(symbols, name, plain);
      if (!used.contains(name)) continue;
      symbols.inputs.push_back(name);
      sums |= !plain;
    }
    return stored(build_program(symbols, dtype_, sums ? sums_ : precision_, corrections), storage_);
  }

  SymbolicKernel symbols() const {
    return {.inputs = {},
            .parameters = kernel_.parameters,
            .outputs = {},
            .positive = kernel_.positive,
            .wide = {},
            .own = {},
            .as_it_stands = kernel_.as_it_stands};
  }

  /// True if only sums have their precision.
  bool computes_in_less() const { return kernel_.as_it_stands && precision_.compute != sums_.compute; }

  void make_state(SymbolicKernel &symbols, const std::string &name, bool plain) const {
    if (plain)
      symbols.own.emplace(name, precision_.compute == Compute::f32 ? DType::f32 : DType::f64);
    else
      symbols.wide.insert(name);
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
  const Corrections &corrections_;
  std::map<std::string, Storage> storage_;  ///< of the tensors
  std::set<std::string> only_added_;        ///< the tensors that no function reads
  /// What the steps so far leave, by name: numbers of the type that is computed in, or else as many words as sums have.
  std::map<std::string, bool> states_;
};

}  // namespace

std::string error_of(const std::string &sum) {
  return sum + "_error";
}

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
      text += fmt::format("  {} = {} of {}\n", gathered.name, to_string(gathered.how), to_text(gathered.term));
    for (const auto *results : {&step.derived, &step.terms, &step.outputs})
      for (const auto &[name, expression] : *results) text += fmt::format("  {} = {}\n", name, to_text(expression));
  }
  return text;
}

NumericKernel numeric_kernel(const SymbolicSteps &kernel, DType dtype, Precision precision, Precision sums,
                             const Corrections &corrections) {
  NumericKernel numeric{.shape = kernel.shape,
                        .buffers = kernel.buffers,
                        .inputs = kernel.inputs,
                        .outputs = kernel.outputs,
                        .parameters = kernel.parameters,
                        .steps = {}};
  StepBuilder builder(kernel, dtype, precision, sums, corrections);
  for (const SymbolicStep &step : kernel.steps) numeric.steps.push_back(builder.build(step));
  return numeric;
}

}  // namespace actinide
