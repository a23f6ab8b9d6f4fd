#include "tests/benchmark/curves.h"

#include "cli/gnuplot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace actinide::speed {
namespace {

constexpr auto kRows = std::to_array<std::string_view>({"relu", "exp", "sigmoid", "silu", "tanh", "gelu", "gelu_tanh",
                                                        "elu", "softplus", "mish", "hardswish", "squareplus"});
constexpr double kRoundSeconds = 0.001;  // of each contender
constexpr int kPanes = 3, kPaneWidth = 420, kPaneHeight = 300;

std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all;
  for (std::size_t n = 64; n <= std::size_t{1} << 24; n *= 4) all.push_back(n);
  return all;
}

struct Line {
  std::string title, style;
  std::vector<double> nanoseconds;  ///< at each size
};

// A peer has its colour and dashes in all panes.
std::string style_of(const std::string &peer) {
  static const std::map<std::string, std::pair<int, int>, std::less<>> styles = {
      {"onednn", {1, 1}}, {"libmvec", {2, 1}},     {"eigen", {3, 1}},   {"xnnpack", {4, 1}},
      {"sleef", {5, 1}},  {"handwritten", {6, 1}}, {"highway", {2, 2}}, {"torch", {1, 2}}};
  const auto found = styles.find(peer);
  if (found == styles.end()) return "lw 1.5 lc rgb '#999999'";
  const auto [colour, dashes] = found->second;
  return fmt::format("lw 1.5 dt {} lc rgb '{}'", dashes, cli::kColours[colour]);
}

std::vector<Line> lines_of(const bench::BenchResult &measured) {
  std::vector<Line> lines = {{"copy", "lw 1.5 lc rgb '#999999'", {}},
                             {"streaming copy", "lw 1.5 dt 2 lc rgb '#999999'", {}},
                             {"actinide", fmt::format("lw 3 lc rgb '{}'", cli::kColours[0]), {}}};
  for (const bench::PeerResult &peer : measured.peers) lines.push_back({peer.name, style_of(peer.name), {}});
  for (const bench::SizeResult &at : measured.sizes) {
    lines[0].nanoseconds.push_back(at.nanoseconds(at.copy.median()));
    lines[1].nanoseconds.push_back(at.nanoseconds(at.streaming.median()));
    lines[2].nanoseconds.push_back(at.nanoseconds(at.kernel.median()));
    for (std::size_t i = 0; i < at.peers.size(); ++i)
      lines[3 + i].nanoseconds.push_back(at.nanoseconds(at.peers[i].median()));
  }
  return lines;
}

std::string pane(const Curves &curves) {
  const std::vector<Line> lines = lines_of(curves.measured);
  std::string text = "$data << END\n";
  for (std::size_t i = 0; i < curves.measured.sizes.size(); ++i) {
    text += fmt::format("{}", curves.measured.sizes[i].size);
    for (const Line &line : lines) text += fmt::format(" {}", line.nanoseconds[i]);
    text += '\n';
  }
  text += fmt::format("END\nset title {}\nplot ", cli::quoted(curves.activation));
  for (std::size_t i = 0; i < lines.size(); ++i)
    text += fmt::format("{}$data using 1:{} with lines {} title {}", i ? ", " : "", i + 2, lines[i].style,
                        cli::quoted(lines[i].title));
  return text + "\n";
}

std::string picture(const std::vector<const Curves *> &all, int rows) {
  std::string text = fmt::format(
      "set multiplot layout {},{}\nset logscale xy\nset format x '2^{{%L}}'\nset logscale x 2\n"
      "set xtics 64, 16\nset grid lc rgb '#dddddd'\nset key top right font ',9' noenhanced\nset xlabel 'elements' "
      "offset 0,0.5\n"
      "set ylabel 'ns/element'\nset yrange [0.02:30]\n",
      rows, kPanes);
  for (const Curves *curves : all) text += pane(*curves);
  return text + "unset multiplot\n";
}

}  // namespace

std::vector<Curves> measure_curves(std::span<const Activation *const> rows, int rounds, const Progress &progress) {
  const Compiler compiler;
  std::vector<Curves> all;
  for (const Pass pass : kPasses) {
    bench::BenchOptions options;
    options.pass = pass;
    options.sizes = sizes();
    // Curves need no third digit.
    options.effort = {.seconds = kRoundSeconds * few_rounds(rounds), .rounds = few_rounds(rounds)};
    progress(fmt::format("{} at {} sizes", to_string(pass), options.sizes.size()));
    for (const std::string_view name : kRows) {
      const auto wanted = [&](const Activation *row) { return row->name == name; };
      if (std::ranges::none_of(rows, wanted)) continue;
      all.push_back({std::string(name), pass, bench::measure(std::string(name), compiler, options)});
    }
  }
  return all;
}

std::string draw_curves(const std::vector<Curves> &all, const std::filesystem::path &directory) {
  if (directory.empty()) return "The pictures are drawn with the whole table.\n";
  std::string text;
  for (const Pass pass : kPasses) {
    std::vector<const Curves *> chosen;
    for (const Curves &curves : all)
      if (curves.pass == pass) chosen.push_back(&curves);
    if (chosen.empty()) continue;
    const int rows = (static_cast<int>(chosen.size()) + kPanes - 1) / kPanes;
    const std::string name = fmt::format("speed_{}.svg", to_string(pass));
    cli::draw(picture(chosen, rows), directory / name, kPanes * kPaneWidth, rows * kPaneHeight);
    text += fmt::format("{}![{}]({})\n", text.empty() ? "" : "\n", to_string(pass), name);
  }
  return text;
}

}  // namespace actinide::speed
