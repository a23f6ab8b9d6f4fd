// `actinide explain`: what there is to know of an activation, on one page. Nothing on it depends on the machine.
#include "aot/header.h"
#include "aot/plan.h"
#include "approximation/roots.h"
#include "call_limits.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/request.h"
#include "cli/table.h"
#include "expression/reference.h"
#include "passes.h"
#include "simplify/range.h"
#include "simplify/simplify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace actinide::cli {
namespace {

// The numerics shown are those of targets with fma, which all give the same bits.
const Target &target() {
  static const Target with_fma = parse_target("x86-64-v3");
  return with_fma;
}

std::string heading(std::string_view text) {
  return fmt::format("\n== {} ==\n", text);
}

KernelRequest with_type(KernelRequest request, DType dtype, Tier tier) {
  request.dtype = dtype;
  request.dtypes = dtype;
  request.tier = tier;
  return request;
}

// The arithmetic that rounds, by its kind; what is left selects, compares or moves bits.
std::string_view kind_of(Code code) {
  switch (code) {
    case Code::fma:
    case Code::exact_fma:
      return "fma";
    case Code::add:
    case Code::sub:
      return "add";
    case Code::mul:
    case Code::div:
    case Code::sqrt:
    case Code::narrow:
      return info(code).name;
    default:
      return "other";
  }
}

// `38 operations: 10 fma, 3 add, ...`, of all steps together.
std::string operations_text(const NumericKernel &kernel) {
  std::map<std::string_view, int> counts;
  int operations = 0;
  for (const Step &step : kernel.steps)
    for (const Program *program : {&step.program, &step.merge})
      for (const Instruction &instruction : program->instructions) {
        if (info(instruction.code).arity == 0) continue;
        ++counts[kind_of(instruction.code)];
        ++operations;
      }
  std::vector<std::string> texts;
  for (const std::string_view kind : {"fma", "add", "mul", "div", "sqrt", "narrow", "other"})
    if (counts.contains(kind)) texts.push_back(fmt::format("{} {}", counts[kind], kind));
  return fmt::format("{} operations: {}", operations, fmt::join(texts, ", "));
}

std::string method_text(const KernelRequest &request) {
  const Stages stages = make_stages(request, target());
  return fmt::format("in {}, approximations to 2^-{}: {}", to_string(stages.precision.compute), stages.precision.bits,
                     operations_text(stages.kernel));
}

// The method in each dtype and tier; those that have the same share a line.
std::string numerics_text(const KernelRequest &request) {
  std::vector<std::pair<std::string, std::vector<std::string>>> methods;
  const auto add = [&](const std::string &method, const std::string &kernel) {
    auto found = std::ranges::find(methods, method, &std::pair<std::string, std::vector<std::string>>::first);
    if (found == methods.end()) found = methods.insert(methods.end(), {method, {}});
    found->second.push_back(kernel);
  };
  for (const DType dtype : all_dtypes()) {
    std::vector<std::string> by_tier;
    const std::span<const Tier> tiers = tiers_of(dtype);
    for (const Tier tier : tiers) by_tier.push_back(method_text(with_type(request, dtype, tier)));
    if (std::ranges::adjacent_find(by_tier, std::ranges::not_equal_to{}) == by_tier.end()) {
      add(by_tier[0], std::string(to_string(dtype)));
      continue;
    }
    for (std::size_t i = 0; i < by_tier.size(); ++i)
      add(by_tier[i], fmt::format("{} {}", to_string(dtype), to_string(tiers[i])));
  }
  std::string text;
  for (const auto &[method, kernels] : methods) text += fmt::format("  {}: {}\n", fmt::join(kernels, ", "), method);
  return text;
}

// Passes that are no mere combination of others: of rows, which have no `derivative`, all.
bool has_section(const KernelRequest &request, Pass pass) {
  if (request.shape == ShapeClass::row) return true;
  return pass != Pass::backward && pass != Pass::forward_backward && pass != Pass::double_backward;
}

std::string section(const KernelRequest &request) {
  const Stages stages = make_stages(request, target());
  std::string text = heading(to_string(request.pass));
  if (stages.exact.outputs.empty()) {
    text += exact_text(request, stages);
  } else {
    SymbolicKernel simple = stages.exact;
    for (auto &[name, expression] : simple.outputs) expression = simplify(expression).expression;
    text += fmt::format("{}LaTeX:\n{}", describe(simple), describe(simple, true));
    text += fmt::format("Stable form, by {}:\n{}",
                        stages.rules.empty() ? "no rewriting" : fmt::format("{}", fmt::join(stages.rules, ", ")),
                        describe(stages.stable));
  }
  if (const std::string remark = remark_on(request); !remark.empty()) text += remark + "\n";
  const bool main = request.pass == Pass::forward || request.pass == Pass::derivative;
  if (main || request.shape == ShapeClass::row) text += "Numerics:\n" + numerics_text(request);
  return text;
}

std::string number(double value) {
  return std::isnan(value) ? "nan" : fmt::format("{:.6g}", value);
}

// True if the function crosses 0 exactly at x.
bool has_root_at(const Reference &reference, double x) {
  const double below = x * (1 - 0x1p-20), above = x * (1 + 0x1p-20);
  const auto f = [&](double at) { return reference.rounded({&at, 1}, DType::f64); };
  return f(x) == 0 && f(below) * f(above) < 0;
}

// Where the function crosses 0 elsewhere than at 0, as far as the compiler looks: 2^-10 <= |x| <= 2^10, smooth there.
// Its search steps from power of two to power of two, and over a root that is one.
std::string roots_text(const Reference &reference) {
  const Reach reach{.absolute = 0x1p-6};
  constexpr int bits = 24, largest_power = 10;
  std::vector<double> roots;
  for (const RootWindow &window : find_root_windows(reference, 1, reach, bits)) roots.push_back(window.root.get_d());
  for (int power = -largest_power; power <= largest_power; ++power)
    for (const double x : {-std::exp2(power), std::exp2(power)})
      if (has_root_at(reference, x)) roots.push_back(x);
  std::ranges::sort(roots);
  std::vector<std::string> texts;
  std::ranges::transform(roots, std::back_inserter(texts), number);
  return fmt::format("{}", fmt::join(texts, ", "));
}

// An interval that holds every value, where the compiler knows a finite end of it.
std::string range_text(const Expr &expression) {
  const auto [low, high] = RangeAnalysis().range(expression);
  return std::isinf(low) && std::isinf(high) ? "" : fmt::format("[{}, {}]", number(low), number(high));
}

// Limits, values at 0, roots and ranges of functions of one variable, parameters at their defaults.
std::string values(const KernelRequest &forward) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (forward.definition.inputs.size() > 1 || forward.shape == ShapeClass::row || forward.form.fused()) return "";
  std::vector<std::pair<Expr, Expr>> defaults;
  for (const Parameter &parameter : forward.definition.parameters)
    defaults.emplace_back(variable(parameter.name), constant(parameter.default_value));
  const std::string input = forward.definition.inputs[0];
  Table table({"", input + " = -inf", input + " = 0", input + " = inf", "other roots", "within"});
  for (const Pass pass : {Pass::forward, Pass::derivative, Pass::second_derivative}) {
    const KernelRequest request = with_pass(forward, pass);
    if (reason_undefined(request)) continue;
    const Stages stages = make_stages(request, target());
    for (std::size_t i = 0; i < stages.exact.outputs.size(); ++i) {
      const auto &[name, expression] = stages.exact.outputs[i];
      const Reference reference(substitute(expression, defaults), {input});
      const auto at = [&](double x) { return number(reference.rounded({&x, 1}, DType::f64)); };
      table.add({name, at(-infinity), at(0), at(infinity), roots_text(reference),
                 range_text(substitute(stages.stable.outputs[i].second, defaults))});
    }
  }
  return heading("values") + table.text();
}

