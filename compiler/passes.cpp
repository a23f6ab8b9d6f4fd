#include "passes.h"

#include "derivative/derivative.h"
#include "error.h"
#include "from_output.h"
#include "pipeline.h"
#include "row_text.h"
#include "rows.h"
#include "simplify/simplify.h"

#include <algorithm>

namespace actinide {
namespace {

// Simplified first: (e^x - e^-x)/(e^x + e^-x) is tanh, whose derivative has a stable form; its quotient rule has none.
Expr differentiate_simplified(const Expr &expression, const KernelRequest &request, const std::string &input) {
  const std::vector<std::string> &inputs = request.definition.inputs;
  return differentiate(simplify(expression, {inputs.begin(), inputs.end()}).expression, input);
}

// The output's parts as functions: one, but for CReLU's two.
std::vector<Expr> bodies_of(const KernelRequest &request) {
  std::vector<Expr> bodies = {request.definition.body};
  if (request.row && !request.row->second_part.empty())
    bodies.push_back(parse_row_text(request, request.row->second_part));
  return bodies;
}

// 1 where the input is the first of the largest, else 0.
Expr is_first_largest(const std::vector<std::string> &inputs, const std::string &input) {
  Expr wins = constant(1);
  bool before = true;
  for (const std::string &other : inputs) {
    if (other == input) {
      before = false;
      continue;
    }
    const Op op = before ? Op::less : Op::less_equal;
    wins = make(Op::select, {make(op, {variable(other), variable(input)}), wins, constant(0)});
  }
  return wins;
}

Expr derivative_by(const KernelRequest &request, const Expr &body, const std::string &input) {
  if (request.shape == ShapeClass::group) return is_first_largest(request.definition.inputs, input);
  if (request.row) {
    if (const auto derivative = derivative_of_row(request, request.row->derivative, input)) return *derivative;
  }
  return differentiate_simplified(body, request, input);
}

Expr second_derivative_by(const KernelRequest &request, const Expr &body, const std::string &first,
                          const std::string &second) {
  if (request.row && first == second) {
    if (const auto derivative = derivative_of_row(request, request.row->second_derivative, first)) return *derivative;
  }
  return differentiate_simplified(derivative_by(request, body, first), request, second);
}

// Inputs of the definition that have one value a channel: all but the first.
bool is_per_channel(const KernelRequest &request, std::size_t input) {
  return request.shape == ShapeClass::channel && input > 0;
}

bool is_positive(const KernelRequest &request, const std::string &parameter) {
  const Constraint *constraint = request.row ? find_constraint(*request.row, parameter) : nullptr;
  return constraint && constraint->low && (*constraint->low > 0 || (*constraint->low == 0 && constraint->low_open));
}

class PassBuilder {
 public:
  explicit PassBuilder(const KernelRequest &request) : request_(request), bodies_(bodies_of(request)) {
    for (const Parameter &parameter : request.definition.parameters) {
      kernel_.symbols.parameters.push_back(parameter.name);
      if (is_positive(request, parameter.name)) kernel_.symbols.positive.insert(parameter.name);
    }
  }

  PassKernel build() {
    if (request_.pass != Pass::backward_from_output) add_inputs();
    switch (request_.pass) {
      case Pass::forward:
        add_values();
        break;
      case Pass::derivative:
        add_derivatives();
        break;
      case Pass::backward:
        add_backward();
        break;
      case Pass::backward_from_output:
        add_backward_from_output();
        break;
      case Pass::forward_backward:
        add_values();
        add_derivatives();
        break;
      case Pass::second_derivative:
        add_second_derivatives();
        break;
      case Pass::double_backward:
        add_double_backward();
        break;
      case Pass::parameter_gradient:
        add_parameter_gradient();
        break;
    }
    return std::move(kernel_);
  }

 private:
  const std::vector<std::string> &inputs() const { return request_.definition.inputs; }

  // A name that no tensor or parameter of the kernel has so far.
  std::string fresh_name(std::string wish) const {
    const SymbolicKernel &symbols = kernel_.symbols;
    const auto taken = [&](const std::string &name) {
      return std::ranges::find(symbols.inputs, name) != symbols.inputs.end() ||
             std::ranges::find(kernel_.addends, name, &PassKernel::Addend::name) != kernel_.addends.end() ||
             std::ranges::find(symbols.parameters, name) != symbols.parameters.end() ||
             std::ranges::find(symbols.outputs, name, &std::pair<std::string, Expr>::first) != symbols.outputs.end();
    };
    while (taken(wish)) wish += '_';
    return wish;
  }

