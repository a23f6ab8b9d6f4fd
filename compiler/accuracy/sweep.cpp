#include "accuracy/sweep.h"

#include "error.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

namespace actinide {
namespace {

constexpr std::size_t chunk = 1 << 14;

// What one thread has found so far. Ties go to the point that comes first, so that the order of the chunks doesn't
// matter.
struct Tally {
  SweepResult result;
  std::uint64_t normal_position = ~std::uint64_t{0};
  std::uint64_t subnormal_position = ~std::uint64_t{0};
  std::uint64_t zero_position = ~std::uint64_t{0};

  static void take(Worst &worst, std::uint64_t &position, const Worst &other, std::uint64_t at) {
    if (other.ulp < worst.ulp || (other.ulp == worst.ulp && at >= position)) return;
    worst = other;
    position = at;
  }

  void merge(const Tally &other) {
    result.points += other.result.points;
    result.subnormal_results += other.result.subnormal_results;
    result.flushed += other.result.flushed;
    result.flushed_ulp = std::max(result.flushed_ulp, other.result.flushed_ulp);
    result.not_nearest += other.result.not_nearest;
    result.wrong_zero_signs += other.result.wrong_zero_signs;
    take(result.normal, normal_position, other.result.normal, other.normal_position);
    take(result.subnormal, subnormal_position, other.result.subnormal, other.subnormal_position);
    if (other.zero_position < zero_position) {
      zero_position = other.zero_position;
      result.wrong_zero_input = other.result.wrong_zero_input;
    }
  }
};

bool zero_sign_matches(const Reference &reference, std::span<const double> inputs, double computed) {
  const auto negative = reference.negative_zero(inputs);
  return !negative || *negative == std::signbit(computed);
}

// One thread's work: its own copy of the inputs, its own tally.
class Worker {
 public:
  explicit Worker(const Measurement &measurement) : measurement_(measurement), inputs_(measurement.inputs) {}

  void measure(const PointSet &points, std::uint64_t first, std::size_t count) {
    x_.resize(count);
    y_.resize(count);
    points.fill(first, x_);
    measurement_.kernel(x_, y_);
    for (std::size_t i = 0; i < count; ++i) judge(x_[i], y_[i], first + i);
  }

  const Tally &tally() const { return tally_; }

 private:
  void judge(double x, double y, std::uint64_t position) {
    inputs_[measurement_.varying] = x;
    Judgement judgement = measurement_.reference.judge(y, inputs_, measurement_.dtype);
    if (judgement.correctly_rounded) judgement.ulp = std::min(judgement.ulp, 0.5);  // it is an upper bound
    const double magnitude = std::fabs(judgement.nearest);
    const bool subnormal = magnitude > 0 && magnitude < float_format(measurement_.dtype).least_normal();
    SweepResult &result = tally_.result;
    ++result.points;
    if (!judgement.correctly_rounded) ++result.not_nearest;
    if (subnormal) ++result.subnormal_results;
    const Worst worst{judgement.ulp, x, y, judgement.nearest, {}};
    if (!subnormal)
      Tally::take(result.normal, tally_.normal_position, worst, position);
    else if (y == 0)
      ++result.flushed, result.flushed_ulp = std::max(result.flushed_ulp, judgement.ulp);
    else
      Tally::take(result.subnormal, tally_.subnormal_position, worst, position);
    if (y == 0 && !zero_sign_matches(measurement_.reference, inputs_, y)) note_zero(x, position);
  }

  void note_zero(double x, std::uint64_t position) {
    ++tally_.result.wrong_zero_signs;
    if (position > tally_.zero_position) return;
    tally_.zero_position = position;
    tally_.result.wrong_zero_input = x;
  }

  const Measurement &measurement_;
  std::vector<double> inputs_;
  std::vector<double> x_, y_;
  Tally tally_;
};

// Hands out chunks to the threads and collects what they found.
class Run {
 public:
  Run(const Measurement &measurement, const PointSet &points, const SweepProgress &progress)
      : measurement_(measurement), points_(points), progress_(progress) {}

  SweepResult all() {
    const unsigned wanted =
        measurement_.threads ? measurement_.threads : std::max(1u, std::thread::hardware_concurrency());
    const std::uint64_t chunks = (points_.size + chunk - 1) / chunk;
    const auto helpers = static_cast<unsigned>(std::min<std::uint64_t>(wanted, chunks));
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < helpers; ++i) threads.emplace_back([this] { work(); });
    work();
    threads.clear();
    if (failure_) std::rethrow_exception(failure_);
    return total_.result;
  }

 private:
  void work() {
    Worker worker(measurement_);
    try {
      for (;;) {
        const std::uint64_t first = next_.fetch_add(chunk);
        if (first >= points_.size) break;
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, points_.size - first));
        worker.measure(points_, first, count);
        report(count);
      }
    } catch (...) {
      next_ = points_.size;
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      return;
    }
    const std::lock_guard lock(mutex_);
    total_.merge(worker.tally());
  }

  void report(std::uint64_t count) {
    if (!progress_) return;
    const std::lock_guard lock(mutex_);
    done_ += count;
    progress_(done_);
  }

  const Measurement &measurement_;
  const PointSet &points_;
  const SweepProgress &progress_;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
  Tally total_;
  std::exception_ptr failure_;
};

std::string exact_digits(const Measurement &measurement, double x) {
  std::vector<double> inputs = measurement.inputs;
  inputs[measurement.varying] = x;
  mpfr_t value;
  mpfr_init2(value, 100);
  measurement.reference.evaluate(value, inputs);
  char text[64];
  mpfr_snprintf(text, sizeof text, "%.19Re", value);
  mpfr_clear(value);
  return text;
}

}  // namespace

MeasuredKernel widened(std::function<void(const float *x, float *y, std::size_t n)> kernel) {
  return [kernel = std::move(kernel)](std::span<const double> x, std::span<double> y) {
    const std::vector<float> input(x.begin(), x.end());
    std::vector<float> output(y.size());
    kernel(input.data(), output.data(), input.size());
    std::copy(output.begin(), output.end(), y.begin());
  };
}

SweepResult sweep(const Measurement &measurement, const PointSet &points, const SweepProgress &progress) {
  internal_check(measurement.varying < measurement.inputs.size(), "the varying input is not among the {} inputs",
                 measurement.inputs.size());
  SweepResult result = Run(measurement, points, progress).all();
  for (Worst *worst : {&result.normal, &result.subnormal})
    if (worst->ulp > 0) worst->exact = exact_digits(measurement, worst->input);
  return result;
}

std::vector<SpecialResult> tabulate(const Measurement &measurement, std::span<const double> points) {
  std::vector<double> computed(points.size());
  measurement.kernel(points, computed);
  std::vector<double> inputs = measurement.inputs;
  std::vector<SpecialResult> rows;
  for (std::size_t i = 0; i < points.size(); ++i) {
    inputs[measurement.varying] = points[i];
    rows.push_back({.input = points[i],
                    .computed = computed[i],
                    .expected = measurement.reference.rounded(inputs, measurement.dtype),
                    .ulp = measurement.reference.judge(computed[i], inputs, measurement.dtype, true).ulp,
                    .sign_matches = computed[i] != 0 || zero_sign_matches(measurement.reference, inputs, computed[i])});
  }
  return rows;
}

}  // namespace actinide
