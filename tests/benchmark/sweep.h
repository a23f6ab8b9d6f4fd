// Everything that one target's kernels are timed at, beside copies of the same bytes and beside other libraries.
#pragma once

#include "activations.h"
#include "tests/benchmark/cell.h"

#include <chrono>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace actinide::speed {

/// In the first-level cache or little beyond, and in memory: what goals are about.
inline constexpr std::size_t kSmall = 4096, kLarge = std::size_t{1} << 24;
/// What is measured at more sizes, for the target that is best here.
inline constexpr std::size_t kSizes[] = {2048, kSmall, 65536, kLarge};
inline constexpr Variant kVariants[] = {kStandard, kFaithful, kBrain, kHalf, kDouble};
/// What is analysed, and compiled to see how long that takes.
inline constexpr Variant kAnalysed[] = {kStandard, kFaithful, kDouble};
/// Of a row of softmax and its relatives.
inline constexpr std::size_t kColumns[] = {1024, 32768};
/// The longest of the short calls.
inline constexpr std::size_t kShort = 64;
/// Of one call that the runtime's threads share, and that caches hold.
inline constexpr std::size_t kShared = std::size_t{1} << 20;

/// A control further from the median of its group than this has been disturbed.
inline constexpr double kControlTolerance = 0.05;

// What the timings of Sweep::threads and Sweep::short_calls are called.
inline const std::string kOneThread = "one thread", kTwoThreads = "two threads",
                         kTwoCopies = "streaming copy by two threads";
std::string short_call_name(std::size_t n);  ///< of 0: of a call that does nothing

struct Sweep {
  std::string target;
  std::map<std::string, std::string> peers = {};  ///< name and version of those that did something
  std::vector<Cell> cells = {};                   ///< of elements
  std::vector<Cell> rows = {};                    ///< of softmax and its relatives, and of channels
  std::vector<Cell> short_calls = {};             ///< of 1 ... kShort elements: f32 `standard`
  std::vector<Cell> threads = {};  ///< of f32 `standard`: two callers of kSmall; one call of kShared, kLarge

  /// Of `cells` and `rows`, the one in which our kernel was timed; null if it wasn't.
  const Cell *find(std::string_view activation, Pass pass, std::size_t n, const Variant &variant = kStandard) const;
};

/// Called with a line for people who wait.
using Progress = std::function<void(const std::string &)>;

struct SweepOptions {
  std::string target;
  bool goals_alone = false;  ///< nothing that no goal is about
  std::vector<const Activation *> rows = {};
  int cpu = -1;  ///< that one thread is bound to; the last that this process may use
  int rounds = 15;
  std::chrono::steady_clock::time_point deadline = {};  ///< after it, nothing is repeated
};

/// Of all other sizes than kSmall, which goals ask most about.
inline int few_rounds(int rounds) {
  return rounds / 2;
}

/// In a process of its own: a peer is held to one target in a process. No thread has been started in this one.
Sweep measure_sweep(const SweepOptions &options, const Progress &progress);

// Its parts, in this process.
std::vector<Cell> measure_cells(const SweepOptions &options, const Progress &progress);
std::vector<Cell> measure_rows(const SweepOptions &options);
std::vector<Cell> measure_short_calls(const SweepOptions &options);
std::vector<Cell> measure_threads(const SweepOptions &options, const Sweep &alone);

}  // namespace actinide::speed
