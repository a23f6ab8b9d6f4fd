// The search for the fastest schedule, by measurements that noise can't decide.
#pragma once

#include "schedules/schedule.h"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace actinide {

/// Measures schedules in turns, so many seconds in all, about, in so many rounds at most. Gives for each the times of a
/// call, round by round: those of the same round were taken one after the other. Fewer if it was stopped.
using Race = std::function<std::vector<std::vector<double>>(std::span<const Schedule>, double seconds, int rounds)>;

struct TuningResult {
  Schedule schedule;
  double gain = 1;       ///< the first candidate's time over the schedule's
  bool complete = true;  ///< false: it was stopped before the end, and the first candidate was kept
};

/// How the search may be watched, and ended early.
struct TuningWatch {
  std::function<void(std::size_t left, const Schedule &best, double gain)> progress = {};
  std::function<bool()> stopped = {};
};

/// The fastest of the candidates, of which the first is the one to beat. Successive halving (Jamieson and Talwalkar,
/// 2016): all are measured for a while, the better half for as long again, until one is left. That one then runs
/// against the first alone, and takes its place only if it is faster by kLeastGain beyond doubt: the lower end of a
/// confidence interval of the median of their paired ratios decides, so that tuning an unchanged kernel again keeps
/// what it has.
TuningResult tune(std::vector<Schedule> candidates, const Race &race, double seconds, const TuningWatch &watch = {});

inline constexpr double kLeastGain = 1.01;
/// Of the interval: how often noise alone makes a candidate seem faster than it is.
inline constexpr double kDoubt = 0.005;

/// With probability 1 - kDoubt, the median of the ratios' distribution is at least this; 0 for too few ratios. Whatever
/// the distribution: the number of ratios below its median is binomial.
double lower_bound_of_median(std::vector<double> ratios);

}  // namespace actinide
