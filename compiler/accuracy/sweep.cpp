#include "accuracy/sweep.h"

#include "accuracy/exact_block.h"
#include "error.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

namespace actinide {
namespace {

constexpr std::size_t chunk = 1 << 14;
constexpr std::size_t block = ExactBlock::points;
constexpr std::size_t most_runs = 128;  // that Reference::model takes
// Of the points that the other form alone decides, the function itself is asked at one in so many.
constexpr std::uint64_t some = 61, some_of_brackets = 17 * some;

// What one thread has found so far. Ties go to the point that comes first, so that the order of the chunks doesn't
// matter.
struct Tally {
  SweepResult result;
  std::uint64_t normal_position = ~std::uint64_t{0};
  std::uint64_t subnormal_position = ~std::uint64_t{0};
  std::uint64_t zero_position = ~std::uint64_t{0};

  static bool precedes(const Worst &worst, std::uint64_t position, double ulp, std::uint64_t at) {
    return ulp > worst.ulp || (ulp == worst.ulp && at < position);
  }
  static void take(Worst &worst, std::uint64_t &position, const Worst &other, std::uint64_t at) {
    if (!precedes(worst, position, other.ulp, at)) return;
    worst = other;
    position = at;
  }

  /// Whether a block with this largest error, none of them subnormal, leaves `normal` as it is.
  bool has_seen(double ulp) const { return normal_position != ~std::uint64_t{0} && ulp <= result.normal.ulp; }

  // The counts and maxima of both; for what has a position, the earlier one on a tie.
  void merge(const Tally &other) {
    add_counts(result, other.result);
    take(result.normal, normal_position, other.result.normal, other.normal_position);
    take(result.subnormal, subnormal_position, other.result.subnormal, other.subnormal_position);
    if (other.zero_position < zero_position) {
      zero_position = other.zero_position;
      result.wrong_zero_input = other.result.wrong_zero_input;
    }
  }

  static void add_counts(SweepResult &total, const SweepResult &other) {
    total.points += other.points;
    total.subnormal_results += other.subnormal_results;
    total.flushed += other.flushed;
    total.flushed_ulp = std::max(total.flushed_ulp, other.flushed_ulp);
    total.relaxed = std::max(total.relaxed, other.relaxed);
    total.not_nearest += other.not_nearest;
    total.wrong_zero_signs += other.wrong_zero_signs;
  }
};

bool zero_sign_matches(const Reference &reference, std::span<const double> inputs, double computed) {
  const auto negative = reference.negative_zero(inputs);
  return !negative || *negative == std::signbit(computed);
}

// One thread's work: its own copy of the inputs, its own tally of each kernel.
class Worker {
 public:
  Worker(const Measurement &measurement, std::uint64_t points)
      : measurement_(measurement),
        points_(points),
        has_brackets_(measurement.dtype != DType::f64),
        inputs_(measurement.inputs),
        y_(measurement.kernels.size()),
        tallies_(measurement.kernels.size()) {}

  void measure(const PointSet &points, std::uint64_t first, std::size_t count) {
    x_.resize(count);
    points.fill(first, x_);
    for (std::size_t k = 0; k < y_.size(); ++k) {
      y_[k].resize(count);
      measurement_.kernels[k](x_, y_[k]);
    }
    model_runs();
    for (std::size_t i = 0; i < count; i += block) measure_block(first + i, i, std::min(block, count - i));
  }

  const std::vector<Tally> &tallies() const { return tallies_; }