  // Another factor, after those that are there and before what is no factor.
  std::string add_factor(const std::string &wish) {
    const std::string name = fresh_name(wish);
    std::vector<std::string> &names = kernel_.symbols.inputs;
    names.insert(names.begin() + static_cast<long>(kernel_.factors.size()), name);
    kernel_.factors.push_back(name);
    return name;
  }

  std::string add_output(const std::string &wish, const Expr &value) {
    const std::string name = fresh_name(wish);
    kernel_.symbols.outputs.emplace_back(name, value);
    return name;
  }

  // A value, or a derivative of one.
  std::string add_result(const std::string &wish, const Expr &value) {
    return *kernel_.like_output.insert(add_output(wish, value)).first;
  }

  std::string add_addend(const std::string &wish, const std::string &to) {
    return kernel_.addends.emplace_back(PassKernel::Addend{fresh_name(wish), to}).name;
  }

  // A tensor of which there is one for each input may share its buffer with those of the others.
  void place_by_input(const std::string &name, const std::string &family, std::size_t input) {
    if (!request_.packed_name.empty()) kernel_.places[name] = {family + request_.packed_name, static_cast<int>(input)};
  }

  // The same for the parts of the output.
  void place_by_part(const std::string &name, const std::string &family, std::size_t part) {
    if (bodies_.size() > 1) kernel_.places[name] = {family, static_cast<int>(part)};
  }
  std::string of_part(const std::string &family, std::size_t part) const {
    return bodies_.size() == 1 ? family : fmt::format("{}__{}", family, part);
  }

  void add_inputs() {
    kernel_.symbols.inputs = inputs();
    for (std::size_t i = 0; i < inputs().size(); ++i) {
      place_by_input(inputs()[i], "", i);
      if (is_per_channel(request_, i)) kernel_.per_channel.insert(inputs()[i]);
    }
    if (request_.form.biased) {
      bias_ = add_addend("bias", inputs()[0]);
      kernel_.per_channel.insert(bias_);
    }
  }

  std::vector<Expr> add_part_factors(const std::string &family) {
    std::vector<Expr> factors;
    for (std::size_t part = 0; part < bodies_.size(); ++part) {
      const std::string name = add_factor(of_part(family, part));
      kernel_.like_output.insert(name);
      place_by_part(name, family, part);
      factors.push_back(variable(name));
    }
    return factors;
  }

  void add_values() {
    for (std::size_t part = 0; part < bodies_.size(); ++part)
      place_by_part(add_result(of_part("y", part), bodies_[part]), "y", part);
    if (request_.form.residual) kernel_.like_output.insert(add_addend("r", kernel_.symbols.outputs[0].first));
  }

  void add_derivatives() {
    for (std::size_t part = 0; part < bodies_.size(); ++part)
      for (std::size_t i = 0; i < inputs().size(); ++i) {
        const std::string family = "dyd" + inputs()[i];
        const std::string name = add_result(of_part(family, part), derivative_by(request_, bodies_[part], inputs()[i]));
        place_by_input(name, "dyd", i);
        place_by_part(name, family, part);
      }
  }

  // A gradient with respect to an input: of one that has a value a channel, the sum of its elements' gradients.
  void add_gradient(std::size_t input, const Expr &value) {
    const std::string name = add_output("d" + inputs()[input], value);
    place_by_input(name, "d", input);
    if (is_per_channel(request_, input)) kernel_.sums[name] = Along::channel;
  }

  // The sum over the output's parts of a product with each part's factor.
  template <typename Function>
  Expr sum_over_parts(const std::vector<Expr> &factors, Function &&function) const {
    Expr total = factors[0] * function(bodies_[0]);
    for (std::size_t part = 1; part < factors.size(); ++part) total = total + factors[part] * function(bodies_[part]);
    return total;
  }

  void add_backward() {
    const std::vector<Expr> dy = add_part_factors("dy");
    for (std::size_t i = 0; i < inputs().size(); ++i)
      add_gradient(i, sum_over_parts(dy, [&](const Expr &body) { return derivative_by(request_, body, inputs()[i]); }));
    if (request_.form.biased) kernel_.sums[add_output("d" + bias_, kernel_.symbols.outputs[0].second)] = Along::channel;
    if (request_.form.residual) add_result("dr", dy[0]);
  }