// The function of each pass in C, or the reason why there is none.
std::string functions(const KernelRequest &forward) {
  std::string text = heading("in C") + "For f32; f64 takes double, f16 and bf16 take uint16_t and float parameters.\n";
  std::vector<KernelRequest> kernels;
  std::string refused;
  for (const Pass pass : all_passes()) {
    const KernelRequest request = with_pass(forward, pass);
    if (const auto reason = reason_missing(request))
      refused += *reason + "\n";
    else
      kernels.push_back(request);
  }
  const aot::Plan plan = aot::plan_library({.name = "k", .kernels = kernels, .targets = {target()}});
  for (const aot::PlannedKernel &kernel : plan.kernels) {
    for (const aot::Function &function : kernel.functions) text += aot::prototype(function) + ";\n";
  }
  return text + (refused.empty() ? "" : "\n" + refused);
}

// The bound in ULP of every pass, dtype and tier.
std::string bounds(const KernelRequest &forward) {
  std::vector<std::string> headings = {known_tiers()};
  for (const DType dtype : all_dtypes()) headings.emplace_back(to_string(dtype));
  Table table(headings);
  for (const Pass pass : passes_of(forward)) {
    std::vector<std::string> row = {std::string(to_string(pass))};
    for (const DType dtype : all_dtypes()) {
      std::vector<std::string> texts;
      for (const Tier tier : tiers_of(dtype)) {
        const KernelRequest request = with_type(with_pass(forward, pass), dtype, tier);
        const auto bound = bound_of(request);
        texts.push_back(bound ? fmt::format("{}", *bound) : relaxed_bound_of(request) ? "r" : "-");
      }
      row.push_back(fmt::format("{}", fmt::join(texts, ", ")));
    }
    table.add(row);
  }
  return heading(
             "bounds in ULP, default parameters, on targets with fma; r: 2^-21 max(1, |exact|); -: none is promised") +
         table.text();
}

std::string page(const std::string &activation) {
  const KernelRequest forward = parse_kernel_request(activation, Pass::forward, DType::f32, Tier::standard);
  check_limits(signature_of(forward), false);
  std::string text = fmt::format("{}\n\nLaTeX: {}\nshape: {}\n", written_definition(forward), written_latex(forward),
                                 to_string(forward.shape));
  for (const Fact &fact : facts_of(forward)) text += fmt::format("{}: {}\n", fact.name, fact.text);
  text += values(forward);
  for (const Pass pass : passes_of(forward))
    if (has_section(forward, pass)) text += section(with_pass(forward, pass));
  return text + bounds(forward) + functions(forward);
}

}  // namespace

void add_explain(const Command &app) {
  auto activations = std::make_shared<Activations>();
  const Command command = app.subcommand("explain", "What there is to know of an activation, on one page");
  activations->add_one_to(command);
  command.runs([activations] { fmt::print("{}", page(activations->text())); });
}

}  // namespace actinide::cli