 private:
  // A parabola for each block of f32 numbers next to each other, so near that it may serve.
  void model_runs() {
    constexpr double near = 0x1p-12;
    models_.assign((x_.size() + block - 1) / block, {});
    if (measurement_.dtype != DType::f32) return;
    std::vector<PointRun> runs;
    bool any = false;
    for (std::size_t i = 0; i < x_.size(); i += block) {
      const std::span points(x_.data() + i, std::min(block, x_.size() - i));
      const auto [least, most] = std::ranges::minmax(points);
      const bool numbers = std::ranges::none_of(points, [](double x) { return std::isnan(x); });
      const bool serves = numbers && most - least <= near * std::fabs(most);
      runs.push_back(serves ? PointRun{least, most} : PointRun{0, 0});
      any |= serves;
    }
    for (std::size_t i = 0; i < runs.size() && any; i += most_runs) {
      const std::size_t count = std::min(most_runs, runs.size() - i);
      measurement_.reference.model(inputs_, measurement_.varying, {&runs[i], count}, {&models_[i], count});
    }
  }

  // What is known of the exact results: for all points at once, or by a bracket for each.
  void set_exact(std::size_t begin, std::span<const double> x) {
    enclosures_ = {};
    narrowed_ = !has_brackets_ || !measurement_.other_form;
    if (const RunModel &model = models_[begin / block]; model.known) {
      exact_.set(model, x);
      if (exact_.decided()) return;
    }
    if (has_brackets_)
      measurement_.reference.bracket(inputs_, measurement_.varying, x, brackets_);
    else
      brackets_.fill({-INFINITY, INFINITY});
    if (measurement_.dtype == DType::f32) exact_.set({brackets_.data(), x.size()});
  }

  void measure_block(std::uint64_t position, std::size_t begin, std::size_t count) {
    const std::span x(x_.data() + begin, count);
    set_exact(begin, x);
    for (std::size_t k = 0; k < y_.size(); ++k) {
      const std::span y(y_[k].data() + begin, count);
      judge_at_once(position, x, y, tallies_[k]);
      if (!open_.empty()) judge_one_by_one(position, x, y, tallies_[k]);
    }
  }

  // The plain results; the others stay open.
  void judge_at_once(std::uint64_t first, std::span<const double> x, std::span<const double> y, Tally &tally) {
    open_.clear();
    if (measurement_.dtype != DType::f32) {
      for (std::size_t i = 0; i < x.size(); ++i) open_.push_back(i);
      return;
    }
    const ExactBlock::Summary summary = exact_.judge(x, y);
    for (std::size_t i = 0; i < x.size() && summary.plain < x.size(); ++i)
      if (!exact_.is_plain(i)) open_.push_back(i);
    for (std::size_t i = 0; i < x.size() && !tally.has_seen(summary.ulp); ++i)
      if (exact_.is_plain(i))
        note(tally.result.normal, tally.normal_position, exact_.judge(i, y[i]), x[i], y[i], first + i);
    tally.result.points += summary.plain;
    tally.result.not_nearest += summary.not_nearest;
    tally.result.relaxed = std::max(tally.result.relaxed, summary.relative);
    for (std::size_t i = 0; i < x.size() && !summary.signs_known; ++i)
      if (exact_.is_plain(i) && y[i] == 0 && is_sampled(first + i))
        record_zero(tally, x[i], y[i], exact_.bracket(i), first + i);
  }

  // What the brackets leave open is for the slower ways.
  void judge_one_by_one(std::uint64_t first, std::span<const double> x, std::span<const double> y, Tally &tally) {
    const auto judge = [&] {
      bool all = true;
      for (const std::size_t i : open_) {
        if (measurement_.dtype == DType::f32) brackets_[i] = exact_.bracket(i);
        judgements_[i] = Reference::judge(y[i], brackets_[i], measurement_.dtype);
        all = all && judgements_[i];
      }
      return all;
    };
    if (!judge() && !narrowed_) {
      narrow(first, x);
      judge();
    }
    for (const std::size_t i : open_) {
      inputs_[measurement_.varying] = x[i];
      const std::uint64_t position = first + i;
      record(tally, x[i], y[i], judgements_[i] ? *judgements_[i] : judge_slowly(y[i], i, position), brackets_[i],
             position);
    }
  }

