#include "tests/benchmark/speed_tables.h"

#include "tests/benchmark/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace actinide::speed {
namespace {

std::string size_text(std::size_t n) {
  return n >= (1u << 20) ? fmt::format("{} Mi", n >> 20) : fmt::format("{},{:03}", n / 1000, n % 1000);
}

std::string time_text(double nanoseconds) {
  return fmt::format("{:.3f}", nanoseconds);
}

std::string ratio_text(const Cell &cell, const Variant &variant) {
  return fmt::format("{:.2f}{}", cell.ratio_to_copy(variant), cell.disturbed ? "*" : "");
}

std::vector<const Cell *> select(const Sweep &sweep, const Variant &variant, Pass pass, std::size_t n) {
  std::vector<const Cell *> chosen;
  for (const Cell &cell : sweep.cells)
    if (cell.pass == pass && cell.n == n && cell.has(name_of(variant))) chosen.push_back(&cell);
  return chosen;
}

Cells summary_row(const std::vector<const Cell *> &chosen, const Variant &variant, Pass pass, std::size_t n) {
  std::vector<double> times, ratios;
  for (const Cell *cell : chosen) {
    times.push_back(cell->nanoseconds(name_of(variant)));
    ratios.push_back(cell->ratio_to_copy(variant));
  }
  const auto [least, most] = std::ranges::minmax_element(ratios);
  const Cell &fastest = *chosen[static_cast<std::size_t>(least - ratios.begin())];
  const Cell &slowest = *chosen[static_cast<std::size_t>(most - ratios.begin())];
  return {fmt::format("{} {}", to_string(variant), to_string(pass)),
          size_text(n),
          time_text(median(times)),
          fmt::format("{:.2f}", median(ratios)),
          fmt::format("{} {}", fastest.activation, ratio_text(fastest, variant)),
          fmt::format("{} {}", slowest.activation, ratio_text(slowest, variant))};
}

// Of a variant and pass: a row on each line, two columns for each size.
std::string kernels(const Sweep &sweep, const Variant &variant, Pass pass) {
  Cells head = {"activation"};
  std::vector<Cells> rows;
  for (const std::size_t n : kSizes) {
    const std::vector<const Cell *> chosen = select(sweep, variant, pass, n);
    head.insert(head.end(), {size_text(n), "x copy"});
    rows.resize(std::max(rows.size(), chosen.size()));
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (rows[i].empty()) rows[i] = {chosen[i]->activation};
      rows[i].push_back(time_text(chosen[i]->nanoseconds(name_of(variant))));
      rows[i].push_back(ratio_text(*chosen[i], variant));
    }
  }
  return table(head, rows);
}

}  // namespace

std::string summary_text(const Sweep &sweep) {
  std::vector<Cells> rows;
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses)
      for (const std::size_t n : kSizes) {
        const std::vector<const Cell *> chosen = select(sweep, variant, pass, n);
        if (!chosen.empty()) rows.push_back(summary_row(chosen, variant, pass, n));
      }
  return table({"kernels", "elements", "median ns", "median x copy", "nearest to the copy", "furthest"}, rows);
}

std::string copies_text(const Sweep &sweep) {
  // By bytes of an element, inputs, outputs and elements: the plain copies and the streaming ones.
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>, std::array<std::vector<double>, 2>> groups;
  for (const Cell &cell : sweep.cells)
    for (const std::size_t bytes : {2, 4, 8}) {
      if (!cell.has(copy_name(bytes))) continue;
      auto &[plain, streaming] = groups[{bytes, cell.inputs, cell.outputs, cell.n}];
      plain.push_back(cell.nanoseconds(copy_name(bytes)));
      streaming.push_back(cell.nanoseconds(streaming_name(bytes)));
    }
  std::vector<Cells> rows;
  for (const auto &[key, times] : groups) {
    const auto &[element, inputs, outputs, n] = key;
    const auto &[plain, streaming] = times;
    const double middle = median(plain), bytes = static_cast<double>((inputs + outputs) * element);
    rows.push_back({fmt::format("{} in, {} out, {} bytes each", inputs, outputs, element), size_text(n),
                    time_text(middle), time_text(median(streaming)),
                    fmt::format("{:.1f}", bytes / std::min(middle, median(streaming))),
                    fmt::format("{:+.1f} % to {:+.1f} %", (std::ranges::min(plain) / middle - 1) * 100,
                                (std::ranges::max(plain) / middle - 1) * 100)});
  }
  return table({"tensors", "elements", "copy ns", "streaming copy ns", "faster: GB/s", "controls around their median"},
               rows);
}

std::string kernels_text(const Sweep &sweep) {
  std::string text;
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses)
      text += fmt::format("\n### {}, {}\n\n{}", to_string(variant), to_string(pass), kernels(sweep, variant, pass));
  return text;
}

std::string disturbed_text(const Sweep &sweep) {
  const auto count = std::ranges::count_if(sweep.cells, &Cell::disturbed);
  return count ? fmt::format("{} of {} stayed off and are marked *.", count, sweep.cells.size()) : "None stayed off.";
}

}  // namespace actinide::speed
