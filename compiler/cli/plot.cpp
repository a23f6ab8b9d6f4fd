// `actinide plot`: functions and their derivatives as a picture, drawn by gnuplot from what the kernels compute.
#include "actinide/jit.h"
#include "cli/commands.h"
#include "cli/gnuplot.h"
#include "cli/request.h"
#include "error.h"
#include "passes.h"
#include "pipeline.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace actinide::cli {
namespace {

struct Options {
  Activations activations;
  std::string passes;  ///< empty: all that there are of kPasses
  std::string tier = "standard";
  double from = -6, to = 6;
  std::size_t points = 1201;
  std::string output;
};

constexpr Pass kPasses[] = {Pass::forward, Pass::derivative, Pass::second_derivative};

// One line of the picture.
struct Curve {
  std::string title;
  std::size_t activation;  ///< its position on the command line, which has a colour
  std::size_t order;       ///< of the derivative, which has a dash
  std::vector<double> y;
};

std::vector<double> abscissae(const Options &options) {
  if (!std::isfinite(options.from) || !std::isfinite(options.to) || !(options.from < options.to))
    user_error("--from {} --to {}: the first must be the smaller number", options.from, options.to);
  std::vector<double> x;
  for (std::size_t i = 0; i < options.points; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(options.points - 1);
    x.push_back(options.from * (1 - part) + options.to * part);
  }
  return x;
}

// f, f' or f'' as it was asked for, and the further inputs, which rest at 1.
std::string title_of(const std::string &text, const KernelRequest &request, std::size_t order) {
  std::string rest;
  for (std::size_t i = 1; i < request.definition.inputs.size(); ++i)
    rest += fmt::format(", {} = 1", request.definition.inputs[i]);
  return (request.row ? text : request.definition.name) + std::string(order, '\'') + rest;
}

Curve curve_of(const std::string &text, std::size_t activation, std::size_t order, const Options &options,
               std::vector<double> x) {
  const KernelRequest request = parse_kernel_request(text, kPasses[order], DType::f64, parse_tier(options.tier));
  if (request.shape != ShapeClass::element || request.form.fused())
    user_error("{}: only functions of single elements are plotted", request.label);
  const Kernel kernel = Compiler().kernel(text, request.pass, DType::f64, {.tier = request.tier});
  const std::size_t inputs = kernel.info().inputs.size();
  std::vector<std::vector<double>> tensors(inputs + kernel.info().outputs.size(), std::vector<double>(x.size(), 1.0));
  const std::size_t n = x.size();
  tensors[0] = std::move(x);
  std::vector<void *> buffers;
  for (std::vector<double> &tensor : tensors) buffers.push_back(tensor.data());
  const int status = kernel.run(buffers.data(), n);
  internal_check(status == ACTINIDE_OK, "{}: {}", kernel.info().name, actinide_status_string(status));
  return {title_of(text, request, order), activation, order, tensors[inputs]};
}

// Whether the second derivative, say, was asked for; of what wasn't named, whatever the activation has.
std::vector<std::size_t> orders_of(const std::string &text, const Options &options) {
  std::vector<std::size_t> orders;
  for (std::size_t order = 0; order < std::size(kPasses); ++order) {
    KernelRequest request = parse_kernel_request(text, Pass::forward, DType::f64, parse_tier(options.tier));
    request.pass = kPasses[order];
    if (options.passes.empty() && !reason_undefined(request)) orders.push_back(order);
  }
  if (options.passes.empty()) return orders;
  for (const std::string &word : split_list(options.passes, "--pass")) {
    const auto found = std::ranges::find(kPasses, parse_pass(word));
    if (found == std::end(kPasses))
      user_error("--pass {}: plots show {}, {} and {}", word, to_string(kPasses[0]), to_string(kPasses[1]),
                 to_string(kPasses[2]));
    orders.push_back(static_cast<std::size_t>(found - std::begin(kPasses)));
  }
  return orders;
}

// Where most of the curves are: a pole or a steep tail doesn't flatten the rest.
std::pair<double, double> visible(std::span<const Curve> curves) {
  std::vector<double> all;
  for (const Curve &curve : curves)
    std::ranges::copy_if(curve.y, std::back_inserter(all), [](double y) { return std::isfinite(y); });
  if (all.empty()) return {-1, 1};
  std::ranges::sort(all);
  const std::size_t few = all.size() / 100;
  const double low = all[few], high = all[all.size() - 1 - few], room = std::max(high - low, 1e-300);
  const double least = std::max(all.front(), low - room), most = std::min(all.back(), high + room);
  const double margin = least < most ? 0.04 * (most - least) : 1;
  return {least - margin, most + margin};
}

std::string script(const Options &options, std::span<const double> x, std::span<const Curve> curves) {
  std::string text = fmt::format("set xrange [{}:{}]\n", options.from, options.to);
  const auto [low, high] = visible(curves);
  text += fmt::format("set yrange [{}:{}]\n", low, high);
  text +=
      "set grid lc rgb '#dddddd'\nset zeroaxis lc rgb '#888888'\nset key left top Left reverse noenhanced\nset xlabel "
      "'x'\n";
  text += "$data << END\n";
  for (std::size_t i = 0; i < x.size(); ++i) {
    text += fmt::format("{}", x[i]);
    for (const Curve &curve : curves) text += std::isfinite(curve.y[i]) ? fmt::format(" {}", curve.y[i]) : " NaN";
    text += '\n';
  }
  text += "END\nset datafile missing 'NaN'\nplot ";
  for (std::size_t i = 0; i < curves.size(); ++i)
    text +=
        fmt::format("{}$data using 1:{} with lines lw 2 dt {} lc rgb '{}' title {}", i ? ", " : "", i + 2,
                    curves[i].order + 1, kColours[curves[i].activation % std::size(kColours)], quoted(curves[i].title));
  return text + "\n";
}

void plot(const Options &options) {
  check_picture_name(options.output);  // before any work
  const std::vector<double> x = abscissae(options);
  std::vector<Curve> curves;
  const std::vector<std::string> texts = options.activations.texts();
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (const std::size_t order : orders_of(texts[i], options))
      curves.push_back(curve_of(texts[i], i, order, options, x));
  draw(script(options, x, curves), options.output, 900, 560);
  fmt::print("{}\n", options.output);
}

}  // namespace

void add_plot(const Command &app) {
  auto options = std::make_shared<Options>();
  const Command command = app.subcommand("plot", "Draw functions and their derivatives");
  options->activations.add_to(command);
  command.option("-o,--output", options->output, "FILE.svg, FILE.png or FILE.pdf").required();
  command.option("--pass", options->passes, "Of forward, derivative, second_derivative: those that there are");
  add_tier(command, options->tier);
  command.option("--from", options->from, "The left end").default_as_set();
  command.option("--to", options->to, "The right end").default_as_set();
  command.option("--points", options->points, "Of each line").default_as_set().whole_number_from(2, 100000);
  command.runs([options] { plot(*options); });
}

}  // namespace actinide::cli
