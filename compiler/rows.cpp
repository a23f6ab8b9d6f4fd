#include "rows.h"

#include "derivative/derivative.h"
#include "error.h"
#include "pipeline.h"
#include "simplify/simplify.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

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

/// u between the limits; NaN stays.
Expr clamp(const Expr &u, const Expr &low, const Expr &high) {
  const Expr raised = choose(make(Op::less, {u, low}), low, u);
  return choose(make(Op::less, {high, raised}), high, raised);
}

/// What the shift and the exponent are made by, of the type that is computed in.
struct Limits {
  double largest;  ///< finite number
  int bias;        ///< that many halvings of 1 are normal, or one less
  int small;       ///< largest elements below need no shift: those above are more than twice what counts below them
};
/// Of a sum: columns are an int32_t.
constexpr long most_terms = 1L << 31;
constexpr int exponent_of_largest = 60;  ///< of its e_j
constexpr Limits limits_of(bool f64) {
  // What counts is within (bias + 60) ln2 of the largest: 130, or 751.
  return f64 ? Limits{std::numeric_limits<double>::max(), 1023, 1600}
             : Limits{std::numeric_limits<float>::max(), 127, 320};
}

bool has_leading_zero(const KernelRequest &request) {
  if (request.row->row != RowFunction::logsumexp) return false;
  const auto found = std::ranges::find(request.bound, "leading_zero", &ParameterValues::value_type::first);
  internal_check(found != request.bound.end(), "rows: leading_zero is not compiled in");
  return found->second != 0;
}

