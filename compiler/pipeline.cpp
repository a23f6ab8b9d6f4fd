// The spine. Read compile_kernel from top to bottom: it is the order of the whole compiler.
#include "pipeline.h"

#include "codegen/module.h"
#include "cost.h"
#include "derivative/derivative.h"
#include "error.h"
#include "expression/printer.h"
#include "lowering/lower.h"
#include "names.h"
#include "simplify/simplify.h"

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

const Constraint *find_constraint(const Activation &row, const std::string &parameter) {
  for (const Constraint &constraint : row.constraints)
    if (constraint.parameter == parameter) return &constraint;
  return nullptr;
}

void check_constraint(const Activation &row, const std::string &parameter, const Rational &value) {
  const Constraint *constraint = find_constraint(row, parameter);
  if (!constraint) return;
  const bool too_low = constraint->low && (constraint->low_open ? value <= *constraint->low : value < *constraint->low);
  const bool too_high = constraint->high && value > *constraint->high;
  if (too_low || too_high || (constraint->integral && value.get_den() != 1))
    user_error("{}: {} = {} is outside its range: {}", row.name, parameter, to_text(constant(value)), constraint->text);
}

// Replaces bound parameters by their values, in the definition and (options) whether given or not.
void bind_parameters(KernelRequest &request, const std::vector<std::pair<std::string, Rational>> &given) {
  Definition &definition = request.definition;
  std::vector<std::pair<Expr, Expr>> replacements;
  std::vector<Parameter> unbound;
  for (const Parameter &parameter : definition.parameters) {
    const auto binding = std::ranges::find(given, parameter.name, &std::pair<std::string, Rational>::first);
    const Constraint *constraint = request.row ? find_constraint(*request.row, parameter.name) : nullptr;
    if (binding == given.end() && !(constraint && constraint->option)) {
      unbound.push_back(parameter);
      continue;
    }
    const Rational &value = binding == given.end() ? parameter.default_value : binding->second;
    if (request.row) check_constraint(*request.row, parameter.name, value);
    replacements.emplace_back(variable(parameter.name), constant(value));
    request.bound.emplace_back(parameter.name, value);
  }
  definition.body = substitute(definition.body, replacements);
  definition.parameters = std::move(unbound);
}

KernelRequest request_by_name(const std::string &text) {
  const NamedRequest named = parse_request(text);
  const Activation *row = find_activation(named.name);
  if (!row) {
    const auto closest = closest_name(named.name, activation_scope().names);
    user_error("unknown activation '{}'; {}`actinide list` shows all, and a definition is written `{}(x) = ...`",
               named.name, closest ? fmt::format("did you mean '{}'? ", *closest) : "", named.name);
  }
  KernelRequest request{.definition = definition_of(*row), .label = {}, .row = row, .bound = {}};
  for (const auto &[name, value] : named.bound) {
    if (request.definition.find_parameter(name)) continue;
    std::vector<std::string> known;
    for (const Parameter &parameter : request.definition.parameters) known.push_back(parameter.name);
    user_error("{} has no parameter '{}'; {}", row->name, name,
               known.empty() ? "it has none" : fmt::format("it has {}", fmt::join(known, ", ")));
  }
  bind_parameters(request, named.bound);
  request.label = label_of(std::string(row->name), named.bound);
  return request;
}

// A name that no tensor or parameter of the kernel has so far.
std::string fresh_name(std::string wish, const SymbolicKernel &kernel) {
  const auto taken = [&](const std::string &name) {
    return std::ranges::find(kernel.inputs, name) != kernel.inputs.end() ||
           std::ranges::find(kernel.parameters, name) != kernel.parameters.end() ||
           std::ranges::find(kernel.outputs, name, &std::pair<std::string, Expr>::first) != kernel.outputs.end();
  };
  while (taken(wish)) wish += '_';
  return wish;
}

std::set<std::string> input_names(const Definition &definition) {
  return {definition.inputs.begin(), definition.inputs.end()};
}

