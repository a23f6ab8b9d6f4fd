#include "tests/kernels/bound.h"

#include "accuracy/sweep.h"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <tuple>

namespace actinide::testing_support {
namespace {

/// A kernel and what it is measured against.
struct Measured {
  const KernelCase &test;
  KernelRequest request;
  KernelRequest contract;  ///< whose bound is kept
  PassKernel exact;
  Kernel kernel;
  Stages stages;
  std::vector<double> parameters;

  Measured(const KernelCase &c, const std::vector<double> &values, const std::string &target)
      : test(c),
        request(c.request()),
        contract(request),
        exact(apply_pass(request)),
        kernel(Compiler({.target = target}).kernel(c.activation, c.pass, c.dtype, {.tier = c.tier})),
        stages(make_stages(request, parse_target(kernel.info().target))),
        parameters(values) {
    // Without fma the error of a product below 2^-968 isn't known exactly: f64 keeps the tier `standard` there.
    if (c.dtype == DType::f64 && !has_fma()) contract.tier = Tier::standard;
    // A value that is an argument has the bound that it has compiled in.
    if (values == default_parameters(c)) return;
    for (std::size_t i = 0; i < values.size(); ++i)
      contract.bound.emplace_back(exact.symbols.parameters[i], Rational(values[i]));
  }

  bool has_fma() const { return parse_target(kernel.info().target).has_fma; }
  bool is_nearest() const { return promises_nearest(contract) && has_fma(); }
  /// Without fma 16 bits are rounded once (docs/accuracy.md).
  std::optional<double> bound() const {
    constexpr double rounded_once = 0.501;
    return promises_nearest(contract) && !has_fma() ? rounded_once : bound_of(contract);
  }
  bool has_several_inputs() const { return request.definition.inputs.size() > 1; }
  /// The names of inputs and then parameters.
  std::vector<std::string> variables(std::vector<std::string> inputs) const {
    inputs.insert(inputs.end(), exact.symbols.parameters.begin(), exact.symbols.parameters.end());
    return inputs;
  }
};

/// One output as a function of one of the inputs; the others rest.
struct Subject {
  const Measured &measured;
  std::vector<double> inputs;
  std::size_t varying;
  std::size_t output;

  std::string name() const {
    const KernelInfo &info = measured.kernel.info();
    std::string text = info.outputs[output] + " by " + info.inputs[varying];
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (i != varying) text += ", " + info.inputs[i] + " = " + std::to_string(inputs[i]);
    return text;
  }

  /// Of the reference: the inputs, then the parameters.
  std::vector<double> values() const {
    std::vector<double> list = inputs;
    list.insert(list.end(), measured.parameters.begin(), measured.parameters.end());
    return list;
  }

