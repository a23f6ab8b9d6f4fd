// `actinide check`: the error of kernels, measured against the reference.
#include "accuracy/sweep.h"
#include "actinide/jit.h"
#include "cli/commands.h"
#include "cli/exhaustive.h"
#include "cli/number.h"
#include "cli/request.h"
#include "cli/table.h"
#include "error.h"
#include "passes.h"
#include "pipeline.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace actinide::cli {
namespace {

struct Options {
  Activations activations;
  KernelWords words;
  std::uint64_t points = 1'000'000;
  std::uint64_t seed = 1;
  std::uint32_t stride = 0;  ///< 0: random points
  unsigned threads = 0;
  bool digest = false;
  bool json = false;
};

// One output of a kernel as a function of one of its inputs; the other inputs stay where they are.
struct Subject {
  const Kernel &kernel;
  std::vector<double> inputs;  ///< of the kernel, numbers of its dtype
  std::size_t varying;
  std::size_t output;
};

struct Result {
  std::string kernel, digest, input, output;
  DType dtype;
  SweepResult errors;
  std::vector<SpecialResult> specials;
  std::optional<double> bound, relaxed_bound;
  bool nearest;  ///< promised
  bool may_flush;

  double worst() const {
    return may_flush ? errors.normal.ulp : std::max({errors.normal.ulp, errors.subnormal.ulp, errors.flushed_ulp});
  }
  /// What is promised: the bound, and f(-0) = -0 where f is odd there.
  bool kept() const {
    const auto wrong_sign = [](const SpecialResult &special) { return special.input == 0 && !special.sign_matches; };
    if (nearest && errors.not_nearest > 0) return false;
    if (relaxed_bound) return errors.relaxed <= *relaxed_bound && std::ranges::none_of(specials, wrong_sign);
    return !bound || (worst() <= *bound && std::ranges::none_of(specials, wrong_sign));
  }
};

template <typename T>
void evaluate(const Subject &subject, std::span<const double> x, std::span<double> y) {
  const KernelInfo &info = subject.kernel.info();
  std::vector<std::vector<T>> tensors;
  for (const double input : subject.inputs) tensors.emplace_back(x.size(), static_cast<T>(input));
  std::ranges::transform(x, tensors[subject.varying].begin(), [](double value) { return static_cast<T>(value); });
  for (std::size_t i = 0; i < info.outputs.size(); ++i) tensors.emplace_back(x.size());
  std::vector<void *> buffers;
  for (std::vector<T> &tensor : tensors) buffers.push_back(tensor.data());
  const int status = subject.kernel.run(buffers.data(), x.size());
  internal_check(status == ACTINIDE_OK, "{}: {}", info.name, actinide_status_string(status));
  std::ranges::transform(tensors[info.inputs.size() + subject.output], y.begin(),
                         [](T value) { return static_cast<double>(value); });
}

// What multiplies has all its digits, so that the product rounds; further inputs of a definition are 1.
std::vector<double> resting_values(const PassKernel &kernel, DType dtype) {
  std::vector<double> values(kernel.symbols.inputs.size(), 1.0);
  std::fill_n(values.begin(), kernel.factors.size(), Reference(constant(Rational(1, 3)), {}).rounded({}, dtype));
  return values;
}

// Changes when what the kernel computes may have changed: of the instructions for every target with fma (FNV-1a).
std::string digest_of(const KernelRequest &request) {
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const char c : to_text(make_stages(request, parse_target("x86-64-v3")).kernel))
    digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", digest);
}

PointSet points_of(const Measurement &measurement, const Options &options) {
  if (options.stride > 0) return patterns(measurement.dtype, options.stride);
  const std::vector<double> interesting =
      transitions(measurement.reference, measurement.dtype, measurement.inputs, measurement.varying);
  return standard_points(measurement.dtype, options.points, options.seed, interesting);
}