Expr derivative_by(const KernelRequest &request, const std::string &input) {
  const Definition &definition = request.definition;
  // Simplified first: (e^x - e^-x)/(e^x + e^-x) is tanh, whose derivative has a stable form; its quotient rule has
  // none.
  if (!request.row || request.row->derivative.empty())
    return differentiate(simplify(definition.body, input_names(definition)).expression, input);
  std::vector<std::string> names = definition.inputs;
  for (const Parameter &parameter : definition_of(*request.row).parameters) names.push_back(parameter.name);
  std::vector<std::pair<Expr, Expr>> replacements;
  for (const auto &[name, value] : request.bound) replacements.emplace_back(variable(name), constant(value));
  return substitute(parse_expression(request.row->derivative, names), replacements);
}

// The definition with the pass applied: which tensors go in, and the exact function of each that comes out.
SymbolicKernel apply_pass(const KernelRequest &request) {
  const Definition &definition = request.definition;
  SymbolicKernel kernel{.inputs = definition.inputs, .parameters = {}, .outputs = {}};
  for (const Parameter &parameter : definition.parameters) kernel.parameters.push_back(parameter.name);
  switch (request.pass) {
    case Pass::forward:
      kernel.outputs.emplace_back(fresh_name("y", kernel), definition.body);
      return kernel;
    case Pass::derivative:
      for (const std::string &input : definition.inputs)
        kernel.outputs.emplace_back(fresh_name("dyd" + input, kernel), derivative_by(request, input));
      return kernel;
    case Pass::backward: {
      const std::string dy = fresh_name("dy", kernel);
      kernel.inputs.insert(kernel.inputs.begin(), dy);
      for (const std::string &input : definition.inputs)
        kernel.outputs.emplace_back(fresh_name("d" + input, kernel), variable(dy) * derivative_by(request, input));
      return kernel;
    }
  }
  throw InternalError("unknown pass");
}

// dy * derivative, as a choice where the derivative is one: where it is exactly 0 or 1 nothing is multiplied, so that
// an infinite dy at a dead unit gives 0. Otherwise dy stays outside: the rest is a function of one variable, whose ends
// and roots are known.
Expr times(const Expr &dy, const Expr &derivative) {
  if (derivative.is_value(0)) return derivative;
  if (derivative.is_value(1)) return dy;
  if (derivative.is(Op::select))
    return make(Op::select, {derivative[0], times(dy, derivative[1]), times(dy, derivative[2])});
  return dy * derivative;
}

// The same function in a form that cancels nowhere; appends the names of the rewrites.
Expr stable_form(const Expr &exact, const KernelRequest &request, std::vector<std::string> &rules) {
  const bool gradient = request.pass == Pass::backward;
  Rewritten rewritten = stabilize(gradient ? exact[1] : exact, input_names(request.definition));
  rules.insert(rules.end(), rewritten.applied.begin(), rewritten.applied.end());
  return gradient ? times(exact[0], rewritten.expression) : rewritten.expression;
}

// Each output as `name = expression`, shared parts first where that makes it readable.
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

}  // namespace

KernelRequest parse_kernel_request(const std::string &text, Pass pass, DType dtype, Tier tier) {
  KernelRequest request;
  if (looks_like_definition(text)) {
    request.definition = parse_definition(text, activation_scope());
    request.label = label_of(request.definition.name, {});
  } else {
    request = request_by_name(text);
  }
  request.pass = pass;
  request.dtype = dtype;
  request.tier = tier;
  return request;
}

std::string KernelSignature::base_name() const {
  return fmt::format("{}_{}_{}", label, to_string(pass), to_string(dtype));
}

KernelSignature signature_of(const KernelRequest &request) {
  const SymbolicKernel kernel = apply_pass(request);
  KernelSignature signature{.label = request.label,
                            .pass = request.pass,
                            .dtype = request.dtype,
                            .inputs = kernel.inputs,
                            .outputs = {},
                            .parameters = kernel.parameters,
                            .formula = {}};
  for (const auto &[name, expression] : kernel.outputs) {
    signature.outputs.push_back(name);
    signature.formula +=
        fmt::format("{}{} = {}", signature.formula.empty() ? "" : ", ", name, to_text(simplify(expression).expression));
  }
  return signature;
}

std::optional<double> bound_of(const KernelRequest &request) {
  if (!request.row) return std::nullopt;
  // NUMERICS, section 1. `backward` multiplies by dy: one rounding more.
  const double product = request.pass == Pass::backward ? 0.5 : 0;
  if (request.dtype == DType::f64) return (request.tier == Tier::standard ? 2.0 : 1.0) + product;
  return (request.tier == Tier::standard ? 4.0 : 1.0) + product;
}

