#include "contract.h"

#include "approximation/roundings.h"
#include "error.h"
#include "passes.h"
#include "rows.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace actinide {
namespace {

constexpr Precision kPairs{Compute::f64_pair, 62}, kThenPairs{Compute::f64_then_pair, 62};

// True if the kernel is a row's function of one element, or made of its derivatives.
bool is_function_of_one_element(const KernelRequest &request) {
  return request.row && !request.form.gated && request.shape == ShapeClass::element &&
         request.definition.inputs.size() == 1;
}

// True if the kernel is a row's product of an input with a function of another.
bool is_product(const KernelRequest &request) {
  return request.row && !request.form.gated && request.shape == ShapeClass::element &&
         request.definition.inputs.size() == 2;
}

// True if no parameter that is compiled in differs from its default.
bool is_bound_to_defaults(const KernelRequest &request) {
  return std::ranges::all_of(request.bound, [&](const std::pair<std::string, Rational> &bound) {
    return bound.second == definition_of(*request.row).find_parameter(bound.first)->default_value;
  });
}

// True if each value that is compiled in is a number of the dtype.
bool is_bound_to_numbers(const KernelRequest &request) {
  return std::ranges::all_of(request.bound, [&](const std::pair<std::string, Rational> &bound) {
    return Rational(nearest_parameter(bound.second, request.dtype)) == bound.second;
  });
}

// True if no value that is compiled in is so large or so small that what plain f32 loses far out comes back:
// 1e30 e^-100 is no subnormal number.
bool has_moderate_values(const KernelRequest &request) {
  const Rational largest(1 << 20), least(1, 1 << 20);
  return std::ranges::all_of(request.bound, [&](const std::pair<std::string, Rational> &bound) {
    const Rational size = abs(bound.second);
    return size == 0 || (least <= size && size <= largest);
  });
}

// True if digits may be lost to speed: a function of the table whose absolute error alone counts.
bool is_relaxed(const KernelRequest &request) {
  if (request.tier != Tier::relaxed || request.dtypes != DTypes(DType::f32) || !is_function_of_one_element(request))
    return false;
  const bool second_order = request.pass == Pass::second_derivative || request.pass == Pass::double_backward;
  return !second_order && request.pass != Pass::backward_from_output && request.pass != Pass::parameter_gradient;
}

bool keeps_digits(const KernelRequest &request) {
  return request.tier == Tier::faithful || request.tier == Tier::exact;
}

// The same of f32 in `standard`.
KernelRequest of_f32(KernelRequest request) {
  request.dtype = DType::f32;
  request.dtypes = DType::f32;
  request.tier = Tier::standard;
  return request;
}

bool is_gradient(const KernelRequest &request) {
  return request.pass == Pass::derivative || request.pass == Pass::backward;
}

// x f(gate) or its gradients, f and f' of plain f32, whose two or three factors leave more than 4.5 ULP of f32.
bool is_product_of_plain(const KernelRequest &request) {
  const Activation *row = request.row;
  const bool both = request.pass == Pass::forward_backward, y = both || request.pass == Pass::forward;
  if (!row || !request.definition.parameters.empty() || !(y || is_gradient(request))) return false;
  if (!request.form.gated) return row->f32_beside_gate;
  const bool has_room = row->f32_with_factor || request.dtype != DType::f32;
  return row->f32_forward && (!y || has_room) && (request.pass == Pass::forward || row->f32_derivative);
}

// No factor of a gradient in f16 is so large that an f that is nothing in f32 counts.
bool suffices_beside_gate(const KernelRequest &request) {
  return request.dtype == DType::f16 && is_gradient(request) && is_product_of_plain(request);
}

// Elsewhere there are such factors: what f32 has no range for is computed in f64.
bool suffices_with_range(const KernelRequest &request) {
  if (request.dtype == DType::f64 || (request.dtype == DType::f32 && keeps_digits(request))) return false;
  return is_bound_to_defaults(request) && is_product_of_plain(request);
}

// One function of f32, below one ULP.
bool suffices_in_pairs_of_f32(const KernelRequest &request) {
  return request.dtypes == DTypes(DType::f32) && request.tier == Tier::faithful && request.pass == Pass::forward &&
         is_function_of_one_element(request) && is_bound_to_defaults(request) &&
         request.row->faithful_forward == Compute::f32_pair;
}

// What the row, or a sweep, says of arithmetic narrower than the contract's safe choice, for every function that the
// pass evaluates.
bool plain_suffices(const KernelRequest &request) {
  // 4.5 ULP of f32 leave 0.501 of 16 bits, but not always the nearest number. With other values compiled in than the
  // defaults nothing was tried.
  if (is_16_bit(request.dtype)) {
    if (!request.row) return false;
    const bool rounds_once = !promises_nearest(request) && is_bound_to_defaults(request);
    return swept(request) || (rounds_once && (plain_suffices(of_f32(request)) || suffices_beside_gate(request)));
  }
  if (!request.row || keeps_digits(request)) return false;
  const bool f32 = request.dtype == DType::f32;
  if (f32 && !has_moderate_values(request)) return false;
  if (request.form.gated) return f32 && request.row->f32_gated && request.pass == Pass::forward;
  if (is_relaxed(request)) return true;
  const Activation &row = *request.row;
  const bool by_default =
      f32 && row.f32_by_default && request.definition.parameters.empty() && is_bound_to_defaults(request);
  const bool lacks_range = row.scales_result && !is_bound_to_defaults(request);
  const bool forward = by_default || (f32 ? row.f32_forward && !lacks_range : row.f64_forward);
  // Where roots move with a parameter, f' is a function of p x alone, in two words; compiled in, p is rounded.
  const bool rounds_parameter = row.roots_move && !request.bound.empty();
  if (f32 && row.scales_argument && !is_bound_to_defaults(request)) return false;
  const bool derivative = by_default || (f32 ? row.f32_derivative && !rounds_parameter : row.f64_derivative);
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

// Arithmetic in the type of the numbers themselves.
Precision plain_precision(const KernelRequest &request) {
  if (request.dtype == DType::f64) return {Compute::f64, 54};
  constexpr int relaxed = 22, standard = 26;
  if (is_16_bit(request.dtype)) return {Compute::f32, swept_bits(request.dtype)};
  if (is_relaxed(request)) return {Compute::f32, relaxed, true};
  const bool is_row = request.row && !request.form.gated && request.pass == Pass::forward;
  return {Compute::f32, is_row ? request.row->f32_forward_bits : standard};
}

// A few roundings in the type of the numbers, where the contract has room for them and the row for its error: rows.h.
Precision precision_of_rows(const KernelRequest &request, const Target &target) {
  const bool has_room = is_16_bit(request.dtype) || !keeps_digits(request);
  if (target.has_fma && has_room && row_keeps_digits_in_plain(request)) return plain_precision(request);
  return request.tier == Tier::exact && !is_16_bit(request.dtype) ? kPairs : precision_of_sums(request.dtype);
}

// True if the expression means what its instructions compute: nothing is approximated, and each constant is a number of
// the dtype. Adds the constants' magnitudes to `constants`.
bool is_plain_arithmetic(const Expr &expression, DType dtype, std::set<double> &constants) {
  if (expression.is(Op::constant)) {
    const double number = expression.value().get_d(), stored = dtype == DType::f64 ? number : double(float(number));
    constants.insert(std::fabs(number));
    return std::isfinite(stored) && Rational(stored) == expression.value();  // no rational number is infinite
  }
  const bool is_constant = expression.is(Op::pi) || expression.is(Op::euler);
  return !is_constant && info(expression.op()).kind != OpKind::transcendental &&
         std::ranges::all_of(expression.arguments(),
                             [&](const Expr &e) { return is_plain_arithmetic(e, dtype, constants); });
}

// True if plain arithmetic rounds no result more often than `most` times.
bool rounds_in_plain(const KernelRequest &request, int most) {
  std::set<double> constants;
  const auto is_plain = [&](const Expr &e) { return is_plain_arithmetic(e, request.dtype, constants); };
  if (request.form.fused() || !is_plain(request.definition.body)) return false;
  const Stages stages = stages_in(request, plain_precision(request));
  constants.clear();
  return std::ranges::all_of(stages.stable.outputs, [&](const auto &output) { return is_plain(output.second); }) &&
         std::ranges::all_of(stages.kernel.steps,
                             [&](const Step &step) { return most_roundings(step.program, constants) <= most; });
}

// True if plain arithmetic rounds each result once, so that no tier could ask for more: relu, clip, a slope. 16 bits
// come on top of that rounding, and are the nearest for certain if there was none.
bool is_exact_in_plain(const KernelRequest &request) {
  return rounds_in_plain(request, is_16_bit(request.dtype) && promises_nearest(request) ? 0 : 1);
}

// True if all that plain arithmetic rounds is a product, once for each result.
bool rounds_a_product(const KernelRequest &request) {
  if (!rounds_in_plain(request, 1)) return false;
  const auto rounds_else = [](const Instruction &instruction) {
    return instruction.code == Code::add || instruction.code == Code::sub || instruction.code == Code::fma ||
           instruction.code == Code::div || instruction.code == Code::sqrt;
  };
  const Stages stages = stages_in(request, plain_precision(request));
  return std::ranges::none_of(stages.kernel.steps, [&](const Step &step) {
    return std::ranges::any_of(step.program.instructions, rounds_else);
  });
}

// Results of f32, each the nearest, of functions whose f64 arithmetic loses nothing where f has a root: with one that
// moves with an argument it does.
Precision precision_of_nearest(const KernelRequest &request) {
  if (request.dtype != DType::f32 || !bound_of(request)) return kPairs;
  const bool roots_move = request.row->roots_move && !request.definition.parameters.empty();
  switch (request.pass) {
    case Pass::forward:
      return request.row->nearest_in_f64 && is_bound_to_defaults(request) ? Precision{Compute::f64, 52} : kThenPairs;
    case Pass::derivative:
    case Pass::backward:
    case Pass::forward_backward:
      return roots_move ? kPairs : kThenPairs;
    case Pass::backward_from_output:
    case Pass::second_derivative:
    case Pass::double_backward:
    case Pass::parameter_gradient:
      return kPairs;
  }
  throw InternalError("unknown pass");
}

}  // namespace

bool rounds_once_in_plain(const KernelRequest &request) {
  const KernelRequest f32 = of_f32(request);
  return plain_suffices(f32) || is_exact_in_plain(f32);
}

std::vector<double> default_parameters(const KernelRequest &request) {
  std::vector<double> values;
  for (const Parameter &parameter : request.definition.parameters)
    values.push_back(nearest_parameter(parameter.default_value, request.dtype));
  return values;
}

const SweptKernel *swept(const KernelRequest &request) {
  const bool arguments = !request.definition.parameters.empty(), some_bound = arguments && !request.bound.empty();
  if (!is_function_of_one_element(request) || some_bound || !is_bound_to_defaults(request)) return nullptr;
  switch (request.pass) {
    case Pass::forward:
      return find_swept(request.row->name, Pass::forward, request.dtype, arguments);
    case Pass::derivative:
    case Pass::backward:
      return find_swept(request.row->name, Pass::derivative, request.dtype, arguments);
    case Pass::backward_from_output:
    case Pass::forward_backward:
    case Pass::second_derivative:
    case Pass::double_backward:
    case Pass::parameter_gradient:
      return nullptr;
  }
  throw InternalError("unknown pass");
}

Precision precision_of_sums(DType dtype) {
  return dtype == DType::f64 ? kPairs : Precision{Compute::f64, 52};
}

std::optional<double> bound_of(const KernelRequest &request) {
  if (!request.row || request.form.gated || request.form.fused()) return std::nullopt;
  // A sum over several inputs can cancel.
  if (request.pass == Pass::double_backward && request.definition.inputs.size() > 1) return std::nullopt;
  const bool second_order = request.pass == Pass::second_derivative || request.pass == Pass::double_backward;
  const bool roots_move = request.row->roots_move && !request.definition.parameters.empty();
  if (second_order && roots_move && request.dtype == DType::f64) return std::nullopt;
  // Far out, where f16 doesn't reach, sin(0.2 x) has no digits.
  const bool loses_its_place =
      request.dtype != DType::f16 && oscillates(request.definition.body) && !is_bound_to_numbers(request);
  if (loses_its_place && request.pass != Pass::forward) return std::nullopt;
  if (is_relaxed(request)) return std::nullopt;
  if (promises_nearest(request)) return 0.5;
  const bool rounded_once = request.tier == Tier::exact && request.pass != Pass::parameter_gradient;
  // What is rounded is as exact as f32 is at least.
  if (rounded_once || is_16_bit(result_dtype(request))) return 0.501;
  // NUMERICS, section 1. A product with dy or g is one rounding more; of the outputs the one with most roundings
  // counts.
  const bool standard = request.tier == Tier::standard || request.tier == Tier::relaxed;
  const bool f64 = request.dtype == DType::f64;
  // What is multiplied or divided by is rounded where it is subnormal.
  const bool rounds_twice = f64 && request.row->scales_argument && !is_bound_to_defaults(request);
  const bool computes_in_pairs = f64 && request.shape != ShapeClass::row;
  const double first = standard ? (computes_in_pairs ? 2 : 4) : rounds_twice ? 1.02 : 1, second = standard ? 4 : 2;
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
  if (!is_relaxed(request) || multiplied) return std::nullopt;
  return 0x1p-21;  // NUMERICS, section 1
}

bool promises_nearest(const KernelRequest &request) {
  const bool single = request.pass == Pass::forward || request.pass == Pass::derivative;
  const bool rounds_once = is_16_bit(request.dtype) || request.tier == Tier::exact;
  // In 16 bits a product with another input isn't looked up.
  const bool is_element = is_function_of_one_element(request) || (!is_16_bit(request.dtype) && is_product(request));
  return single && rounds_once && !request.dtypes.mixed() && is_element && is_bound_to_defaults(request);
}

bool may_flush(const KernelRequest &request) {
  return result_dtype(request) == DType::f32 && (request.tier == Tier::standard || request.tier == Tier::relaxed);
}

Precision precision_of(const KernelRequest &request, const Target &target) {
  if (request.shape == ShapeClass::row) return precision_of_rows(request, target);
  const bool exact = request.tier == Tier::exact, sums = !apply_pass(request).sums.empty();
  // The compensated steps of plain arithmetic don't hold without fma.
  const bool sums_alone = sums && !request.form.fused();
  if (target.has_fma && !sums_alone && (plain_suffices(request) || is_exact_in_plain(request)))
    return plain_precision(request);
  if (target.has_fma && !sums && suffices_with_range(request))
    return {Compute::f32_then_f64, plain_precision(request).bits};
  if (exact && !is_16_bit(request.dtype) && !sums) return target.has_fma ? precision_of_nearest(request) : kPairs;
  if (sums_alone) return precision_of_sums(request.dtype);
  // Where nothing is known of cancellations (a user's definition), or a root of the derivative, or of the second one,
  // may move with a parameter and so has no window (approximation/roots.h), approximations are as exact as they come.
  const bool second_order = request.pass == Pass::second_derivative || request.pass == Pass::double_backward;
  const bool cancels = !request.row || (request.pass != Pass::forward && !request.definition.parameters.empty() &&
                                        (second_order || request.row->roots_move));
  // There is no wider type to hide roundings in: pairs of f64 leave only the last one, and 2^-57 adds 1/8 ULP at most.
  if (request.dtype == DType::f64) return {Compute::f64_pair, cancels || request.tier == Tier::faithful ? 62 : 57};
  if (cancels || exact) return {Compute::f64, 52};
  // 2^-33 costs 0.002 ULP of f32, 2^-27 an eighth and 2^-25 half of one.
  const bool is_f16 = request.dtype == DType::f16;  // of which no product is too small for its error
  if (target.has_fma && is_f16 && promises_nearest(request) && rounds_a_product(request)) return {Compute::f32_odd, 26};
  if (is_16_bit(request.dtype)) return {Compute::f64, 33};
  if (suffices_in_pairs_of_f32(request) && target.has_fma) return {Compute::f32_pair, 26};
  return {Compute::f64, keeps_digits(request) ? 27 : 25};
}

}  // namespace actinide
