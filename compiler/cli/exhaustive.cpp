#include "cli/exhaustive.h"

#include "error.h"
#include "schedules/user_database.h"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace actinide::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct State {
  std::uint64_t done = 0;            ///< points
  std::vector<SweepResult> results;  ///< of each kernel, once any is done
};

// JSON has no infinities and NaN: numbers as C writes them, in hexadecimal.
std::string to_text(double number) {
  return fmt::format("{:a}", number);
}
double to_number(const Json &json) {
  return std::strtod(json.get<std::string>().c_str(), nullptr);
}

Json to_json(const Worst &worst) {
  return {{"ulp", to_text(worst.ulp)},
          {"input", to_text(worst.input)},
          {"computed", to_text(worst.computed)},
          {"nearest", to_text(worst.nearest)},
          {"exact", worst.exact}};
}
Worst to_worst(const Json &json) {
  return {.ulp = to_number(json.at("ulp")),
          .input = to_number(json.at("input")),
          .computed = to_number(json.at("computed")),
          .nearest = to_number(json.at("nearest")),
          .exact = json.at("exact")};
}

Json to_json(const SweepResult &result) {
  Json json = {{"points", result.points},
               {"normal", to_json(result.normal)},
               {"subnormal", to_json(result.subnormal)},
               {"subnormal_results", result.subnormal_results},
               {"flushed", result.flushed},
               {"flushed_ulp", to_text(result.flushed_ulp)},
               {"relaxed", to_text(result.relaxed)},
               {"not_nearest", result.not_nearest},
               {"wrong_zero_signs", result.wrong_zero_signs}};
  if (result.wrong_zero_input) json["wrong_zero_input"] = to_text(*result.wrong_zero_input);
  return json;
}

SweepResult to_result(const Json &json) {
  SweepResult result;
  result.points = json.at("points");
  result.normal = to_worst(json.at("normal"));
  result.subnormal = to_worst(json.at("subnormal"));
  result.subnormal_results = json.at("subnormal_results");
  result.flushed = json.at("flushed");
  result.flushed_ulp = to_number(json.at("flushed_ulp"));
  result.relaxed = to_number(json.at("relaxed"));
  result.not_nearest = json.at("not_nearest");
  result.wrong_zero_signs = json.at("wrong_zero_signs");
  if (json.contains("wrong_zero_input")) result.wrong_zero_input = to_number(json.at("wrong_zero_input"));
  return result;
}

Json to_json(const State &state) {
  Json json = {{"done", state.done}, {"results", Json::array()}};
  for (const SweepResult &result : state.results) json["results"].push_back(to_json(result));
  return json;
}

State to_state(const Json &json) {
  State state{.done = json.at("done"), .results = {}};
  for (const Json &result : json.at("results")) state.results.push_back(to_result(result));
  return state;
}

// What an earlier run has left; a file that isn't whole counts as none.
State load(const fs::path &file, std::uint64_t points, std::size_t kernels) {
  std::ifstream stream(file);
  if (!stream) return {};
  try {
    State state = to_state(Json::parse(stream));
    const auto whole = [&](const SweepResult &result) { return result.points == state.done; };
    const bool fits = state.done <= points && state.results.size() == kernels;
    return fits && std::ranges::all_of(state.results, whole) ? std::move(state) : State{};
  } catch (const Json::exception &) {
    return {};
  }
}

// The file is replaced as a whole. That it can't be written costs no more than the work of this run.
bool save(const fs::path &file, const State &state) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  fs::path temporary = file;
  temporary += fmt::format(".{}", getpid());
  std::ofstream stream(temporary);
  stream << to_json(state).dump();
  stream.close();
  if (stream) fs::rename(temporary, file, error);
  if (!stream || error) fs::remove(temporary, error);
  return static_cast<bool>(stream) && !error;
}

// A line that is written over on a terminal, or now and then a line.
class Progress {
 public:
  Progress(std::uint64_t done, std::uint64_t points) : first_(done), points_(points) {}

  void show(std::uint64_t done) {
    const auto now = Clock::now();
    if (now - last_ < (terminal_ ? std::chrono::milliseconds(500) : std::chrono::seconds(30))) return;
    last_ = now;
    const double passed = std::chrono::duration<double>(now - start_).count();
    const double left = passed * static_cast<double>(points_ - done) / static_cast<double>(done - first_);
    fmt::print(stderr, "{}check: {:.1f} % of {} inputs, {:.0f} s left{}", terminal_ ? "\r" : "",
               100 * static_cast<double>(done) / static_cast<double>(points_), points_, left, terminal_ ? "  " : "\n");
    shown_ = true;
  }

  ~Progress() {
    if (shown_ && terminal_) fmt::print(stderr, "\n");
  }

 private:
  using Clock = std::chrono::steady_clock;
  const std::uint64_t first_, points_;
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
  bool shown_ = false;
};

}  // namespace

std::vector<SweepResult> sweep_in_parts(const Measurement &measurement, const PointSet &points, const std::string &name,
                                        std::uint64_t part_size) {
  if (points.size <= part_size) return sweep(measurement, points);
  const fs::path folder = user_state_folder(), file = folder / (name + ".json");
  State state = folder.empty() ? State{} : load(file, points.size, measurement.kernels.size());
  state.results.resize(measurement.kernels.size());
  if (state.done > 0)
    fmt::print(stderr, "check: {} of {} inputs were done before, see {}\n", state.done, points.size, file.string());
  Progress progress(state.done, points.size);
  bool kept = !folder.empty();
  while (state.done < points.size) {
    const std::uint64_t first = state.done;
    const PointSet part{points.description, std::min(part_size, points.size - first),
                        [&](std::uint64_t at, std::span<double> x) { points.fill(first + at, x); }};
    const auto found = sweep(measurement, part, [&](std::uint64_t done) { progress.show(first + done); });
    for (std::size_t k = 0; k < found.size(); ++k) merge(state.results[k], found[k]);
    state.done += part.size;
    if (kept && !save(file, state)) {
      fmt::print(stderr, "check: can't write {}; if this run is stopped, it begins anew\n", file.string());
      kept = false;
    }
  }
  std::error_code error;
  if (kept) fs::remove(file, error);
  return state.results;
}

}  // namespace actinide::cli