std::optional<ExcusedWindow> excused_window_of(const KernelRequest &request, std::span<const double> parameters) {
  if (!request.row || !request.row->moving_root || request.dtype != DType::f64 || request.pass == Pass::forward)
    return {};
  const MovingRoot &root = *request.row->moving_root;
  const auto &names = request.definition.parameters;
  const auto found = std::ranges::find(names, root.parameter, &Parameter::name);
  if (found == names.end()) return {};
  const double value = parameters[static_cast<std::size_t>(found - names.begin())];
  if (value == 0) return {};
  const double centre = root.product / value, half_width = std::abs(root.half_width / value);
  return ExcusedWindow{centre - half_width, centre + half_width, root.absolute};
}

Precision precision_of(const KernelRequest &request, const Target &target) {
  const bool forward = request.pass == Pass::forward;
  const auto suffices = [&](bool Activation::*in_forward, bool Activation::*in_derivative) {
    return request.row && request.tier == Tier::standard && request.row->*(forward ? in_forward : in_derivative) &&
           target.has_fma;  // the compensated steps of plain arithmetic don't hold without fma
  };
  if (request.dtype == DType::f64) {
    if (suffices(&Activation::f64_forward, &Activation::f64_derivative)) return {Compute::f64, 54};
    // There is no wider type to hide roundings in: pairs of f64 leave only the last one.
    return {Compute::f64_pair, 62};
  }
  if (suffices(&Activation::f32_forward, &Activation::f32_derivative)) return {Compute::f32, 26};
  // 2^-33 costs 0.002 ULP of f32. Where nothing is known of cancellations (a user's definition), or a root of the
  // derivative moves with a parameter and so has no window (approximation/roots.h), approximations are as exact as f64
  // holds.
  const bool cancels = !request.row || (!forward && !request.definition.parameters.empty());
  return {Compute::f64, cancels ? 52 : 33};
}

Schedule schedule_of(const KernelRequest &request, const Target &target) {
  const Compute own = request.dtype == DType::f32 ? Compute::f32 : Compute::f64;
  const bool wide = precision_of(request, target).compute != own;
  return default_schedule(ShapeClass::element, wide, target.is_cuda());
}

std::vector<EntryPoint> entry_points(const KernelRequest &request, const Target &target) {
  const int bytes = static_cast<int>(size_of(request.dtype)), lanes = target.lanes(bytes);
  if (!target.is_cuda()) return {{"", lanes, 1}};
  return {{"", lanes, lanes * bytes}, {"__elements", 1, bytes}};
}

Stages make_stages(const KernelRequest &request, const Target &target) {
  Stages stages;
  stages.exact = apply_pass(request);
  stages.stable = stages.exact;
  for (auto &[name, expression] : stages.stable.outputs) expression = stable_form(expression, request, stages.rules);
  stages.precision = precision_of(request, target);
  stages.program = build_program(stages.stable, request.dtype, stages.precision);
  return stages;
}

std::uint32_t compile_kernel(const KernelRequest &request, const Target &target, Module &module,
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
  report(kPass, [&] { return describe(stages.exact, false); });
  report(kStableForm,
         [&] { return describe(stages.stable, false) + fmt::format("by: {}\n", fmt::join(stages.rules, ", ")); });
  report(kNumerics, [&] {
    return fmt::format("computes in {}, approximations to 2^-{}\n{}", to_string(stages.precision.compute),
                       stages.precision.bits, to_text(stages.program));
  });
  // Halide makes the loops: vectors of elements, and a masked tail with the same instructions.
  for (const EntryPoint &entry : entry_points(request, target)) {
    const LoweredKernel lowered = lower(stages.program, schedule_of(request, target), entry.lanes);
    if (entry.suffix.empty()) report(kHalide, [&] { return to_text(lowered); });
    // LLVM makes the machine code, one IR operation for each instruction.
    module.add_kernel(fmt::format("{}{}", symbol, entry.suffix), lowered);
  }
  return cost_of(stages.program, target);
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
      if (stage == kDefinition) text = to_latex(request.definition.body) + "\n";
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