  void add_backward_from_output() {
    const Expr dy = variable(add_factor("dy"));
    const std::string y = fresh_name("y");
    kernel_.symbols.inputs.push_back(y);
    kernel_.like_output.insert({kernel_.factors[0], y});
    add_output("d" + inputs()[0], dy * std::get<FromOutput>(derivative_from_output(request_, y)).derivative);
  }

  // Each pair of inputs once.
  void add_second_derivatives() {
    for (std::size_t part = 0; part < bodies_.size(); ++part)
      for (auto first = inputs().begin(); first != inputs().end(); ++first)
        for (auto second = first; second != inputs().end(); ++second) {
          const std::string family = "d2yd" + *first + (first == second ? "2" : "d" + *second);
          place_by_part(
              add_result(of_part(family, part), second_derivative_by(request_, bodies_[part], *first, *second)), family,
              part);
        }
  }

  // g = dL/d(dx), dx = dy f'(x): dL/d(dy) = g f'(x) and dL/dx = dy g f''(x); with several inputs, each dx_i has a part
  // in every one of them.
  void add_double_backward() {
    std::vector<Expr> g;
    for (std::size_t i = 0; i < inputs().size(); ++i) {
      const std::string name = add_factor(inputs().size() == 1 ? "g" : "g" + inputs()[i]);
      place_by_input(name, "g", i);
      if (is_per_channel(request_, i)) kernel_.per_channel.insert(name);
      g.push_back(variable(name));
    }
    const std::vector<Expr> dy = add_part_factors("dy");
    const auto sum = [&](const auto &derivative_by_each) {
      Expr total = g[0] * derivative_by_each(inputs()[0]);
      for (std::size_t i = 1; i < g.size(); ++i) total = total + g[i] * derivative_by_each(inputs()[i]);
      return total;
    };
    for (std::size_t part = 0; part < bodies_.size(); ++part) {
      const auto first = [&](const std::string &input) { return derivative_by(request_, bodies_[part], input); };
      place_by_part(add_result(of_part("ddy", part), sum(first)), "ddy", part);
    }
    for (std::size_t i = 0; i < inputs().size(); ++i)
      add_gradient(i, sum_over_parts(dy, [&](const Expr &body) {
                     return sum([&](const std::string &other) {
                       return second_derivative_by(request_, body, other, inputs()[i]);
                     });
                   }));
  }

  // Of every scalar that is an argument, the sum over all elements; of every input with a value a channel, that over
  // the channel.
  void add_parameter_gradient() {
    const std::vector<Expr> dy = add_part_factors("dy");
    const auto by = [&](const std::string &name) {
      return sum_over_parts(dy, [&](const Expr &body) { return differentiate_simplified(body, request_, name); });
    };
    for (std::size_t i = 0; i < inputs().size(); ++i)
      if (is_per_channel(request_, i)) add_gradient(i, by(inputs()[i]));
    for (const Parameter &parameter : request_.definition.parameters)
      kernel_.sums[add_output("d" + parameter.name, by(parameter.name))] = Along::nothing;
  }