class RowKernel {
 public:
  RowKernel(const KernelRequest &request, RowSetting setting)
      : request_(request), setting_(setting), u_(request.definition.body) {
    kernel_.shape = ShapeClass::row;
    kernel_.as_it_stands = true;
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

  void output(const std::string &name, DType dtype, Along along = Along::element) {
    kernel_.outputs.push_back({name, kernel_.buffers.size()});
    kernel_.buffers.push_back({.name = name, .dtype = dtype, .along = along});
  }

  /// Computes the output; `terms`: see SymbolicStep.
  void compute(const Expr &value, const std::vector<std::pair<std::string, Expr>> &terms = {}) {
    const View &view = kernel_.outputs.at(0);
    kernel_.steps.push_back(
        {.along = kernel_.buffers[view.buffer].along, .outputs = {{view.name, value}}, .terms = terms});
  }

  /// What the output holds, for later steps.
  Expr reread(const std::string &name) {
    kernel_.inputs.push_back({name, kernel_.outputs.at(0).buffer});
    return variable(name);
  }

  void gather(const std::vector<Gathered> &gathered, bool exact = false) {
    kernel_.steps.push_back({.along = Along::row, .gathered = gathered, .exact = exact});
  }

  Expr derive(const std::string &name, const Expr &value, bool exact = false) {
    const std::set<std::string> read = variables(value);
    const auto is_read = [&](const auto &derived) { return read.contains(derived.first); };
    const SymbolicStep &last = kernel_.steps.back();
    if (last.derived.empty() || last.exact != exact || std::ranges::any_of(last.derived, is_read))
      kernel_.steps.push_back({.along = Along::row, .exact = exact});
    kernel_.steps.back().derived.emplace_back(name, value);
    return variable(name);
  }

  std::string name_of_x() const { return request_.definition.inputs.at(0); }

  bool has_leading_zero() const { return actinide::has_leading_zero(request_); }

  /// The largest u, and what exponentials take of it.
  void gather_largest() {
    gather({{.name = "largest",
             .term = u_,
             .how = Gathered::How::largest,
             .least = has_leading_zero() ? std::optional(0.0) : std::nullopt}});
    is_largest_ = equal(u_, largest_);
    below_ = exp_below(u_ - largest_);
    if (!setting_.plain) return;
    const Limits limits = limits_of(request_.dtype == DType::f64);
    const Expr most = constant(Rational(limits.largest)), small = constant(limits.small);
    const Expr is_small = make(Op::less_equal, {make(Op::abs, {largest_}), small});
    // From an infinity the largest finite number can be subtracted: infinities stay, all else is 0 at most.
    const Expr is_infinite = make(Op::less, {most, largest_});
    const Expr shift = derive("shift", choose(is_small, constant(0), choose(is_infinite, most, largest_)));
    const Expr high = choose(is_small, largest_, choose(is_infinite, small, constant(0)));
    const Expr exponent = make(Op::nearest, {high / ln2()}) - constant(exponent_of_largest);
    const Expr low = (exponent - constant(limits.bias)) * ln2();  // there 2^-exponent e^u is 0
    high_ = derive("high", high);
    exponent_ = derive("exponent", exponent);
    above_shift_ = clamp(u_ - shift, derive("low", low), high_);
  }

  static Expr ln2() { return make(Op::log, {constant(2)}); }

  /// e_j
  Expr exponential() const {
    if (setting_.plain) return make(Op::scaled_exp, {above_shift_, exponent_});
    return choose(is_largest_, constant(1), below_);
  }

  /// Plain: the e_j of the largest elements; elsewhere it is 1.
  Expr unit() const { return make(Op::exp, {high_ - exponent_ * ln2()}); }

  /// What rounding has left of it; nothing of an infinity.
  static Expr rest_of(const Expr &value, const Expr &rounded) {
    return choose(equal(value, rounded), constant(0), value - rounded);
  }

  static Expr compensated(const std::string &sum) { return variable(sum) - variable(error_of(sum)); }

  /// The sums of the row; `more` is gathered with them.
  void gather_sums(const std::vector<Gathered> &more = {}, bool exact = false) {
    const bool plain = setting_.plain && !exact;
    std::vector<Gathered> sums = {{.name = "count",
                                   .term = choose(is_largest_, constant(1), constant(0)),
                                   .how = plain ? Gathered::How::count : Gathered::How::sum},
                                  {.name = "rest",
                                   .term = choose(is_largest_, constant(0), plain ? exponential() : below_),
                                   .how = plain ? Gathered::How::compensated : Gathered::How::sum}};
    sums.insert(sums.end(), more.begin(), more.end());
    gather(sums, exact);
    count_ = plain ? variable("count") - constant(Gathered::first_count) : variable("count");
    rest_ = plain ? compensated("rest") / unit() : variable("rest");
    if (has_leading_zero()) {  // e^(0 - M) joins the sums
      const Expr zero_is_largest = equal(largest_, constant(0));
      count_ = count_ + choose(zero_is_largest, constant(1), constant(0));
      rest_ = rest_ + choose(zero_is_largest, constant(0), exp_below(largest_));
    }
    is_empty_ = equal(count_ + rest_, constant(0));
    sum_ = choose(is_empty_, constant(1), count_ + rest_);
    log_sum_ = log1p((count_ - constant(1)) + rest_);
  }

  void forward() {
    input(name_of_x(), of_x_);
    const bool whole = request_.row->row == RowFunction::logsumexp;
    output("y", of_y_, whole ? Along::row : Along::element);
    gather_largest();
    switch (request_.row->row) {
      case RowFunction::softmax:
        softmax();
        return;
      case RowFunction::log_softmax:
        gather_sums();
        compute(choose(is_largest_, constant(0), u_ - largest_) -
                derive("log_sum", choose(is_empty_, constant(0), log_sum_)));
        return;
      case RowFunction::logsumexp:
        gather_sums();
        compute(largest_ + log_sum_);
        return;
      case RowFunction::none:
        break;
    }
    throw InternalError("rows: no activation of rows");
  }

  void softmax() {
    const bool holds = of_y_ == request_.dtype && !is_16_bit(of_y_);  // y, the numbers that are computed with
    Expr e = exponential();
    if (setting_.plain && setting_.rereads && holds) {
      compute(e);
      e = reread("e");
    }
    // Additions of f64 are the shorter chain where nothing else is to do.
    const bool compensates = setting_.plain && !(holds && request_.dtype == DType::f32);
    gather({{.name = "sum", .term = e, .how = compensates ? Gathered::How::compensated : Gathered::How::sum}});
    const Expr sum = compensates ? compensated("sum") : variable("sum");
    const Expr share = choose(equal(sum, constant(0)), constant(0), constant(1) / sum);
    const Expr inverse = derive("inverse", share);
    if (!setting_.plain || !holds) return compute(e * inverse);
    // What the rounding to the type that is computed in has left of it spares an error.
    compute(e * derive("inverse_rest", share - inverse) + e * inverse);
  }

  void backward() {
    const RowFunction function = request_.row->row;
    const Expr dy = input("dy", of_y_, function == RowFunction::logsumexp ? Along::row : Along::element);
    input(name_of_x(), of_x_);
    output("d" + name_of_x(), of_x_);
    gather_largest();
    switch (function) {
      case RowFunction::softmax:
        softmax_gradient(dy);
        return;
      case RowFunction::log_softmax:
        log_softmax_gradient(dy);
        return;
      case RowFunction::logsumexp:
        gather_sums();
        gradient([&](const Expr &p) { return dy * p; });
        return;
      case RowFunction::none:
        break;
    }
    throw InternalError("rows: no activation of rows");
  }

  /// dx of the share that an element has of its row; all shares of a row without a sum are 0.
  void gradient(const std::function<Expr(const Expr &)> &of_share) {
    const Expr sum = setting_.plain ? sum_ * unit() : sum_;
    const Expr share = choose(is_empty_, constant(0), constant(1) / sum);
    const Expr inverse = derive("inverse", share, true);
    if (setting_.plain)
      compute(with_slope(of_share(variable("e") * inverse)), {{"e", exponential()}});
    else
      compute(with_slope(of_share(exponential() * inverse)));
  }

  /// p_i (dy_i - sum_j p_j dy_j) with every dy relative to that of the largest elements: where one of them dominates,
  /// nothing cancels. The terms p_j dy_j do cancel, so that they are as exact as their sum.
  void softmax_gradient(const Expr &dy) {
    gather_sums({{.name = "dy_of_largest", .term = choose(is_largest_, dy, constant(0))},
                 {.name = "dy_of_rest", .term = choose(is_largest_, constant(0), below_ * dy)}},
                true);
    const Expr count = choose(equal(count_, constant(0)), constant(1), count_);
    const Expr reference = derive("reference", variable("dy_of_largest") / count, true);
    const Expr above = derive("mean_above", (variable("dy_of_rest") - reference * rest_) / sum_, true);
    gradient([&](const Expr &p) { return p * ((dy - reference) - above); });
  }

  /// dy_i (1 - p_i) - p_i (sum of the other dy). Of a largest element 1 - p is small, of the others at least 1/2. The
  /// other dy may be many, and their sum large beside each: p has its digits.
  void log_softmax_gradient(const Expr &dy) {
    gather_sums({{.name = "dy_sum", .term = dy}});
    const Expr whole = derive("whole", choose(is_empty_, constant(0), constant(1)));
    const Expr rest_of_largest = derive("rest_of_largest", ((count_ - constant(1)) + rest_) / sum_);
    gradient([&](const Expr &p) {
      return dy * choose(is_largest_, rest_of_largest, whole - p) - p * (variable("dy_sum") - dy);
    });
  }

  /// The exact function of the y that is given, whether or not its row sums to 1.
  void backward_from_output() {
    const Expr dy = input("dy", of_y_), y = input("y", of_y_);
    output("d" + name_of_x(), of_x_);
    if (request_.row->row == RowFunction::softmax) {
      gather({{.name = "mean", .term = dy * y}}, true);
      // Halves: the difference of two numbers may be beyond the largest, when its product with y is not.
      const Expr half = constant(Rational(1, 2)), half_mean = half * variable("mean");
      const Expr rounded = derive("half_mean", half_mean), above = half * dy - rounded;
      compute(with_slope((y + y) *
                         (setting_.plain ? above - derive("half_mean_rest", rest_of(half_mean, rounded)) : above)));
    } else {
      gather({{.name = "dy_sum", .term = dy}});
      if (!setting_.plain) return compute(with_slope(dy - exp_below(y) * variable("dy_sum")));
      log_softmax_from_output(dy, exp_below(y));
    }
  }

  /// dy_i - e_i sum_j dy_j: the sum, and its product with e_i, may be beyond the largest number when the result isn't.
  void log_softmax_from_output(const Expr &dy, const Expr &e) {
    const Expr sum = variable("dy_sum"), one = constant(1);
    const Rational large = Rational(limits_of(request_.dtype == DType::f64).largest) / (2 * most_terms);
    const Expr is_large = make(Op::less, {constant(large), make(Op::abs, {sum})});
    const Expr scaled = choose(is_large, constant(Rational(1, 2 * most_terms)), one) * sum;
    const Expr rounded = derive("scaled_sum", scaled), rest = derive("scaled_rest", rest_of(scaled, rounded));
    const Expr half = derive("half", choose(is_large, constant(Rational(1, 2)), one));
    const Expr twice = derive("twice", choose(is_large, constant(2), one));
    const Expr more = e * derive("more", choose(is_large, constant(most_terms), one));
    compute(with_slope(twice * ((half * dy - more * rounded) - more * rest)));
  }

  /// Times what u is of x, 1 or -1.
  Expr with_slope(const Expr &dx) const {
    const Expr slope = simplify(differentiate(u_, name_of_x()), {name_of_x()}).expression;
    return slope.is_value(1) ? dx : slope * dx;
  }

  const KernelRequest &request_;
  const RowSetting setting_;
  const DType of_x_ = request_.dtypes.inputs, of_y_ = request_.dtypes.outputs;
  const Expr u_, largest_ = variable("largest");
  SymbolicSteps kernel_;
  Expr is_largest_, below_;                       ///< of an element
  Expr above_shift_, exponent_, high_;            ///< plain: of an element, of the row
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

bool row_keeps_digits_in_plain(const KernelRequest &request) {
  switch (request.row->row) {
    case RowFunction::log_softmax:
      return request.pass != Pass::backward;
    case RowFunction::logsumexp:  // the largest element and the logarithm of the rest cancel where the sum is near 1
      return request.pass != Pass::forward || has_leading_zero(request);
    case RowFunction::softmax:
    case RowFunction::none:
      break;
  }
  return true;
}

SymbolicSteps row_kernel(const KernelRequest &request, RowSetting setting) {
  return RowKernel(request, setting).make_kernel();
}

}  // namespace actinide
