// The spine. Read compile_kernel from top to bottom: it is the order of the whole compiler.
#include "pipeline.h"

#include "codegen/module.h"
#include "error.h"
#include "expression/printer.h"
#include "lowering/blocks.h"
#include "lowering/lower.h"
#include "names.h"
#include "passes.h"
#include "rows.h"
#include "shapes.h"
#include "simplify/denominators.h"
#include "simplify/simplify.h"
#include "swept.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace actinide {
namespace {

const std::string kDefinition = "definition";
const std::string kPass = "pass";
const std::string kStableForm = "stable form";
const std::string kNumerics = "numerics";
const std::string kHalide = "halide";
const std::string kLlvm = "llvm";
const std::string kAssembly = "assembly";

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

// The same function in a form that cancels nowhere; appends the names of the rewrites. What multiplies is taken off
// first, see PassKernel::factors.
Expr stable_form(const Expr &exact, const PassKernel &kernel, std::vector<std::string> &rules) {
  const std::set<std::string> names = variables(exact);
  const auto occurs = [&](const std::string &factor) { return names.contains(factor); };
  if (std::ranges::any_of(kernel.factors, occurs)) {
    if (exact.is(Op::variable)) return exact;
    if (exact.is(Op::mul)) return times(exact[0], stable_form(exact[1], kernel, rules));
    internal_check(exact.is(Op::add), "the pass {} is no sum of products", to_text(exact));
    return plus(stable_form(exact[0], kernel, rules), stable_form(exact[1], kernel, rules));
  }
  const std::vector<std::string> arguments = kernel.arguments();
  Rewritten rewritten = stabilize(exact, {arguments.begin(), arguments.end()});
  rules.insert(rules.end(), rewritten.applied.begin(), rewritten.applied.end());
  return rewritten.expression;
}

// True if the kernel is a row's function of one element, or made of its derivatives.
bool is_function_of_one_element(const KernelRequest &request) {
  return request.row && !request.form.gated && request.shape == ShapeClass::element &&
         request.definition.inputs.size() == 1;
}

// True if no parameter that is compiled in differs from its default.
bool is_bound_to_defaults(const KernelRequest &request) {
  return std::ranges::all_of(request.bound, [&](const std::pair<std::string, Rational> &bound) {
    return bound.second == definition_of(*request.row).find_parameter(bound.first)->default_value;
  });
}

// The sweep that covers the kernel, or the derivative that it multiplies; null if there is none.
const SweptKernel *swept(const KernelRequest &request) {
  const bool is_fixed = request.definition.parameters.empty();
  if (!is_function_of_one_element(request) || !is_fixed || !is_bound_to_defaults(request)) return nullptr;
  switch (request.pass) {
    case Pass::forward:
      return find_swept(request.row->name, Pass::forward, request.dtype);
    case Pass::derivative:
    case Pass::backward:
      return find_swept(request.row->name, Pass::derivative, request.dtype);
    case Pass::backward_from_output:
    case Pass::forward_backward:
    case Pass::second_derivative:
    case Pass::double_backward:
    case Pass::parameter_gradient:
      return nullptr;
  }
  throw InternalError("unknown pass");
}

// True if digits may be lost to speed: a function of the table whose absolute error alone counts.
bool is_relaxed(const KernelRequest &request) {
  if (request.tier != Tier::relaxed || request.dtype != DType::f32 || !is_function_of_one_element(request))
    return false;
  const bool second_order = request.pass == Pass::second_derivative || request.pass == Pass::double_backward;
  return !second_order && request.pass != Pass::backward_from_output && request.pass != Pass::parameter_gradient;
}

// What the row, or a sweep, says of arithmetic narrower than the contract's safe choice, for every function that the
// pass evaluates.
bool plain_suffices(const KernelRequest &request) {
  if (is_16_bit(request.dtype)) return swept(request) != nullptr;
  const bool keeps_digits = request.tier == Tier::faithful || request.tier == Tier::exact;
  if (!request.row || request.form.gated || keeps_digits) return false;
  if (is_relaxed(request)) return true;
  const Activation &row = *request.row;
  const bool f32 = request.dtype == DType::f32;
  const bool forward = f32 ? row.f32_forward : row.f64_forward;
  const bool derivative = f32 ? row.f32_derivative : row.f64_derivative;
  const bool second = f32 ? row.f32_second_derivative : row.f64_second_derivative;
  switch (request.pass) {
    case Pass::forward:
      return forward;
    case Pass::derivative:
    case Pass::backward:
      return derivative;
    case Pass::backward_from_output:
      return f32 || !row.pairs_from_output;
    case Pass::forward_backward:
      return forward && derivative;
    case Pass::second_derivative:
      return second;
    case Pass::double_backward:
      return derivative && second;
    case Pass::parameter_gradient:
      return false;  // sums
  }
  throw InternalError("unknown pass");
}

constexpr Precision kPairs{Compute::f64_pair, 62};

// Sums of many terms, and exponentials of differences: rounded once, at the end.
Precision precision_of_sums(DType dtype) {
  return dtype == DType::f64 ? kPairs : Precision{Compute::f64, 52};
}

bool gathers(const KernelRequest &request) {
  return request.shape == ShapeClass::row || !apply_pass(request).sums.empty();
}

// What the kernel's results are stored in; of results of both dtypes the one of more digits.
DType result_dtype(const KernelRequest &request) {
  switch (request.pass) {
    case Pass::backward:
    case Pass::backward_from_output:
      return request.dtypes.inputs;
    case Pass::double_backward:
    case Pass::parameter_gradient:
      return request.dtype;
    case Pass::forward:
    case Pass::derivative:
    case Pass::forward_backward:
    case Pass::second_derivative:
      return request.dtypes.outputs;
  }
  throw InternalError("unknown pass");
}

}  // namespace