  const KernelRequest &request_;
  const std::vector<Expr> bodies_;
  PassKernel kernel_;
  std::string bias_ = {};
};

std::optional<std::string> reason_without_parameters(const KernelRequest &request) {
  if (!request.definition.parameters.empty() || request.shape == ShapeClass::channel) return std::nullopt;
  return fmt::format("{} has no parameter_gradient: no parameter of it is an argument of the kernel",
                     request.definition.name);
}

std::optional<std::string> reason_without_second_derivative(const KernelRequest &request) {
  if (request.shape != ShapeClass::group) return std::nullopt;
  return fmt::format("{} has no second_derivative: it is 0 everywhere", request.definition.name);
}

// Sums stand before and after values and first gradients.
std::optional<std::string> reason_not_fused(const KernelRequest &request) {
  const bool adds = request.pass == Pass::forward || request.pass == Pass::backward ||
                    (request.pass == Pass::derivative && !request.form.residual);
  if (adds) return std::nullopt;
  Form plain = request.form;
  plain.residual = false;
  if (request.pass != Pass::derivative) plain.biased = false;
  return fmt::format("{} has no {}; request that of {}", with_form(request.form, request.definition.name),
                     to_string(request.pass), with_form(plain, request.definition.name));
}

std::optional<std::string> reason_without_output_form(const KernelRequest &request) {
  const auto form = derivative_from_output(request, "y");
  const std::string *reason = std::get_if<std::string>(&form);
  if (!reason) return std::nullopt;
  return fmt::format("{} has no backward_from_output: {}; use backward", request.definition.name, *reason);
}

// Where the inputs lie.
std::string remark_on_halves(const KernelRequest &request) {
  const std::vector<std::string> &inputs = request.definition.inputs;
  const bool gradients = request.pass != Pass::forward && request.pass != Pass::parameter_gradient;
  return fmt::format("A row of the packed tensor is a row of {}, then one of {}{}.", inputs[0], inputs[1],
                     gradients ? "; their gradients are packed alike" : "");
}

std::string remark_on_bias(const KernelRequest &request) {
  return fmt::format("{} + bias is rounded once, to {}{}.", request.definition.inputs[0], to_string(request.dtype),
                     request.pass == Pass::backward ? "; dbias is the sum of dx over each channel" : "");
}

// What is decided where the derivative is a decision, or what a parameter must be.
std::string remark_on_derivative(const KernelRequest &request) {
  if (request.shape == ShapeClass::row) return {};
  const bool has_kinks = request.row && !request.row->kinks.empty();
  const std::string argument = request.definition.inputs.back() + (request.form.biased ? " + bias" : "");
  const std::string kinks = has_kinks ? kinks_text(*request.row, argument) : "";
  switch (request.pass) {
    case Pass::forward:
      return {};
    case Pass::derivative:
    case Pass::backward:
    case Pass::forward_backward:
      return has_kinks ? fmt::format("Derivative: {}.", kinks) : "";
    case Pass::backward_from_output: {
      const std::string condition = std::get<FromOutput>(derivative_from_output(request, "y")).condition;
      return condition.empty() ? "" : fmt::format("Only for {}.", condition);
    }
    case Pass::second_derivative:
      return has_kinks ? "At kinks: 0." : "";
    case Pass::parameter_gradient:
      return "Sums over all elements, the same bits for any number of threads.";
    case Pass::double_backward:
      return has_kinks ? fmt::format("Derivative: {}; f'' is 0 there.", kinks) : "";
  }
  throw InternalError("unknown pass");
}

}  // namespace

std::vector<std::string> PassKernel::arguments() const {
  return {symbols.inputs.begin() + static_cast<long>(factors.size()), symbols.inputs.end()};
}

SymbolicKernel PassKernel::with_addends() const {
  SymbolicKernel written = symbols;
  for (const auto &[name, to] : addends) {
    const std::pair<Expr, Expr> sum{variable(to), variable(to) + variable(name)};
    for (auto &[output, expression] : written.outputs)
      expression = output == to ? expression + variable(name) : substitute(expression, {&sum, 1});
  }
  return written;
}

std::optional<std::string> reason_undefined(const KernelRequest &request) {
  if (request.form.fused()) return reason_not_fused(request);
  if (request.shape == ShapeClass::row) return row_reason_undefined(request);
  switch (request.pass) {
    case Pass::backward_from_output:
      return reason_without_output_form(request);
    case Pass::second_derivative:
      return reason_without_second_derivative(request);
    case Pass::parameter_gradient:
      return reason_without_parameters(request);
    case Pass::forward:
    case Pass::derivative:
    case Pass::backward:
    case Pass::forward_backward:
    case Pass::double_backward:
      return std::nullopt;
  }
  throw InternalError("unknown pass");
}

std::optional<std::string> reason_undefined(const Activation &row, Pass pass) {
  KernelRequest request = parse_kernel_request(std::string(row.name), Pass::forward, DType::f32, Tier::standard);
  request.pass = pass;
  return reason_undefined(request);
}

PassKernel apply_pass(const KernelRequest &request) {
  return PassBuilder(request).build();
}

std::string remark_on(const KernelRequest &request) {
  std::string remark = remark_on_derivative(request);
  const auto append = [&](const std::string &sentence) { remark += (remark.empty() ? "" : " ") + sentence; };
  if (request.form.packed) append(remark_on_halves(request));
  if (request.form.biased) append(remark_on_bias(request));
  if (request.form.residual && request.pass == Pass::forward) append("The sum with r is rounded once.");
  return remark;
}

}  // namespace actinide
