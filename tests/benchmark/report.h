// The figures as Markdown: generated/SPEED.md.
#pragma once

#include "tests/benchmark/analysis.h"
#include "tests/benchmark/build.h"
#include "tests/benchmark/compile_time.h"
#include "tests/benchmark/curves.h"
#include "tests/benchmark/growth.h"
#include "tests/benchmark/jit.h"
#include "tests/benchmark/other_goals.h"
#include "tests/benchmark/sleef.h"
#include "tests/benchmark/sweep.h"
#include "tests/benchmark/together.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace actinide::speed {

struct Report {
  std::string command;
  int cpu;  ///< that the thread was bound to
  int rounds;
  Compilation first_compilation;
  std::vector<Compilation> compilations;
  nlohmann::ordered_json jit;  ///< see measure_jit
  LibrarySize library;
  std::vector<Analysis> analyses;
  std::vector<Routine> routines;
  std::vector<Measured> targets;  ///< x86-64-v3, for which goals are set, where it isn't the best; the best one
  std::vector<Together> together;
  std::vector<Curves> curves;
  std::vector<Growth> growth;
  double seconds;  ///< of the whole run

  /// What is measured most of: of the best target here.
  const Measured &best() const { return targets.back(); }
};

/// Draws the pictures that it shows in the directory; none without one.
std::string to_markdown(const Report &report, const std::filesystem::path &pictures);

}  // namespace actinide::speed