std::optional<double> bound_of(const KernelRequest &request) {
  if (!request.row || request.form.gated || request.form.fused()) return std::nullopt;
  // A sum over several inputs can cancel.
  if (request.pass == Pass::double_backward && request.definition.inputs.size() > 1) return std::nullopt;
  const bool second_order = request.pass == Pass::second_derivative || request.pass == Pass::double_backward;
  const bool roots_move = request.row->second_roots_move && !request.definition.parameters.empty();
  if (second_order && roots_move && request.dtype == DType::f64) return std::nullopt;
  if (is_relaxed(request) && !is_16_bit(result_dtype(request))) return std::nullopt;
  if (promises_nearest(request)) return 0.5;
  const bool rounded_once = request.tier == Tier::exact && request.pass != Pass::parameter_gradient;
  // What is rounded is as exact as f32 is at least.
  if (rounded_once || is_16_bit(result_dtype(request))) return 0.501;
  // NUMERICS, section 1. A product with dy or g is one rounding more; of the outputs the one with most roundings
  // counts.
  const bool standard = request.tier == Tier::standard || request.tier == Tier::relaxed;
  const bool f64 = request.dtype == DType::f64;
  // What is multiplied or divided by is rounded where it is subnormal.
  const bool multiplies = request.shape == ShapeClass::element && request.definition.inputs.size() > 1;
  const bool rounds_twice = f64 && (multiplies || (request.row->scales_argument && !is_bound_to_defaults(request)));
  const double first = standard ? (f64 ? 2 : 4) : rounds_twice ? 1.02 : 1, second = standard ? 4 : 2;
  switch (request.pass) {
    case Pass::forward:
    case Pass::derivative:
    case Pass::forward_backward:
      return first;
    case Pass::backward:
    case Pass::backward_from_output:
    case Pass::parameter_gradient:
      return first + 0.5;
    case Pass::second_derivative:
      return second;
    case Pass::double_backward:
      return second + 1;
  }
  throw InternalError("unknown pass");
}

std::optional<double> relaxed_bound_of(const KernelRequest &request) {
  const bool multiplied = request.pass == Pass::backward;
  if (!is_relaxed(request) || multiplied || is_16_bit(result_dtype(request))) return std::nullopt;
  return 0x1p-21;  // NUMERICS, section 1
}

bool promises_nearest(const KernelRequest &request) {
  const bool single = request.pass == Pass::forward || request.pass == Pass::derivative;
  const bool near_ties = request.row && request.row->near_ties && request.pass == Pass::forward;
  const bool rounds_once = is_16_bit(request.dtype) || request.tier == Tier::exact;
  return single && rounds_once && !request.dtypes.mixed() && is_function_of_one_element(request) &&
         is_bound_to_defaults(request) && !near_ties;
}

bool may_flush(const KernelRequest &request) {
  return result_dtype(request) == DType::f32 && (request.tier == Tier::standard || request.tier == Tier::relaxed);
}

