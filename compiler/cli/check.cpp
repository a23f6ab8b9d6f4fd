// `actinide check`: the error of kernels, measured against the reference.
#include "accuracy/sweep.h"
#include "actinide/jit.h"
#include "bench/peers.h"
#include "cli/check_rows.h"
#include "cli/commands.h"
#include "cli/exhaustive.h"
#include "cli/measured_kernels.h"
#include "cli/number.h"
#include "cli/request.h"
#include "cli/same_bits.h"
#include "cli/table.h"
#include "cli/usage.h"
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
  std::string peers = {};
  std::vector<std::size_t> columns = RowOptions().columns;
  bool digest = false;
  bool bits = false;
  bool json = false;
};

struct Result {
  std::string kernel, tier, by, digest, input, output;
  DType dtype;
  SweepResult errors;
  std::vector<SpecialResult> specials;
  std::optional<double> bound, relaxed_bound;
  bool nearest = false;  ///< promised
  bool may_flush = false;

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

// The kernels of one function in several tiers.
struct Family {
  std::vector<KernelRequest> requests;
  std::vector<Kernel> kernels;
  PassKernel exact;
  std::vector<bench::OpenPeer> peers;
};

// A kernel that is measured, and what is promised of it.
struct Contestant {
  Result result;
  MeasuredKernel run;
};

std::vector<Contestant> contestants_of(const Family &family, const Place &place) {
  std::vector<Contestant> all;
  const KernelInfo &info = family.kernels[0].info();
  const auto add = [&](std::string tier, std::string by, std::string digest, MeasuredKernel run) {
    Result result;
    result.kernel = info.name;
    result.tier = std::move(tier);
    result.by = std::move(by);
    result.digest = std::move(digest);
    result.input = info.inputs[place.varying];
    result.output = info.outputs[place.output];
    result.dtype = info.dtypes.outputs;
    all.push_back({std::move(result), std::move(run)});
  };
  for (std::size_t i = 0; i < family.requests.size(); ++i) {
    const KernelRequest &request = family.requests[i];
    add(std::string(to_string(request.tier)), "", digest_of(request), kernel_at(family.kernels[i], place));
    Result &result = all.back().result;
    result.bound = bound_of(request);
    result.relaxed_bound = relaxed_bound_of(request);
    result.nearest = promises_nearest(request);
    result.may_flush = may_flush(request);
  }
  for (const bench::OpenPeer &peer : family.peers)
    if (auto run = peer_at(peer, family.requests[0], place))
      add("", fmt::format("{} {}", peer.name, peer.peer->version), "", std::move(*run));
  return all;
}

// What stands for all that decides the results.
std::string name_of(std::span<const Contestant> contestants, std::uint32_t stride) {
  const Result &first = contestants[0].result;
  std::string name = fmt::format("check-{}-{}-{}-{}", first.kernel, first.input, first.output, stride);
  for (const Contestant &contestant : contestants)
    name += fmt::format("-{}", contestant.result.by.empty() ? contestant.result.digest : contestant.result.by);
  return name;
}

// Tiers that compute the same are measured once: the place of each contestant among `kernels`.
std::vector<std::size_t> distinct(std::span<const Contestant> contestants, std::vector<MeasuredKernel> &kernels) {
  std::vector<std::size_t> places;
  for (const Contestant &contestant : contestants) {
    const std::string &digest = contestant.result.digest;
    std::size_t place = kernels.size();
    for (std::size_t i = 0; i < places.size() && !digest.empty(); ++i)
      if (contestants[i].result.digest == digest) place = places[i];
    if (place == kernels.size()) kernels.push_back(contestant.run);
    places.push_back(place);
  }
  return places;
}

// The exact function at a place, in its two forms; `forward` for the inputs of backward_from_output.
struct Exact {
  std::vector<std::string> variables;
  std::vector<double> values;  ///< of the inputs and parameters
  Reference reference, stable, forward;

  static std::vector<std::string> variables_of(const Family &family) {
    std::vector<std::string> names = family.exact.symbols.inputs;
    for (const KernelParameter &parameter : family.kernels[0].info().parameters) names.push_back(parameter.name);
    return names;
  }
  static std::vector<double> values_of(const Family &family, const Place &place) {
    std::vector<double> values = place.inputs;
    for (const KernelParameter &parameter : family.kernels[0].info().parameters)
      values.push_back(parameter.default_value);
    return values;
  }
  // What multiplies isn't among its inputs.
  static Reference forward_of(const Family &family, std::vector<std::string> names) {
    const Definition &definition = family.requests[0].definition;
    names.erase(names.begin(), names.begin() + static_cast<long>(family.exact.factors.size()));
    names[0] = definition.inputs[0];
    return Reference(definition.body, names);
  }
  static Reference stable_of(const Family &family, std::size_t output, const std::vector<std::string> &names) {
    const Stages stages = make_stages(family.requests[0], parse_target(family.kernels[0].info().target));
    return Reference(stages.stable.outputs[output].second, names);
  }

