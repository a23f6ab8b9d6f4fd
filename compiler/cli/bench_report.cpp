#include "cli/bench_report.h"

#include "cli/table.h"
#include "measure/machine.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace actinide::cli {
namespace {

using bench::BenchResult, bench::SizeResult;

// 16777216 -> "16,777,216".
std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3;) text.insert(place -= 3, ",");
  return text;
}

std::string time_text(const SizeResult &at, const speed::Timing &timing) {
  return fmt::format("{:.3f}", at.nanoseconds(timing.median()));
}

std::string spread_text(const SizeResult &at, const speed::Timing &timing) {
  return fmt::format("{:.3f}..{:.3f}", at.nanoseconds(timing.lower_quartile()),
                     at.nanoseconds(timing.upper_quartile()));
}

std::string ulp_text(const std::optional<double> &ulp) {
  return ulp ? fmt::format("{:.3g}", *ulp) : "-";
}

nlohmann::ordered_json to_json(const SizeResult &at, const speed::Timing &timing) {
  return {{"nanoseconds", at.nanoseconds(timing.median())},
          {"lower_quartile", at.nanoseconds(timing.lower_quartile())},
          {"upper_quartile", at.nanoseconds(timing.upper_quartile())}};
}

nlohmann::ordered_json to_json(const SizeResult &at) {
  return {{"size", at.size},
          {"bytes", at.bytes},
          {"kernel", to_json(at, at.kernel)},
          {"gigabytes_per_second", at.gigabytes_per_second()},
          {"copy", to_json(at, at.copy)},
          {"streaming_copy", to_json(at, at.streaming)},
          {"ratio_to_copy", at.ratio_to_copy()},
          {"steady", at.steady()}};
}

// A peer's time, and how often ours goes into it.
std::string peer_text(const SizeResult &at, const speed::Timing &peer) {
  return fmt::format("{} ({:.2f})", time_text(at, peer), at.ratio_of(peer));
}

std::string peers_text(const BenchResult &result) {
  std::vector<std::string> headings = {"  peer (its time / ours)", "ULP"};
  for (const SizeResult &at : result.sizes) headings.push_back(grouped(at.size));
  Table table(headings);
  for (std::size_t i = 0; i < result.peers.size(); ++i) {
    const bench::PeerResult &peer = result.peers[i];
    std::vector<std::string> row = {fmt::format("  {} {}", peer.name, peer.version), ulp_text(peer.ulp)};
    for (const SizeResult &at : result.sizes) row.push_back(peer_text(at, at.peers[i]));
    table.add(std::move(row));
  }
  return table.text();
}

nlohmann::ordered_json optional_json(const std::optional<double> &number) {
  return number ? nlohmann::ordered_json(*number) : nullptr;
}

}  // namespace

std::string bench_heading(const bench::BenchOptions &options) {
  return fmt::format("{}, {} thread{}; inputs {}\n", speed::machine_description(), options.threads,
                     options.threads == 1 ? "" : "s", to_string(options.distribution));
}

nlohmann::ordered_json bench_heading_json(const bench::BenchOptions &options) {
  return {{"machine", speed::machine_description()},
          {"threads", options.threads},
          {"inputs", to_string(options.distribution)},
          {"columns", options.columns}};
}

std::string bench_text(const BenchResult &result) {
  std::string text =
      fmt::format("{}, {}, for {}", result.kernel.name, to_string(result.kernel.tier), result.kernel.target);
  if (result.ulp) text += fmt::format(": off by {} ULP at most", ulp_text(result.ulp));
  if (result.ulp && result.bound) text += fmt::format(" (bound: {})", *result.bound);
  Table table({"  size", "ns/element", "quartiles", "GB/s", "copy", "streaming copy", "x copy"});
  for (const SizeResult &at : result.sizes)
    table.add({"  " + grouped(at.size), time_text(at, at.kernel), spread_text(at, at.kernel),
               fmt::format("{:.1f}", at.gigabytes_per_second()), time_text(at, at.copy), time_text(at, at.streaming),
               fmt::format("{:.2f}{}", at.ratio_to_copy(), at.steady() ? "" : "*")});
  return text + "\n" + table.text() + (result.peers.empty() ? "" : peers_text(result));
}

nlohmann::ordered_json bench_json(const BenchResult &result) {
  auto sizes = nlohmann::ordered_json::array();
  for (const SizeResult &at : result.sizes) {
    auto peers = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < result.peers.size(); ++i) {
      peers[result.peers[i].name] = to_json(at, at.peers[i]);
      peers[result.peers[i].name]["ratio"] = at.ratio_of(at.peers[i]);
    }
    sizes.push_back(to_json(at));
    sizes.back()["peers"] = std::move(peers);
  }
  auto peers = nlohmann::ordered_json::array();
  for (const bench::PeerResult &peer : result.peers)
    peers.push_back({{"name", peer.name}, {"version", peer.version}, {"ulp", optional_json(peer.ulp)}});
  return {{"kernel", result.kernel.name},
          {"formula", result.kernel.formula},
          {"tier", to_string(result.kernel.tier)},
          {"target", result.kernel.target},
          {"ulp", optional_json(result.ulp)},
          {"bound", optional_json(result.bound)},
          {"peers", peers},
          {"sizes", sizes}};
}

std::string compile_text(const std::vector<bench::CompileResult> &results) {
  std::vector<std::string> head = {"ms", "first", "again"};
  head.insert(head.end(), bench::kCompileStages.begin(), bench::kCompileStages.end());
  Table table(head);
  for (const bench::CompileResult &result : results) {
    std::vector<std::string> row = {result.activation, fmt::format("{:.2f}", result.first.total()),
                                    fmt::format("{:.2f}", result.again.total())};
    for (std::size_t stage = 0; stage < bench::kCompileStages.size(); ++stage)
      row.push_back(fmt::format("{:.2f}", result.again.milliseconds[stage]));
    table.add(row);
  }
  return table.text();
}

nlohmann::ordered_json compile_json(const std::vector<bench::CompileResult> &results) {
  const auto stages = [](const bench::CompileTime &time) {
    auto json = nlohmann::ordered_json::object();
    for (std::size_t stage = 0; stage < bench::kCompileStages.size(); ++stage)
      json[std::string(bench::kCompileStages[stage])] = time.milliseconds[stage];
    return json;
  };
  auto list = nlohmann::ordered_json::array();
  for (const bench::CompileResult &result : results)
    list.push_back({{"activation", result.activation},
                    {"first_milliseconds", stages(result.first)},
                    {"again_milliseconds", stages(result.again)}});
  return {{"compilations", list}};
}

}  // namespace actinide::cli