  template <typename T>
  void evaluate(std::span<const double> x, std::span<double> y) const {
    std::vector<std::vector<T>> tensors;
    for (const double input : inputs) tensors.emplace_back(x.size(), static_cast<T>(input));
    tensors[varying] = std::vector<T>(x.begin(), x.end());
    tensors.resize(inputs.size() + measured.kernel.info().outputs.size(), std::vector<T>(x.size()));
    std::vector<void *> buffers;
    for (std::vector<T> &tensor : tensors) buffers.push_back(tensor.data());
    ASSERT_EQ(measured.kernel.run(buffers.data(), x.size(), measured.parameters.data()), 0);
    std::ranges::transform(tensors[inputs.size() + output], y.begin(),
                           [](T value) { return static_cast<double>(value); });
  }
};

bool is_second_order(Pass pass) {
  return pass == Pass::second_derivative || pass == Pass::double_backward;
}

/// Every output by every input of the definition. The other inputs rest at several values. The factors are a little
/// above 1: what they multiply has been rounded, to a subnormal number or to infinity, too.
std::vector<Subject> subjects_of(const Measured &measured) {
  const DType dtype = measured.test.dtype;
  const auto number = [&](double value) {
    return with_element(dtype, [&]<typename T>(T) { return static_cast<double>(static_cast<T>(value)); });
  };
  const std::size_t first = measured.exact.factors.size(), count = measured.exact.symbols.inputs.size();
  std::vector<Subject> subjects;
  for (std::size_t output = 0; output < measured.exact.symbols.outputs.size(); ++output)
    for (std::size_t varying = first; varying < count; ++varying) {
      // A gate; what is multiplied by one.
      const double large = varying == first ? 32 : dtype == DType::f16 ? 0x1p12 : 0x1p40;
      std::vector<double> rests = {1, -0.751, 3.257};
      if (!is_second_order(measured.test.pass)) rests.push_back(large);
      // In f64 nothing is wider than a gate's subnormal result: a factor above 1 brings its rounding back.
      if (dtype == DType::f64 && varying != first) rests = {1, -0.751};
      if (count == first + 1) rests = {0};
      for (const double rest : rests) {
        std::vector<double> inputs(count, number(rest));
        for (std::size_t factor = 0; factor < first; ++factor)
          inputs[factor] = number(1 + 1.0 / static_cast<double>(3 + 4 * factor));
        subjects.push_back({measured, inputs, varying, output});
      }
    }
  return subjects;
}

/// Where several inputs are multiplied, infinity times an exact 0 is NaN as in IEEE arithmetic, whatever the limit.
std::vector<double> special_points(const Measurement &measurement, bool has_several_inputs) {
  std::vector<double> points = special_values(measurement.dtype);
  std::vector<double> inputs = measurement.inputs;
  std::erase_if(points, [&](double x) {
    inputs[measurement.varying] = x;
    return has_several_inputs && std::isinf(x) && measurement.reference.rounded(inputs, measurement.dtype) == 0;
  });
  return points;
}

/// 16 bits and several inputs: a few points for each of many subjects. Not of a gate that is saturated: its products
/// are ties but for a part of 2^(-x^2), for which the reference takes a million bits.
std::vector<double> few_points(const Subject &subject, const Measurement &measurement) {
  constexpr std::uint64_t count = 1 << 9;
  std::vector<double> points(count);
  log_uniform(measurement.dtype, count, kSeed).fill(0, points);
  const std::vector<double> danger = neighbourhoods(danger_values(measurement.dtype), measurement.dtype, 1);
  points.insert(points.end(), danger.begin(), danger.end());
  if (subject.varying + 1 == subject.inputs.size()) std::erase_if(points, [](double x) { return std::abs(x) > 16; });
  return points;
}

/// Searched for once for all tiers and targets.
const std::vector<double> &points_of_interest(const Subject &subject, const Measurement &measurement) {
  const KernelCase &test = subject.measured.test;
  static std::map<std::tuple<std::string, Pass, DType, std::size_t, std::size_t, std::vector<double>>,
                  std::vector<double>>
      known;
  const auto [place, is_new] =
      known.try_emplace({test.activation, test.pass, test.dtype, subject.output, subject.varying, measurement.inputs});
  if (is_new)
    place->second = transitions(measurement.reference, measurement.dtype, measurement.inputs, measurement.varying);
  return place->second;
}

PointSet points_for(const Subject &subject, const Measurement &measurement, std::uint64_t count) {
  const DType dtype = measurement.dtype;
  const bool several = subject.measured.has_several_inputs();
  if (is_16_bit(dtype) && !several) return patterns(dtype, 1);
  std::vector<PointSet> parts = {listed("special values", special_points(measurement, several))};
  if (is_16_bit(dtype)) {
    parts.push_back(listed("a few points", few_points(subject, measurement)));
  } else {
    // The reference takes a hundred times as long for f64, whose neighbours are closer together.
    const int radius = dtype == DType::f64 ? 12 : 64;
    parts.push_back(listed("danger points", neighbourhoods(danger_values(dtype), dtype, radius)));
    parts.push_back(
        listed("points of interest", neighbourhoods(points_of_interest(subject, measurement), dtype, radius)));
    parts.push_back(log_uniform(dtype, count, kSeed));
  }
  return joined("special values and others", parts);
}

void expect_kept(const Measured &measured, const SweepResult &result) {
  const std::optional<double> bound = measured.bound();
  if (const auto relaxed = relaxed_bound_of(measured.contract)) {
    std::cout << result.points << " points, " << result.relaxed << " max(1, |exact|)\n";
    EXPECT_LE(result.relaxed, *relaxed) << "most ULP at " << result.normal.input;
    return;
  }
  std::cout << result.points << " points, " << result.normal.ulp << " ULP at " << result.normal.input
            << (bound ? "\n" : "; no bound is promised\n");
  if (!bound) return;
  EXPECT_LE(result.normal.ulp, *bound) << "at " << std::hexfloat << result.normal.input << std::defaultfloat << " ("
                                       << result.normal.input << "): got " << result.normal.computed << ", exact "
                                       << result.normal.exact;
  if (measured.is_nearest()) {
    EXPECT_EQ(result.not_nearest, 0u);
  }
  if (may_flush(measured.contract)) return;
  EXPECT_LE(result.subnormal.ulp, *bound) << "at " << result.subnormal.input << ": got " << result.subnormal.computed
                                          << ", exact " << result.subnormal.exact;
  EXPECT_LE(result.flushed_ulp, *bound);
}

/// NaN where the exact result is NaN and nowhere else; f(-0) = -0 where f has that sign, +0 only for default
/// parameters.
void expect_special_values(const Measured &measured, const Measurement &measurement) {
  const bool all_signs = measured.parameters == default_parameters(measured.test);
  for (const SpecialResult &special :
       tabulate(measurement, 0, special_points(measurement, measured.has_several_inputs()))) {
    EXPECT_EQ(std::isnan(special.computed), std::isnan(special.expected)) << "at " << special.input;
    if (special.input == 0 && (all_signs || std::signbit(special.expected))) {
      EXPECT_TRUE(special.sign_matches) << "f(" << special.input << ") is " << special.computed;
    }
  }
}

void expect_within_bound(const Subject &subject, std::uint64_t count) {
  const Measured &measured = subject.measured;
  const SymbolicKernel &symbols = measured.exact.symbols;
  const Reference reference(symbols.outputs[subject.output].second, measured.variables(symbols.inputs));
  const auto run = [&](std::span<const double> x, std::span<double> y) {
    with_element(measured.test.dtype, [&]<typename T>(T) { subject.evaluate<T>(x, y); });
  };
  const Reference stable(measured.stages.stable.outputs[subject.output].second, measured.variables(symbols.inputs));
  const Measurement measurement{.reference = reference,
                                .other_form = &stable,
                                .kernels = {run},
                                .dtype = measured.test.dtype,
                                .inputs = subject.values(),
                                .varying = subject.varying};
  const PointSet points = points_for(subject, measurement, count);
  // What isn't an output is no input of backward_from_output.
  const bool from_output = measured.test.pass == Pass::backward_from_output;
  const Reference forward(measured.request.definition.body, measured.variables(measured.request.definition.inputs));
  const std::vector<double> values = subject.values();
  expect_kept(measured,
              sweep(measurement, !from_output ? points
                                              : outputs_among(points, forward, measured.test.dtype,
                                                              {values.begin() + static_cast<long>(subject.varying),
                                                               values.end()}))[0]);
  if (!from_output) expect_special_values(measured, measurement);
}

/// Calls test(case, request) for every pass that the activation has with the parameter's value, in every dtype and
/// tier.
template <typename Test>
void for_each_case(const ParameterCase &parameter, const std::string &activation, std::span<const Pass> passes,
                   Test &&test) {
  for (Pass pass : passes) {
    KernelRequest request = parse_kernel_request(parameter.bound(), Pass::forward, DType::f32, Tier::standard);
    request.pass = pass;
    if (const auto reason = reason_undefined(request)) {
      std::cout << "refused: " << *reason << "\n";
      continue;
    }
    for (DType dtype : all_dtypes())
      for (Tier tier : common_tiers(dtype)) {
        const KernelCase c{activation, pass, dtype, tier};
        SCOPED_TRACE(c.name());
        test(c);
      }
  }
}

}  // namespace

std::vector<double> default_parameters(const KernelCase &c) {
  std::vector<double> values;
  for (const KernelParameter &parameter :
       compiler().kernel(c.activation, c.pass, c.dtype, {.tier = c.tier}).info().parameters)
    values.push_back(parameter.default_value);
  return values;
}

void expect_within_bound(const KernelCase &c, const std::vector<double> &parameters, std::uint64_t points,
                         const std::string &target) {
  const Measured measured(c, parameters, target);
  const std::vector<Subject> subjects = subjects_of(measured);
  for (const Subject &subject : subjects) {
    SCOPED_TRACE(subject.name());
    std::cout << c.name() << ", " << subject.name() << ": ";
    expect_within_bound(subject, points / subjects.size());
  }
}

std::string ParameterCase::name() const {
  std::string text = value;
  std::ranges::replace(text, '.', 'p');
  std::ranges::replace(text, '-', 'm');
  return std::string(activation) + "_" + parameter + text;
}

void expect_compiled_in_within_bound(const ParameterCase &parameter, std::span<const Pass> passes,
                                     std::uint64_t points) {
  for_each_case(parameter, parameter.bound(), passes,
                [&](const KernelCase &c) { expect_within_bound(c, default_parameters(c), points); });
}

void expect_as_argument_within_bound(const ParameterCase &parameter, std::span<const Pass> passes,
                                     std::uint64_t points) {
  for_each_case(parameter, parameter.activation, passes, [&](const KernelCase &c) {
    const std::vector<Parameter> arguments = c.request().definition.parameters;
    const auto place = std::ranges::find(arguments, parameter.parameter, &Parameter::name);
    if (place == arguments.end()) return;  // an option: never an argument
    std::vector<double> values = default_parameters(c);
    values[static_cast<std::size_t>(place - arguments.begin())] =
        c.dtype == DType::f64 ? std::stod(parameter.value) : std::stof(parameter.value);
    expect_within_bound(c, values, points);
  });
}

}  // namespace actinide::testing_support
