// Times of several ways to do the same work, taken in turns, by Google Benchmark.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace actinide::speed {

/// One way to do the work.
struct Contender {
  std::string name;
  std::function<void()> run;
};

/// What time is: what a clock on the wall shows, or what the calling thread had of its CPU. While a machine is shared,
/// the second one leaves out when others ran, but of a contender with several threads it sees one.
enum class Clock { wall, thread };

/// How the contenders are measured.
struct Effort {
  double seconds = 0.1;  ///< of each contender in all rounds together, about
  int rounds = 15;
  Clock clock = Clock::thread;
  std::function<bool()> stopped = {};  ///< asked before each measurement: true ends them all
};

/// A call that takes longer is made in so many rounds at most.
inline constexpr double kLongSeconds = 0.05;
inline constexpr int kLongRounds = 5;

struct Timing {
  std::string name;
  std::vector<double> seconds;  ///< of a call, for each round

  double median() const;
  /// Half of the rounds lie between these.
  double lower_quartile() const;
  double upper_quartile() const;
};

/// The middle value; of an even number of them, the mean of the two. Not of an empty list.
double median(std::vector<double> values);

/// The median of the ratios of `one` to `other` in each round. What disturbs the machine for longer than a round slows
/// both, and leaves their ratio.
double paired_ratio(const Timing &one, const Timing &other);

/// Times the contenders in rounds, each of which runs every contender for its share of the time, or once. A round
/// before the first finds out how many calls that is, and warms up. Stopped, it gives what it has.
std::vector<Timing> take_turns(std::span<const Contender> contenders, const Effort &effort);

}  // namespace actinide::speed