  // By the other form.
  void narrow(std::uint64_t first, std::span<const double> x) {
    narrowed_ = true;
    measurement_.other_form->bracket(inputs_, measurement_.varying, x, others_);
    const bool f32 = measurement_.dtype == DType::f32;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (f32) brackets_[i] = exact_.bracket(i);
      if ((first + i) % some_of_brackets != 0) brackets_[i] = common(brackets_[i], others_[i], x[i]);
    }
    if (f32) exact_.set({brackets_.data(), x.size()});
  }

  // Point i of the block, which all kernels share.
  const Enclosure &enclosure(std::size_t i) {
    if (!enclosures_[i]) enclosures_[i] = measurement_.reference.evaluate_quickly(inputs_);
    return *enclosures_[i];
  }

  // At inputs_, point i of the block.
  Judgement judge_slowly(double y, std::size_t i, std::uint64_t position) {
    const DType dtype = measurement_.dtype;
    if (const auto quick = Reference::judge(y, enclosure(i), dtype)) return *quick;
    const Reference *other = measurement_.other_form;
    const auto decided = other ? Reference::judge(y, other->evaluate_quickly(inputs_), dtype) : std::nullopt;
    if (decided && position % some != 0) return *decided;
    const Judgement rigorous = measurement_.reference.judge(y, inputs_, dtype);
    internal_check(!decided || decided->nearest == rigorous.nearest || std::isnan(rigorous.nearest),
                   "at {:a} two forms of the function contradict each other", inputs_[measurement_.varying]);
    return rigorous;
  }

  // Where both are numbers the exact result lies in both.
  static Bracket common(const Bracket &a, const Bracket &b, double x) {
    if (std::isnan(a.low) || std::isnan(b.low)) return a;
    const Bracket both{std::max(a.low, b.low), std::min(a.high, b.high)};
    internal_check(both.low <= both.high, "at {:a} two forms of the function contradict each other", x);
    return both;
  }

  void record(Tally &tally, double x, double y, Judgement judgement, const Bracket &bracket, std::uint64_t position) {
    if (judgement.correctly_rounded) judgement.ulp = std::min(judgement.ulp, 0.5);  // it is an upper bound
    const double magnitude = std::fabs(judgement.nearest);
    const bool subnormal = magnitude > 0 && magnitude < float_format(measurement_.dtype).least_normal();
    SweepResult &result = tally.result;
    ++result.points;
    if (!judgement.correctly_rounded) ++result.not_nearest;
    const double size = std::max(1.0, std::isinf(magnitude) ? float_format(measurement_.dtype).largest() : magnitude);
    result.relaxed = std::max(result.relaxed, judgement.distance / size);
    if (subnormal) ++result.subnormal_results;
    if (subnormal && y == 0)
      ++result.flushed, result.flushed_ulp = std::max(result.flushed_ulp, judgement.ulp);
    else if (subnormal)
      note(result.subnormal, tally.subnormal_position, judgement, x, y, position);
    else
      note(result.normal, tally.normal_position, judgement, x, y, position);
    if (y == 0) record_zero(tally, x, y, bracket, position);
  }

  void record_zero(Tally &tally, double x, double y, const Bracket &bracket, std::uint64_t position) {
    inputs_[measurement_.varying] = x;
    if (!is_zero_right(x, y, bracket, position)) note_zero(tally, x, position);
  }

  // Where the result vanishes far below every number of its type, of a quarter of all inputs perhaps, the fast ways
  // don't show its sign: one in some is looked at.
  bool is_sampled(std::uint64_t position) const {
    constexpr std::uint64_t many = 1 << 20;
    return position % (points_ > many ? 509 : 13) == 0;
  }

  bool is_zero_right(double x, double y, const Bracket &bracket, std::uint64_t position) const {
    if (x != 0 && (std::signbit(y) ? bracket.high <= 0 : bracket.low >= 0)) return true;
    if (x != 0 && !is_sampled(position) && vanishes(bracket)) return true;
    return zero_sign_matches(measurement_.reference, inputs_, y);
  }