Result measure(const Subject &subject, const KernelRequest &request, const PassKernel &exact, const Options &options) {
  const KernelInfo &info = subject.kernel.info();
  std::vector<std::string> variables = exact.symbols.inputs;
  std::vector<double> values = subject.inputs;
  for (const KernelParameter &parameter : info.parameters) {
    variables.push_back(parameter.name);
    values.push_back(parameter.default_value);
  }
  const Reference reference(exact.symbols.outputs[subject.output].second, variables);
  const Stages stages = make_stages(request, parse_target(info.target));
  const Reference stable(stages.stable.outputs[subject.output].second, variables);
  const Measurement measurement{.reference = reference,
                                .other_form = &stable,
                                .kernel =
                                    [&](std::span<const double> x, std::span<double> y) {
                                      with_element(info.dtypes.outputs,
                                                   [&]<typename T>(T) { evaluate<T>(subject, x, y); });
                                    },
                                .dtype = info.dtypes.outputs,
                                .inputs = values,
                                .varying = subject.varying,
                                .threads = options.threads};
  PointSet points = points_of(measurement, options);
  variables.erase(variables.begin(), variables.begin() + static_cast<long>(exact.factors.size()));
  variables[0] = request.definition.inputs[0];
  const Reference forward(request.definition.body, variables);
  if (info.pass == Pass::backward_from_output)
    points = outputs_among(std::move(points), forward, info.dtypes.outputs,
                           {values.begin() + static_cast<long>(subject.varying), values.end()});
  const std::string name = fmt::format("check-{}-{}-{}-{}-{}", info.name, info.inputs[subject.varying],
                                       info.outputs[subject.output], options.stride, digest_of(request));
  return {.kernel = info.name,
          .digest = digest_of(request),
          .input = info.inputs[subject.varying],
          .output = info.outputs[subject.output],
          .dtype = info.dtypes.outputs,
          .errors = options.stride ? sweep_in_parts(measurement, points, name) : sweep(measurement, points),
          .specials = tabulate(measurement, special_values(info.dtypes.outputs)),
          .bound = bound_of(request),
          .relaxed_bound = relaxed_bound_of(request),
          .nearest = promises_nearest(request),
          .may_flush = may_flush(request)};
}

// What there is a reference of: functions of single elements.
PassKernel apply_pass_of_elements(const KernelRequest &request) {
  Form apart = request.form;
  apart.gated = false;
  if (const FormWord *form = innermost(apart))
    user_error("check measures an activation by itself; leave out {}(...)", form->name);
  if (request.shape != ShapeClass::element || request.pass == Pass::parameter_gradient)
    user_error("check measures functions of single elements; {} isn't one", signature_of(request).base_name());
  return apply_pass(request);
}

// Every output by every input that doesn't just multiply.
std::vector<Result> measure_kernel(const std::string &text, const Options &options) {
  const DTypes dtypes = parse_dtypes(options.words.dtype);
  if (dtypes.mixed())
    user_error("check measures kernels of one dtype; --dtype f32 has the function of {}", to_string(dtypes));
  const KernelRequest request =
      parse_kernel_request(text, parse_pass(options.words.pass), dtypes, parse_tier(options.words.tier));
  const PassKernel exact = apply_pass_of_elements(request);
  if (options.stride > 0 && request.dtype == DType::f64)
    user_error("the inputs of f64 are too many to try them all; leave out --exhaustive and --stride, see --points");
  const Compiler compiler;
  const Kernel kernel =
      compiler.kernel(text, request.pass, request.dtypes, {.tier = request.tier, .schedule = options.words.schedule});
  const KernelInfo &info = kernel.info();
  const std::vector<double> inputs = resting_values(exact, request.dtype);
  std::vector<Result> results;
  for (std::size_t output = 0; output < info.outputs.size(); ++output)
    for (std::size_t input = exact.factors.size(); input < info.inputs.size(); ++input)
      results.push_back(measure({kernel, inputs, input, output}, request, exact, options));
  return results;
}