Precision precision_of(const KernelRequest &request, const Target &target) {
  const bool exact = request.tier == Tier::exact, sums = gathers(request) && request.shape != ShapeClass::row;
  if (exact && !is_16_bit(request.dtype) && !sums) return kPairs;
  if (gathers(request) && !request.form.fused()) return precision_of_sums(request.dtype);
  // The compensated steps of plain arithmetic don't hold without fma.
  const bool plain = target.has_fma && plain_suffices(request);
  // Where nothing is known of cancellations (a user's definition), or a root of the derivative moves with a parameter
  // and so has no window (approximation/roots.h), approximations are as exact as they come.
  const bool cancels = !request.row || (request.pass != Pass::forward && !request.definition.parameters.empty());
  if (request.dtype == DType::f64) {
    if (plain) return {Compute::f64, 54};
    // There is no wider type to hide roundings in: pairs of f64 leave only the last one, and 2^-57 adds 1/8 ULP at
    // most.
    return {Compute::f64_pair, cancels || request.tier == Tier::faithful ? 62 : 57};
  }
  if (plain)
    return {Compute::f32, is_16_bit(request.dtype) ? swept_bits(request.dtype) : is_relaxed(request) ? 22 : 26};
  // 2^-33 costs 0.002 ULP of f32.
  return {Compute::f64, cancels || exact ? 52 : 33};
}

std::vector<EntryPoint> entry_points(const KernelRequest &request, const Target &target) {
  const int bytes = static_cast<int>(widest_size(request.dtypes));
  int lanes = target.lanes(bytes);
  if (!target.is_cuda()) return {{"", lanes, 1}};
  // Eight elements of each of many tensors are more than a thread's registers hold.
  constexpr std::size_t many = 6;
  if (bytes == 2 && signature_of(request).buffers.size() >= many) lanes /= 2;
  return {{"", lanes, lanes * bytes}, {"__elements", 1, bytes}};
}

std::string stream_symbol(const std::string &symbol) {
  return symbol + "__stream";
}

std::string merge_symbol(const std::string &symbol) {
  return symbol + "__merge";
}

std::size_t sum_words(const KernelSignature &signature) {
  const auto outputs = std::span(signature.buffers).subspan(signature.inputs.size());
  const auto sums = [](const KernelBuffer &buffer) { return buffer.along == Along::nothing; };
  if (!has_one_extent(signature.shape) || !std::ranges::all_of(outputs, sums)) return 0;
  return outputs.size() * words_of_wide(precision_of_sums(signature.dtypes.inputs));
}

Stages make_stages(const KernelRequest &request, const Target &target) {
  Stages stages;
  stages.precision = precision_of(request, target);
  if (request.shape == ShapeClass::row) {
    stages.kernel = numeric_kernel(row_kernel(request), request.dtype, stages.precision, stages.precision);
    return stages;
  }
  PassKernel kernel = apply_pass(request);
  stages.exact = kernel.with_addends();
  for (auto &[name, expression] : kernel.symbols.outputs) {
    expression = stable_form(expression, kernel, stages.rules);
    if (request.tier == Tier::exact) expression = with_one_denominator(expression);
  }
  stages.stable = kernel.with_addends();
  const bool rounded_at_once = promises_nearest(request) && stages.precision.compute == Compute::f32;
  stages.kernel =
      numeric_kernel(arrange(request, kernel), request.dtype, stages.precision, precision_of_sums(request.dtype),
                     rounded_at_once ? std::span(swept(request)->exceptions) : std::span<const std::uint16_t>());
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
                           const std::string &symbol, const StageDump &dump) {
  const auto report = [&](const std::string &stage, const auto &make_text) {
    if (dump) dump(stage, make_text());
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
  const bool blocks = sums_everything(stages.kernel);
  const BlockKernels parts = blocks ? by_blocks(stages.kernel) : BlockKernels{stages.kernel, {}};
  const KernelFacts facts = facts_of(request, target, stages);
  for (const EntryPoint &entry : entry_points(request, target)) {
    LoweredKernel lowered = lower(parts.blocks, facts.schedule, entry.lanes);
    if (entry.suffix.empty()) report(kHalide, [&] { return to_text(lowered); });
    // LLVM makes the machine code, one IR operation for each instruction.
    module.add_kernel(fmt::format("{}{}", symbol, entry.suffix), lowered);
    if (facts.schedule.stream == 0) continue;
    lowered.streams = true;
    module.add_kernel(stream_symbol(symbol), lowered);
  }
  if (blocks) module.add_kernel(merge_symbol(symbol), lower(parts.merge, facts.schedule, target.lanes(sizeof(double))));
  return facts;
}

const std::vector<std::string> &stage_names() {
  static const std::vector<std::string> names = {kDefinition, kPass, kStableForm, kNumerics, kHalide, kLlvm, kAssembly};
  return names;
}

std::vector<std::pair<std::string, std::string>> explain(const KernelRequest &request, const Target &target,
                                                         bool latex) {
  std::vector<std::pair<std::string, std::string>> stages;
  Module module(target, "actinide");
  compile_kernel(request, target, module, signature_of(request).base_name(),
                 [&](const std::string &stage, const std::string &text) { stages.emplace_back(stage, text); });
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
