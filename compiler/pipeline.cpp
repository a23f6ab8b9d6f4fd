// The spine. Read compile_kernel from top to bottom: it is the order of the whole compiler.
#include "pipeline.h"

#include "codegen/module.h"
#include "contract.h"
#include "error.h"
#include "expression/printer.h"
#include "kernel_functions.h"
#include "names.h"
#include "passes.h"
#include "row_text.h"
#include "rows.h"
#include "shapes.h"
#include "simplify/denominators.h"
#include "simplify/simplify.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace actinide {
namespace {

// factor * function, as a choice where the function is one: where it is exactly 0 or 1 nothing is multiplied, so that
// an infinite dy at a dead unit gives 0. Otherwise the factor stays outside: the rest is a function of one variable,
// whose ends and roots are known.
Expr times(const Expr &factor, const Expr &function) {
  if (function.is_value(0)) return function;
  if (function.is_value(1)) return factor;
  if (function.is(Op::select))
    return make(Op::select, {function[0], times(factor, function[1]), times(factor, function[2])});
  return factor * function;
}

Expr plus(const Expr &a, const Expr &b) {
  if (a.is_value(0)) return b;
  return b.is_value(0) ? a : a + b;
}

// The parameters that the row keeps above 0.
std::set<std::string> positive_parameters(const KernelRequest &request) {
  std::set<std::string> names;
  if (!request.row) return names;
  for (const Constraint &constraint : request.row->constraints)
    if (constraint.low && (*constraint.low > 0 || (*constraint.low == 0 && constraint.low_open)))
      names.emplace(constraint.parameter);
  return names;
}

// The same function in a form that cancels nowhere; appends the names of the rewrites. What multiplies is taken off
// first, see PassKernel::factors.
Expr stable_form(const Expr &exact, const PassKernel &kernel, Digits digits, const std::set<std::string> &positive,
                 std::vector<std::string> &rules) {
  const std::set<std::string> names = variables(exact);
  const auto occurs = [&](const std::string &factor) { return names.contains(factor); };
  if (std::ranges::any_of(kernel.factors, occurs)) {
    if (exact.is(Op::variable)) return exact;
    if (exact.is(Op::mul)) return times(exact[0], stable_form(exact[1], kernel, digits, positive, rules));
    internal_check(exact.is(Op::add), "the pass {} is no sum of products", to_text(exact));
    return plus(stable_form(exact[0], kernel, digits, positive, rules),
                stable_form(exact[1], kernel, digits, positive, rules));
  }
  const std::vector<std::string> arguments = kernel.arguments();
  Rewritten rewritten = stabilize(exact, {arguments.begin(), arguments.end()}, digits, positive);
  rules.insert(rules.end(), rewritten.applied.begin(), rewritten.applied.end());
  return rewritten.expression;
}

}  // namespace

std::string merge_symbol(const std::string &symbol) {
  return symbol + "__merge";
}

std::vector<std::string> cpu_symbols(const KernelSignature &signature, const std::string &symbol) {
  if (sum_words(signature) == 0) return {symbol};
  return {symbol, merge_symbol(symbol)};
}

std::size_t sum_words(const KernelSignature &signature) {
  const auto outputs = std::span(signature.buffers).subspan(signature.inputs.size());
  const auto sums = [](const KernelBuffer &buffer) { return buffer.along == Along::nothing; };
  if (!has_one_extent(signature.shape) || !std::ranges::all_of(outputs, sums)) return 0;
  return outputs.size() * words_of_wide(precision_of_sums(signature.dtypes.inputs));
}

Stages make_stages(const KernelRequest &request, const Target &target) {
  return stages_in(request, precision_of(request, target), !target.is_cuda());
}