  Exact(const Family &family, const Place &place)
      : variables(variables_of(family)),
        values(values_of(family, place)),
        reference(family.exact.symbols.outputs[place.output].second, variables),
        stable(stable_of(family, place.output, variables)),
        forward(forward_of(family, variables)) {}
};

std::vector<Result> measure(const Family &family, const Place &place, const Options &options) {
  std::vector<Contestant> contestants = contestants_of(family, place);
  const Exact exact(family, place);
  Measurement measurement{.reference = exact.reference,
                          .other_form = &exact.stable,
                          .kernels = {},
                          .dtype = family.kernels[0].info().dtypes.outputs,
                          .inputs = exact.values,
                          .varying = place.varying,
                          .threads = options.threads};
  const std::vector<std::size_t> places = distinct(contestants, measurement.kernels);
  PointSet points = points_of(measurement, options);
  if (family.requests[0].pass == Pass::backward_from_output)
    points = outputs_among(std::move(points), exact.forward, measurement.dtype,
                           {exact.values.begin() + static_cast<long>(place.varying), exact.values.end()});
  const std::vector<SweepResult> errors =
      options.stride ? sweep_in_parts(measurement, points, name_of(contestants, options.stride))
                     : sweep(measurement, points);
  std::vector<Result> results;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    Result &result = results.emplace_back(std::move(contestants[i].result));
    result.errors = errors[places[i]];
    result.specials = tabulate(measurement, places[i], special_values(measurement.dtype));
  }
  return results;
}

// Of a function of single elements. Others are refused, in words that `measured` begins.
PassKernel apply_pass_of_elements(const KernelRequest &request, std::string_view measured) {
  Form apart = request.form;
  apart.gated = false;
  if (const FormWord *form = innermost(apart))
    user_error("check measures an activation by itself; leave out {}(...)", form->name);
  if (request.shape != ShapeClass::element || request.pass == Pass::parameter_gradient)
    user_error("{}, which {} is not", measured, signature_of(request).base_name());
  return apply_pass(request);
}

KernelRequest request_of(const std::string &text, const Options &options, const std::string &tier) {
  const DTypes dtypes = parse_dtypes(options.words.dtype);
  if (dtypes.mixed())
    user_error("check measures kernels of one dtype; --dtype f32 has the function of {}", to_string(dtypes));
  return parse_kernel_request(text, parse_pass(options.words.pass), dtypes, parse_tier(tier));
}

// Every output by every input that doesn't just multiply.
std::vector<Result> measure_kernels(const std::string &text, const Options &options) {
  const Compiler compiler;
  Family family;
  for (const std::string &tier : split_list(options.words.tier, "--tier")) {
    const KernelRequest &request = family.requests.emplace_back(request_of(text, options, tier));
    if (family.requests.size() == 1)
      family.exact = apply_pass_of_elements(request, "check measures functions of single elements, or of rows");
    if (options.stride > 0 && request.dtype == DType::f64)
      user_error("the inputs of f64 are too many to try them all; leave out --exhaustive and --stride, see --points");
    family.kernels.push_back(compiler.kernel(text, request.pass, request.dtypes,
                                             {.tier = request.tier, .schedule = options.words.schedule}));
  }
  if (!options.peers.empty())
    family.peers = bench::open_peers(
        options.peers == "all" ? bench::installed_peers(compiler.target()) : split_list(options.peers, "--against"),
        compiler.target(), 1);
  const KernelInfo &info = family.kernels[0].info();
  const std::vector<double> inputs = resting_values(family.exact, family.requests[0].dtype);
  std::vector<Result> results;
  for (std::size_t output = 0; output < info.outputs.size(); ++output)
    for (std::size_t input = family.exact.factors.size(); input < info.inputs.size(); ++input)
      std::ranges::move(measure(family, {inputs, input, output}, options), std::back_inserter(results));
  return results;
}

std::vector<RowErrors> measure_row_kernels(const std::string &text, const Options &options) {
  if (options.stride > 0)
    user_error("there are too many rows to try them all; leave out --exhaustive and --stride, see --points");
  if (!options.peers.empty()) user_error("peers are measured at functions of single elements; leave out --against");
  const Compiler compiler;
  const RowOptions rows{
      .columns = options.columns, .points = options.points, .seed = options.seed, .threads = options.threads};
  std::vector<RowErrors> results;
  for (const std::string &tier : split_list(options.words.tier, "--tier")) {
    const KernelRequest request = request_of(text, options, tier);
    results.push_back(measure_rows(
        request,
        compiler.kernel(text, request.pass, request.dtypes, {.tier = request.tier, .schedule = options.words.schedule}),
        rows));
    results.back().digest = digest_of(request);
  }
  return results;
}

