// `actinide check`: the error of kernels, measured against the reference.
#include "accuracy/sweep.h"
#include "actinide/jit.h"
#include "bench/peers.h"
#include "cli/check_report.h"
#include "cli/check_rows.h"
#include "cli/commands.h"
#include "cli/exhaustive.h"
#include "cli/measured_kernels.h"
#include "cli/request.h"
#include "cli/same_bits.h"
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
  CheckResult result;
  MeasuredKernel run;
};

std::vector<Contestant> contestants_of(const Family &family, const Place &place) {
  std::vector<Contestant> all;
  const KernelInfo &info = family.kernels[0].info();
  const auto add = [&](std::string tier, std::string by, std::string digest, MeasuredKernel run) {
    CheckResult result;
    result.kernel = info.name;
    result.tier = std::move(tier);
    result.by = std::move(by);
    result.digest = std::move(digest);
    result.input = info.inputs[place.varying];
    result.output = info.outputs[place.output];
    result.dtype = info.dtypes.outputs;
    for (std::size_t i = family.exact.factors.size(); i < info.inputs.size(); ++i)
      if (i != place.varying) result.others.emplace_back(info.inputs[i], place.inputs[i]);
    all.push_back({std::move(result), std::move(run)});
  };
  for (std::size_t i = 0; i < family.requests.size(); ++i) {
    const KernelRequest &request = family.requests[i];
    add(std::string(to_string(request.tier)), "", digest_of(request), kernel_at(family.kernels[i], place));
    CheckResult &result = all.back().result;
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
  const CheckResult &first = contestants[0].result;
  std::string name = fmt::format("check-{}-{}-{}-{}", first.kernel, first.input, first.output, stride);
  for (const auto &[other, value] : first.others) name += fmt::format("-{}={}", other, value);
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

// Whether the function is a number anywhere, as far as some points tell.
bool has_values(const Family &family, const Place &place) {
  const Reference reference(family.exact.symbols.outputs[place.output].second, Exact::variables_of(family));
  std::vector<double> values = Exact::values_of(family, place);
  return std::ranges::any_of(std::initializer_list<double>{0.375, 0.75, 2.5, -0.375, -0.75, -2.5}, [&](double x) {
    values[place.varying] = x;
    return std::isfinite(reference.rounded(values, family.requests[0].dtype));
  });
}

// What multiplies has all its digits, so that the product rounds. Further inputs of a definition are 1; where that is a
// pole, as of log(1 - p), 5/8.
Place place_of(const Family &family, std::size_t varying, std::size_t output) {
  const DType dtype = family.requests[0].dtype;
  const std::size_t factors = family.exact.factors.size();
  const auto resting_at = [&](double rest) {
    std::vector<double> inputs(family.exact.symbols.inputs.size(), rest);
    std::fill_n(inputs.begin(), factors, Reference(constant(Rational(1, 3)), {}).rounded({}, dtype));
    return Place{std::move(inputs), varying, output};
  };
  const Place usual = resting_at(1), other = resting_at(0.625);
  const bool alone = usual.inputs.size() == factors + 1;
  return !alone && !has_values(family, usual) && has_values(family, other) ? other : usual;
}

std::vector<CheckResult> measure(const Family &family, const Place &place, const Options &options) {
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
  std::vector<CheckResult> results;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    CheckResult &result = results.emplace_back(std::move(contestants[i].result));
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
std::vector<CheckResult> measure_kernels(const std::string &text, const Options &options) {
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
  std::vector<CheckResult> results;
  for (std::size_t output = 0; output < info.outputs.size(); ++output)
    for (std::size_t input = family.exact.factors.size(); input < info.inputs.size(); ++input)
      std::ranges::move(measure(family, place_of(family, input, output), options), std::back_inserter(results));
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

void add_check(const Command &app) {
  auto options = std::make_shared<Options>();
  const Command command = app.subcommand("check", "Measure the error in ULP against the reference");
  options->activations.add_to(command);
  add_pass(command, options->words.pass);
  add_dtype(command, options->words.dtype);
  add_tier(command, options->words.tier)
      .type_name("TIER,..")
      .description(fmt::format("Several are measured at once: {}", known_tiers()));
  add_schedule(command, options->words.schedule);
  command.option("--against", options->peers, "Peers to measure at the same inputs, or all").type_name("PEER,..");
  command.option("--points", options->points, "Random points, all exponents alike; the special ones come on top")
      .default_as_set()
      .whole_number_from(0);
  command.option("--columns", options->columns, "Of random rows, where an activation is one of rows")
      .repeated()
      .separated_by(',')
      .whole_number_from(1, std::uint64_t{1} << 24)
      .default_as_set();
  command.option("--seed", options->seed, "Of the random points").default_as_set().whole_number_from(0);
  const Option stride = command.option("--stride", options->stride, "Instead: every so-many-th input")
                            .whole_number_from(1, std::numeric_limits<std::uint32_t>::max());
  command
      .flag(
          "--exhaustive", [options] { options->stride = 1; },
          "Every input: all 2^32 of f32. A run that was stopped goes on where it was")
      .excludes(stride);
  command.option("--threads", options->threads, "As many as the machine has unless given").whole_number_from(1, 1024);
  command.flag("--digest", options->digest, "Print a digest of what each kernel computes, and measure nothing");
  command
      .flag("--bits", options->bits,
            "Instead of errors: whether the kernels of all targets that run here give the same bits at every width")
      .excludes("--against")
      .excludes("--schedule");
  command.flag("--json", options->json, "As JSON");
  command.runs([options] { check(*options); });
}

}  // namespace actinide::cli
