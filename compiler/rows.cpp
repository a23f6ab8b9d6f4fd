#include "rows.h"

#include "derivative/derivative.h"
#include "error.h"
#include "pipeline.h"
#include "simplify/simplify.h"

#include <algorithm>

namespace actinide {
namespace {

Expr choose(const Expr &condition, const Expr &a, const Expr &b) {
  return make(Op::select, {condition, a, b});
}

Expr equal(const Expr &a, const Expr &b) {
  return make(Op::equal, {a, b});
}

/// exp(-|u|), whose argument can't overflow.
Expr exp_below(const Expr &u) {
  return make(Op::exp, {-make(Op::abs, {u})});
}

Expr log1p(const Expr &u) {
  return make(Op::log1p, {u});
}

class RowKernel {
 public:
  explicit RowKernel(const KernelRequest &request) : request_(request), u_(request.definition.body) {
    kernel_.shape = ShapeClass::row;
    for (const Parameter &parameter : request.definition.parameters) kernel_.parameters.push_back(parameter.name);
  }

  SymbolicSteps make_kernel() {
    switch (request_.pass) {
      case Pass::forward:
        forward();
        break;
      case Pass::backward:
        backward();
        break;
      case Pass::backward_from_output:
        backward_from_output();
        break;
      default:
        throw InternalError("rows: the pass was not refused");
    }
    return std::move(kernel_);
  }

 private:
  Expr input(const std::string &name, DType dtype, Along along = Along::element) {
    kernel_.inputs.push_back({name, kernel_.buffers.size()});
    ++kernel_.input_buffers;
    kernel_.buffers.push_back({.name = name, .dtype = dtype, .along = along});
    return variable(name);
  }

  void output(const std::string &name, DType dtype, const Expr &value, Along along = Along::element) {
    kernel_.outputs.push_back({name, kernel_.buffers.size()});
    kernel_.buffers.push_back({.name = name, .dtype = dtype, .along = along});
    kernel_.steps.push_back({.along = along, .outputs = {{name, value}}});
  }

  void gather(std::vector<Gathered> gathered) {
    kernel_.steps.push_back({.along = Along::row, .outputs = {}, .gathered = std::move(gathered)});
  }

  std::string name_of_x() const { return request_.definition.inputs.at(0); }

  /// The sums of the row; `more` is gathered with them.
  void gather_sums(std::vector<Gathered> more = {}) {
    const bool leading_zero = request_.row->row == RowFunction::logsumexp && bound("leading_zero");
    gather({{.name = "largest",
             .term = u_,
             .how = Gathered::How::largest,
             .least = leading_zero ? std::optional(0.0) : std::nullopt}});
    const Expr largest = variable("largest"), below = exp_below(u_ - largest);
    is_largest_ = equal(u_, largest);
    exponential_ = choose(is_largest_, constant(1), below);
    std::vector<Gathered> sums = {{.name = "count", .term = choose(is_largest_, constant(1), constant(0))},
                                  {.name = "rest", .term = choose(is_largest_, constant(0), below)}};
    sums.insert(sums.end(), more.begin(), more.end());
    gather(std::move(sums));
    count_ = variable("count");
    rest_ = variable("rest");
    if (leading_zero) {  // e^(0 - M) joins the sums
      const Expr zero_is_largest = equal(largest, constant(0));
      count_ = count_ + choose(zero_is_largest, constant(1), constant(0));
      rest_ = rest_ + choose(zero_is_largest, constant(0), exp_below(largest));
    }
    is_empty_ = equal(count_, constant(0));
    sum_ = choose(is_empty_, constant(1), count_ + rest_);
    log_sum_ = log1p((count_ - constant(1)) + rest_);
  }

  Rational bound(const std::string &parameter) const {
    for (const auto &[name, value] : request_.bound)
      if (name == parameter) return value;
    throw InternalError("rows: " + parameter + " is not compiled in");
  }