void print_text(const Result &result) {
  const SweepResult &errors = result.errors;
  const Worst &worst = errors.normal;
  const auto number = [&](double value) { return number_text(value, result.dtype); };
  fmt::print("{}, {}: {} by {}, {} points\n", result.kernel, result.by.empty() ? result.tier : result.by, result.output,
             result.input, errors.points);
  const std::string bound = result.bound ? fmt::format(" (bound: {})", *result.bound) : "";
  if (worst.ulp > 0)
    fmt::print("  error       {:.4f} ULP at most{} at {} = {} ({:a})\n              computed {}, exact {}\n", worst.ulp,
               bound, result.input, number(worst.input), worst.input, number(worst.computed), worst.exact);
  else
    fmt::print("  error       none{}\n", bound);
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
                                 {"tier", result.tier},
                                 {"by", result.by.empty() ? "actinide" : result.by},
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
  for (const std::string &text : options.activations.texts())
    for (const std::string &tier : split_list(options.words.tier, "--tier")) {
      const KernelRequest request = request_of(text, options, tier);
      fmt::print("{} {}\n", signature_of(request).base_name(), digest_of(request));
    }
}

// At the random points and the special ones, or at every so-many-th.
void check_bits(const Options &options) {
  std::string broken;
  auto list = nlohmann::ordered_json::array();
  for (const std::string &text : options.activations.texts())
    for (const std::string &tier : split_list(options.words.tier, "--tier")) {
      const KernelRequest request = request_of(text, options, tier);
      apply_pass_of_elements(request, "--bits compares functions of single elements");  // refuses other shapes
      const PointSet points = options.stride ? patterns(request.dtype, options.stride)
                                             : standard_points(request.dtype, options.points, options.seed);
      const std::vector<NamedKernel> kernels = kernels_of_same_bits(text, request.pass, request.dtypes, request.tier);
      const BitComparison result = compare_bits(kernels, points);
      const std::string &name = kernels[0].kernel.info().name;
      if (options.json)
        list.push_back({{"kernel", name},
                        {"tier", tier},
                        {"kernels", kernels.size()},
                        {"points", result.points},
                        {"different", result.different}});
      else
        fmt::print("{}, {}: {} kernels, {} points, {} different results\n", name, tier, kernels.size(), result.points,
                   result.different);
      if (result.different && broken.empty()) broken = fmt::format("{} {}", name, result.first_difference);
    }
  if (options.json) fmt::print("{}\n", list.dump(2));
  if (!broken.empty()) user_error("not the same bits, please report: {}", broken);
}

void check(const Options &options) {
  if (options.digest) return print_digests(options);
  if (options.bits) return check_bits(options);
  std::vector<std::string> broken;
  auto list = nlohmann::ordered_json::array();
  const auto report = [&](const auto &results) {
    for (const auto &result : results) {
      if (options.json)
        list.push_back(to_json(result));
      else
        print_text(result);
      if (!result.kept()) broken.push_back(fmt::format("{} {}", result.kernel, result.tier));
    }
  };
  for (const std::string &text : options.activations.texts()) {
    const std::string first_tier = split_list(options.words.tier, "--tier").at(0);
    if (request_of(text, options, first_tier).shape == ShapeClass::row)
      report(measure_row_kernels(text, options));
    else
      report(measure_kernels(text, options));
  }
  if (options.json) fmt::print("{}\n", list.dump(2));
  if (!broken.empty()) user_error("outside the accuracy contract, please report: {}", fmt::join(broken, ", "));
}

}  // namespace

void add_check(CLI::App &app) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand("check", "Measure the error in ULP against the reference");
  options->activations.add_to(*command);
  add_pass(*command, options->words.pass);
  add_dtype(*command, options->words.dtype);
  add_tier(*command, options->words.tier)
      ->type_name("TIER,..")
      ->description(fmt::format("Several are measured at once: {}", known_tiers()));
  add_schedule(*command, options->words.schedule);
  command->add_option("--against", options->peers, "Peers to measure at the same inputs, or all")->type_name("PEER,..");
  command->add_option("--points", options->points, "Random points, all exponents alike; the special ones come on top")
      ->capture_default_str()
      ->check(whole_number_from(0));
  repeated(command->add_option("--columns", options->columns, "Of random rows, where an activation is one of rows"))
      ->delimiter(',')
      ->check(whole_number_from(1))
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 24))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the random points")
      ->capture_default_str()
      ->check(whole_number_from(0));
  CLI::Option *stride = command->add_option("--stride", options->stride, "Instead: every so-many-th input")
                            ->check(whole_number_from(1, std::numeric_limits<std::uint32_t>::max()));
  command
      ->add_flag_callback(
          "--exhaustive", [options] { options->stride = 1; },
          "Every input: all 2^32 of f32. A run that was stopped goes on where it was")
      ->excludes(stride);
  command->add_option("--threads", options->threads, "As many as the machine has unless given")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--digest", options->digest, "Print a digest of what each kernel computes, and measure nothing");
  command
      ->add_flag(
          "--bits", options->bits,
          "Instead of errors: whether the kernels of all targets that run here give the same bits at every width")
      ->excludes("--against")
      ->excludes("--schedule");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options] { check(*options); });
}

}  // namespace actinide::cli
