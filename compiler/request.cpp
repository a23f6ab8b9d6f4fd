// From a text to a kernel request: the activation, its parameters, and the forms around it.
#include "error.h"
#include "expression/printer.h"
#include "expression/reference.h"
#include "expression/suggestion.h"
#include "names.h"
#include "passes.h"
#include "pipeline.h"

#include <algorithm>

namespace actinide {
namespace {

const Rational *value_in(const ParameterValues &bindings, std::string_view name) {
  const auto found = std::ranges::find(bindings, name, &ParameterValues::value_type::first);
  return found == bindings.end() ? nullptr : &found->second;
}

void check_constraint(const Activation &row, const std::string &parameter, const Rational &value,
                      const ParameterValues &bound) {
  const Constraint *constraint = find_constraint(row, parameter);
  if (!constraint) return;
  const Rational *other = value_in(bound, constraint->not_below);
  if (!constraint->allows(value) || (other && value < *other))
    user_error("{}: {} = {} is outside its range: {}", row.name, parameter, to_text(constant(value)), constraint->text);
}

// Of a group of k neighbours each is an input: the largest of them. On a tie the first wins.
void expand_group(KernelRequest &request) {
  const std::string name = request.definition.inputs[0];
  const Rational *k = value_in(request.bound, "k");
  internal_check(k != nullptr, "a group without k");
  request.packed_name = name;
  request.definition.inputs.clear();
  for (long member = 0; member < k->get_num().get_si(); ++member) {
    const Expr x = variable(request.definition.inputs.emplace_back(fmt::format("{}__{}", name, member)));
    request.definition.body = member == 0 ? x : make(Op::max, {request.definition.body, x});
  }
}

KernelRequest request_by_name(const std::string &text) {
  const NamedRequest named = parse_request(text);
  const BuiltIn *built_in = find_built_in(named.name);
  if (!built_in) {
    const auto closest = closest_name(named.name, activation_scope().names);
    user_error("unknown activation '{}'; {}`actinide list` shows all, and a definition is written `{}(x) = ...`",
               named.name, closest ? fmt::format("did you mean '{}'? ", *closest) : "", named.name);
  }
  const Activation &row = *built_in->row;
  KernelRequest request{.definition = bound(built_in->definition, named.bound),
                        .label = label_of(built_in->definition.name, named.bound),
                        .row = &row,
                        .bound = built_in->bound,
                        .shape = row.shape};
  request.bound.insert(request.bound.end(), named.bound.begin(), named.bound.end());
  ParameterValues options;
  for (const Parameter &parameter : request.definition.parameters) {
    const Constraint *constraint = find_constraint(row, parameter.name);
    if (constraint && constraint->option) options.emplace_back(parameter.name, parameter.default_value);
  }
  request.definition = bound(request.definition, options);
  request.bound.insert(request.bound.end(), options.begin(), options.end());
  for (const auto &[parameter, value] : request.bound) check_constraint(row, parameter, value, request.bound);
  return request;
}

KernelRequest request_by_definition(const std::string &text) {
  KernelRequest request{.definition = parse_definition(text, activation_scope())};
  request.label = label_of(request.definition.name, {});
  return request;
}

// The word next to the activation says what that must be.
void check_form(const KernelRequest &request) {
  const FormWord *word = innermost(request.form);
  if (word == nullptr) return;
  const std::string &name = request.definition.name;
  const std::size_t inputs = request.definition.inputs.size();
  if (request.shape != ShapeClass::element)
    user_error("{0}({1}): {1} is not element-wise; {0}(...) takes an activation of single elements", word->name, name);
  if (inputs != word->inputs)
    user_error("{0}({1}): {1} has {2} input{3}; {0}(...) takes {4}", word->name, name, inputs, inputs == 1 ? "" : "s",
               taken_by(*word));
}

// What stands around the activation, from the inside out.
void apply_form(KernelRequest &request, const Form &form) {
  request.form = form;
  check_form(request);
  if (form.gated) {
    request.definition.name = request.label;
    request.definition = gated(request.definition);
  }
  if (form.packed) {
    request.packed_name = request.definition.inputs[0];
    request.shape = ShapeClass::split;
  }
  if (form.biased) request.shape = ShapeClass::channel;
  request.label = prefix_of(form) + request.label;
}

// The dtype for which a kernel's function is made. Where 16 bits meet others, or sums stand around the function, its
// numbers are f32 and tensors of 16 bits hold them rounded.
DType function_dtype(const KernelRequest &request) {
  const bool apart = request.dtypes.mixed() || request.form.fused();
  return apart && request.dtypes.inputs != DType::f64 ? DType::f32 : request.dtypes.inputs;
}

void check_defaults(const KernelRequest &request) {
  const DType dtype = parameter_dtype(request.dtype);
  for (const Parameter &parameter : request.definition.parameters)
    if (abs(parameter.default_value) > Rational(float_format(dtype).largest()))
      user_error("{}: the default of {} is beyond the largest {}; choose a smaller one", request.label, parameter.name,
                 to_string(dtype));
}

}  // namespace

double nearest_parameter(const Rational &value, DType dtype) {
  return Reference(constant(value), {}).rounded({}, parameter_dtype(dtype));
}

KernelRequest parse_kernel_request(const std::string &text, Pass pass, DTypes dtypes, Tier tier,
                                   const std::string &schedule) {
  const auto [form, activation] = parse_form(text);
  KernelRequest request =
      looks_like_definition(activation) ? request_by_definition(activation) : request_by_name(activation);
  apply_form(request, form);
  request.pass = pass;
  request.dtypes = parse_dtypes(to_string(dtypes));  // refuses a pair that isn't known
  request.dtype = function_dtype(request);
  request.tier = tier;
  with_changes({}, schedule);  // refuses what is no schedule
  request.schedule = schedule;
  if (std::ranges::find(tiers_of(request.dtype), tier) == tiers_of(request.dtype).end())
    user_error(
        "{} has no tier '{}', for nothing wider shows how each result rounds; `faithful` errs by less than 1 ULP",
        to_string(request.dtype), to_string(tier));
  check_defaults(request);
  if (request.shape == ShapeClass::group) expand_group(request);
  if (const auto reason = reason_undefined(request)) user_error("{}", *reason);
  return request;
}

}  // namespace actinide