Stages stages_in(const KernelRequest &request, const Precision &precision, bool rereads) {
  Stages stages;
  stages.precision = precision;
  if (request.shape == ShapeClass::row) {
    const Precision sums = precision_of_sums(request.dtype);
    const bool plain = precision.compute < sums.compute;
    stages.kernel = numeric_kernel(row_kernel(request, {.plain = plain, .rereads = rereads}), request.dtype, precision,
                                   plain ? sums : precision);
    return stages;
  }
  PassKernel kernel = apply_pass(request);
  stages.exact = kernel.with_addends();
  const bool fixed = request.definition.parameters.empty(), few = first_of(precision.compute) == Compute::f32;
  const Digits digits = !few || !request.bound.empty() ? Digits::to_spare : fixed ? Digits::few : Digits::few_of_one;
  for (auto &[name, expression] : kernel.symbols.outputs) {
    expression = stable_form(expression, kernel, digits, positive_parameters(request), stages.rules);
    if (request.tier == Tier::exact) expression = with_one_denominator(expression);
  }
  stages.stable = kernel.with_addends();
  Corrections corrections{.instead = off_ties(request)};
  if (const SweptKernel *const table = promises_nearest(request) && few ? swept(request) : nullptr) {
    corrections.inputs = table->exceptions;
    corrections.parameters = default_parameters(request);
  }
  stages.kernel = numeric_kernel(arrange(request, kernel), request.dtype, stages.precision,
                                 precision_of_sums(request.dtype), corrections);
  if (stages.kernel.steps.size() == 1) stages.program = stages.kernel.steps[0].program;
  return stages;
}

std::string describe(const SymbolicKernel &kernel, bool latex) {
  std::string text;
  for (const auto &[name, expression] : kernel.outputs) {
    const std::string whole = latex ? to_latex(expression) : to_text_shared(expression);
    const std::size_t last_line = latex ? 0 : whole.find_last_of('\n', whole.size() - 2) + 1;
    text += whole.substr(0, last_line) + fmt::format("{} = {}", name, whole.substr(last_line));
    if (!text.ends_with('\n')) text += '\n';
  }
  return text;
}

std::string exact_text(const KernelRequest &request, const Stages &stages) {
  return stages.exact.outputs.empty() ? to_text(row_kernel(request)) : describe(stages.exact);
}

KernelFacts compile_kernel(const KernelRequest &request, const Target &target, Module &module,
                           const std::string &symbol, const StageReport &reported) {
  const auto report = [&](std::string_view stage, const std::function<std::string()> &text) {
    if (reported) reported(stage, text);
  };
  // Text has become an exact expression already (parse_kernel_request): nothing is rounded, pi is pi.
  report(kDefinition, [&] { return to_text(request.definition) + "\n"; });
  // The pass is applied to the exact function, so that no approximation is ever differentiated; then identities bring
  // it into a form whose evaluation cancels nowhere; then each operation becomes its approximation, as instructions
  // that round once each.
  const Stages stages = make_stages(request, target);
  report(kPass, [&] { return exact_text(request, stages); });
  report(kStableForm, [&] { return describe(stages.stable) + fmt::format("by: {}\n", fmt::join(stages.rules, ", ")); });
  report(kNumerics, [&] {
    return fmt::format("computes in {}, approximations to 2^-{}\n{}", to_string(stages.precision.compute),
                       stages.precision.bits, to_text(stages.kernel));
  });
  // Halide makes the loops: vectors of elements, and a masked tail with the same instructions. What sums over
  // everything becomes two functions, so that several threads can share it.
  const KernelFacts facts = facts_of(request, target, stages);
  const std::vector<KernelFunction> functions = kernel_functions(request, target, stages.kernel, facts.schedule);
  report(kHalide, [&] {
    std::string text;
    for (const KernelFunction &function : functions) text += to_text(function.lowered);
    return text;
  });
  // LLVM makes the machine code, one IR operation for each instruction.
  for (const KernelFunction &function : functions) module.add_kernel(symbol + function.suffix, function.lowered);
  return facts;
}

const std::vector<std::string> &stage_names() {
  static const std::vector<std::string> names = {
      std::string(kDefinition), std::string(kPass), std::string(kStableForm), std::string(kNumerics),
      std::string(kHalide),     std::string(kLlvm), std::string(kAssembly)};
  return names;
}

std::vector<std::pair<std::string, std::string>> explain(const KernelRequest &request, const Target &target,
                                                         bool latex) {
  std::vector<std::pair<std::string, std::string>> stages;
  Module module(target, "actinide");
  compile_kernel(request, target, module, signature_of(request).base_name(),
                 [&](std::string_view stage, const auto &text) { stages.emplace_back(stage, text()); });
  if (latex) {
    const Stages symbols = make_stages(request, target);
    for (auto &[stage, text] : stages) {
      if (stage == kDefinition) text = definition_latex(request) + "\n";
      if (stage == kPass) text = describe(symbols.exact, true);
      if (stage == kStableForm) text = describe(symbols.stable, true);
    }
  }
  module.optimize();
  stages.emplace_back(kLlvm, module.ir());
  stages.emplace_back(kAssembly, module.assembly());
  return stages;
}

}  // namespace actinide