  bool vanishes(const Bracket &bracket) const {
    constexpr long double vanished_in_f64 = 0x1p-1200L;
    if (bracket.low > -vanished && bracket.high < vanished) return true;
    if (!std::ranges::all_of(inputs_, [](double input) { return std::isfinite(input); })) return false;
    const Enclosure quick = measurement_.reference.evaluate_quickly(inputs_);
    return std::fabs(quick.value) + quick.error < vanished_in_f64;
  }

  static void note(Worst &worst, std::uint64_t &worst_position, const Judgement &judgement, double x, double y,
                   std::uint64_t position) {
    if (Tally::precedes(worst, worst_position, judgement.ulp, position))
      Tally::take(worst, worst_position, {judgement.ulp, x, y, judgement.nearest, {}}, position);
  }

  static void note_zero(Tally &tally, double x, std::uint64_t position) {
    ++tally.result.wrong_zero_signs;
    if (position > tally.zero_position) return;
    tally.zero_position = position;
    tally.result.wrong_zero_input = x;
  }

  const Measurement &measurement_;
  const std::uint64_t points_;
  const bool has_brackets_;
  std::vector<double> inputs_;
  std::vector<double> x_;
  std::vector<std::vector<double>> y_;  // of each kernel
  std::vector<RunModel> models_;        // of each block
  std::array<Bracket, block> brackets_, others_;
  std::array<std::optional<Enclosure>, block> enclosures_;  // of the points where they were asked for
  bool narrowed_ = false;                                   // as far as they can be
  ExactBlock exact_;
  std::array<std::optional<Judgement>, block> judgements_;
  std::vector<std::size_t> open_;  // points of the block
  std::vector<Tally> tallies_;
};

// Hands out chunks to the threads and collects what they found.
class Run {
 public:
  Run(const Measurement &measurement, const PointSet &points, const SweepProgress &progress)
      : measurement_(measurement), points_(points), progress_(progress), totals_(measurement.kernels.size()) {}

  std::vector<SweepResult> all() {
    const unsigned wanted =
        measurement_.threads ? measurement_.threads : std::max(1u, std::thread::hardware_concurrency());
    const std::uint64_t chunks = (points_.size + chunk - 1) / chunk;
    const auto helpers = static_cast<unsigned>(std::min<std::uint64_t>(wanted, chunks));
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < helpers; ++i) threads.emplace_back([this] { work(); });
    work();
    threads.clear();
    if (failure_) std::rethrow_exception(failure_);
    std::vector<SweepResult> results;
    for (const Tally &total : totals_) results.push_back(total.result);
    return results;
  }

 private:
  void work() {
    Worker worker(measurement_, points_.size);
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
    for (std::size_t k = 0; k < totals_.size(); ++k) totals_[k].merge(worker.tallies()[k]);
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
  std::vector<Tally> totals_;
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

std::vector<SweepResult> sweep(const Measurement &measurement, const PointSet &points, const SweepProgress &progress) {
  internal_check(measurement.varying < measurement.inputs.size(), "the varying input is not among the {} inputs",
                 measurement.inputs.size());
  std::vector<SweepResult> results = Run(measurement, points, progress).all();
  for (SweepResult &result : results)
    for (Worst *worst : {&result.normal, &result.subnormal})
      if (worst->ulp > 0) worst->exact = exact_digits(measurement, worst->input);
  return results;
}

void merge(SweepResult &total, const SweepResult &later) {
  const bool first = total.points == 0;
  Tally::add_counts(total, later);
  if (first || later.normal.ulp > total.normal.ulp) total.normal = later.normal;
  if (first || later.subnormal.ulp > total.subnormal.ulp) total.subnormal = later.subnormal;
  if (!total.wrong_zero_input) total.wrong_zero_input = later.wrong_zero_input;
}

std::vector<SpecialResult> tabulate(const Measurement &measurement, std::size_t kernel,
                                    std::span<const double> points) {
  std::vector<double> computed(points.size());
  measurement.kernels[kernel](points, computed);
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