void print_text(const Result &result) {
  const SweepResult &errors = result.errors;
  const Worst &worst = errors.normal;
  const auto number = [&](double value) { return number_text(value, result.dtype); };
  fmt::print("{}: {} by {}, {} points\n", result.kernel, result.output, result.input, errors.points);
  fmt::print("  error       {:.4f} ULP at most{} at {} = {} ({:a})\n", worst.ulp,
             result.bound ? fmt::format(" (bound: {})", *result.bound) : "", result.input, number(worst.input),
             worst.input);
  fmt::print("              computed {}, exact {}\n", number(worst.computed), worst.exact);
  if (result.relaxed_bound)
    fmt::print("  relaxed     {:.3g} max(1, |exact|) at most (bound: {:.3g})\n", errors.relaxed, *result.relaxed_bound);
  if (errors.subnormal_results)
    fmt::print("  subnormal   {:.4f} ULP at most in {} results; {} given as zero, by {:.4f} ULP at most\n",
               errors.subnormal.ulp, errors.subnormal_results, errors.flushed, errors.flushed_ulp);
  fmt::print("  nearest     {:.3f} % are the exact result, correctly rounded; {} are not\n",
             100 - 100 * static_cast<double>(errors.not_nearest) / static_cast<double>(errors.points),
             errors.not_nearest);
  Table table({"  " + result.input, result.output, "exact, rounded"});
  for (const SpecialResult &special : result.specials)
    table.add({"  " + number(special.input), number(special.computed), number(special.expected)});
  fmt::print("{}\n", table.text());
}

// JSON has no infinities and NaN: numbers as text where they may be.
nlohmann::ordered_json to_json(const Result &result) {
  const auto number = [&](double value) { return number_text(value, result.dtype); };
  auto specials = nlohmann::ordered_json::array();
  for (const SpecialResult &special : result.specials)
    specials.push_back({{"input", number(special.input)},
                        {"computed", number(special.computed)},
                        {"expected", number(special.expected)}});
  const Worst &worst = result.errors.normal;
  nlohmann::ordered_json json = {{"kernel", result.kernel},
                                 {"digest", result.digest},
                                 {"output", result.output},
                                 {"input", result.input},
                                 {"points", result.errors.points},
                                 {"ulp", worst.ulp},
                                 {"bound", nullptr},
                                 {"kept", result.kept()},
                                 {"worst_input", number(worst.input)},
                                 {"worst_computed", number(worst.computed)},
                                 {"worst_exact", worst.exact},
                                 {"subnormal_ulp", result.errors.subnormal.ulp},
                                 {"subnormal_results", result.errors.subnormal_results},
                                 {"flushed", result.errors.flushed},
                                 {"flushed_ulp", result.errors.flushed_ulp},
                                 {"not_nearest", result.errors.not_nearest},
                                 {"relaxed", result.errors.relaxed},
                                 {"relaxed_bound", nullptr},
                                 {"special_values", specials}};
  if (result.bound) json["bound"] = *result.bound;
  if (result.relaxed_bound) json["relaxed_bound"] = *result.relaxed_bound;
  return json;
}

void print_digests(const Options &options) {
  for (const std::string &text : options.activations.texts()) {
    const KernelRequest request = parse_kernel_request(
        text, parse_pass(options.words.pass), parse_dtypes(options.words.dtype), parse_tier(options.words.tier));
    fmt::print("{} {}\n", signature_of(request).base_name(), digest_of(request));
  }
}

void check(const Options &options) {
  if (options.digest) return print_digests(options);
  std::vector<std::string> broken;
  auto list = nlohmann::ordered_json::array();
  for (const std::string &text : options.activations.texts())
    for (const Result &result : measure_kernel(text, options)) {
      if (options.json)
        list.push_back(to_json(result));
      else
        print_text(result);
      if (!result.kept()) broken.push_back(result.kernel);
    }
  if (options.json) fmt::print("{}\n", list.dump(2));
  if (!broken.empty()) user_error("outside the accuracy contract, please report: {}", fmt::join(broken, ", "));
}

}  // namespace

void add_check(CLI::App &app) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand("check", "Measure the error in ULP against the reference");
  options->activations.add_to(*command);
  options->words.add_to(*command);
  command->add_option("--points", options->points, "Random points, all exponents alike; the special ones come on top")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the random points")->capture_default_str();
  CLI::Option *stride =
      command->add_option("--stride", options->stride, "Instead: every so-many-th input")->check(CLI::PositiveNumber);
  command
      ->add_flag_callback(
          "--exhaustive", [options] { options->stride = 1; },
          "Every input: all 2^32 of f32. A run that was stopped goes on where it was")
      ->excludes(stride);
  command->add_option("--threads", options->threads, "As many as the machine has unless given");
  command->add_flag("--digest", options->digest, "Print a digest of what each kernel computes, and measure nothing");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options] { check(*options); });
}

}  // namespace actinide::cli