  void forward() {
    input(name_of_x(), of_x_);
    gather_sums();
    const Expr largest = variable("largest");
    switch (request_.row->row) {
      case RowFunction::softmax:
        output("y", of_y_, exponential_ / sum_);
        return;
      case RowFunction::log_softmax:
        output("y", of_y_, choose(is_empty_, u_, choose(is_largest_, constant(0), u_ - largest) - log_sum_));
        return;
      case RowFunction::logsumexp:
        output("y", of_y_, largest + log_sum_, Along::row);
        return;
      case RowFunction::none:
        break;
    }
    throw InternalError("rows: no activation of rows");
  }

  void backward() {
    const RowFunction function = request_.row->row;
    const Expr dy = input("dy", of_y_, function == RowFunction::logsumexp ? Along::row : Along::element);
    input(name_of_x(), of_x_);
    const std::string dx = "d" + name_of_x();
    switch (function) {
      case RowFunction::softmax:
        gather_sums({{.name = "dy_of_largest", .term = choose(is_largest(), dy, constant(0))}});
        output(dx, of_x_, slope() * choose(is_empty_, constant(0), softmax_gradient(dy)));
        return;
      case RowFunction::log_softmax: {
        gather_sums({{.name = "dy_sum", .term = dy}});
        // Of a largest element 1 - p is small, of the others at least 1/2.
        const Expr p = exponential_ / sum_;
        const Expr rest = choose(is_largest_, ((count_ - constant(1)) + rest_) / sum_, constant(1) - p);
        output(dx, of_x_, slope() * choose(is_empty_, constant(0), dy * rest - p * (variable("dy_sum") - dy)));
        return;
      }
      case RowFunction::logsumexp:
        gather_sums();
        output(dx, of_x_, slope() * (dy * (exponential_ / sum_)));
        return;
      case RowFunction::none:
        break;
    }
    throw InternalError("rows: no activation of rows");
  }

  /// What u is of x: a constant, so that no x is needed.
  Expr slope() const { return simplify(differentiate(u_, name_of_x()), {name_of_x()}).expression; }

  /// The exact function of the y that is given, whether or not its row sums to 1.
  void backward_from_output() {
    const Expr dy = input("dy", of_y_), y = input("y", of_y_);
    if (request_.row->row == RowFunction::softmax) {
      gather({{.name = "mean", .term = dy * y}});
      output("d" + name_of_x(), of_x_, slope() * (y * (dy - variable("mean"))));
    } else {
      gather({{.name = "dy_sum", .term = dy}});
      output("d" + name_of_x(), of_x_, slope() * (dy - exp_below(y) * variable("dy_sum")));
    }
  }

  Expr is_largest() const { return equal(u_, variable("largest")); }

  /// p_i (dy_i - sum_j p_j dy_j) with every dy relative to that of the largest elements: where one of them dominates,
  /// nothing cancels.
  Expr softmax_gradient(const Expr &dy) {
    const Expr reference = variable("dy_of_largest") / choose(is_empty_, constant(1), count_);
    gather({{.name = "mean_above", .term = exponential_ * (dy - reference)}});
    return exponential_ / sum_ * ((dy - reference) - variable("mean_above") / sum_);
  }

  const KernelRequest &request_;
  const DType of_x_ = request_.dtypes.inputs, of_y_ = request_.dtypes.outputs;
  const Expr u_;
  SymbolicSteps kernel_;
  Expr is_largest_, exponential_;                 ///< of an element
  Expr count_, rest_, is_empty_, sum_, log_sum_;  ///< of the row
};

}  // namespace

std::optional<std::string> row_reason_undefined(const KernelRequest &request) {
  switch (request.pass) {
    case Pass::forward:
    case Pass::backward:
      return std::nullopt;
    case Pass::backward_from_output:
      if (request.row->row != RowFunction::logsumexp) return std::nullopt;
      return fmt::format("{} has no backward_from_output: one output does not determine a row; use backward",
                         request.row->name);
    default:
      return fmt::format("{} has no {}: every element of a row depends on all of them; use backward", request.row->name,
                         to_string(request.pass));
  }
}

SymbolicSteps row_kernel(const KernelRequest &request) {
  return RowKernel(request).make_kernel();
}

}  // namespace actinide
