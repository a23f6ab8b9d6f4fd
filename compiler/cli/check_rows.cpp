#include "cli/check_rows.h"

#include "accuracy/row_reference.h"
#include "activations.h"
#include "cli/number.h"
#include "error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <random>
#include <thread>

namespace actinide::cli {
namespace {

struct Kind {
  const char *name;
  double centre, deviation;
  bool dominated;  ///< one element is far above the others
};
constexpr Kind kKinds[] = {{"N(0,0.001)", 0, 0.001, false}, {"N(0,1)", 0, 1, false},
                           {"N(0,5)", 0, 5, false},         {"N(0,30)", 0, 30, false},
                           {"N(1000,5)", 1000, 5, false},   {"N(0,1), one at 12", 0, 1, true}};

/// A tensor as its kernel sees it, and as numbers.
class Tensor {
 public:
  Tensor(DType dtype, std::size_t count) : dtype_(dtype), bytes_(count * size_of(dtype)), values_(count) {}

  void set(std::size_t i, double value) {
    set_element(bytes_.data(), dtype_, i, value);
    values_[i] = get_element(bytes_.data(), dtype_, i);
  }
  void reread() {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = get_element(bytes_.data(), dtype_, i);
  }
  void *data() { return bytes_.data(); }
  const std::vector<double> &values() const { return values_; }

 private:
  DType dtype_;
  std::vector<std::byte> bytes_;
  std::vector<double> values_;
};

/// As the reference calls it.
std::string reference_name(const KernelRequest &request) {
  const bool leading_zero = std::ranges::any_of(
      request.bound, [](const auto &bound) { return bound.first == "leading_zero" && bound.second != 0; });
  return std::string(request.row->name) + (leading_zero ? "(leading_zero=1)" : "");
}

class RowMeasurement {
 public:
  RowMeasurement(const KernelRequest &request, const Kernel &kernel, const RowOptions &options)
      : request_(request), kernel_(kernel), options_(options), name_(reference_name(request)) {
    total_.kernel = kernel.info().name;
    total_.tier = std::string(to_string(request.tier));
    total_.input = kernel.info().inputs.back();
    total_.output = kernel.info().outputs.at(0);
    total_.dtype = request.dtype;
    total_.bound = bound_of(request);
    const std::uint64_t each = options.points / options.columns.size();
    for (const std::size_t columns : options.columns)
      for (std::uint64_t row = 0; row < std::max<std::uint64_t>(each / columns, std::size(kKinds)); ++row)
        rows_.push_back({columns, row});
  }

  RowErrors all() {
    const unsigned threads = options_.threads ? options_.threads : std::max(1U, std::thread::hardware_concurrency());
    {
      std::vector<std::jthread> helpers;
      for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
      work();
    }
    if (failure_) std::rethrow_exception(failure_);
    return total_;
  }

 private:
  struct Row {
    std::size_t columns;
    std::uint64_t number;  ///< among those of as many columns
    const Kind &kind() const { return kKinds[number % std::size(kKinds)]; }
  };

  void work() {
    try {
      for (std::size_t at = next_++; at < rows_.size(); at = next_++) measure(at);
    } catch (...) {
      next_ = rows_.size();
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  bool whole() const { return request_.row->row == RowFunction::logsumexp; }

  void measure(std::size_t position) {
    const Row &row = rows_[position];
    std::mt19937_64 generator(options_.seed * 0x9e3779b97f4a7c15U + position);
    std::normal_distribution<double> normal;
    Tensor x(request_.dtype, row.columns);
    for (std::size_t i = 0; i < row.columns; ++i)
      x.set(i, row.kind().centre + row.kind().deviation * normal(generator));
    if (row.kind().dominated) x.set(generator() % row.columns, 12);
    Tensor dy(request_.dtype, whole() ? 1 : row.columns);
    for (std::size_t i = 0; i < dy.values().size(); ++i) dy.set(i, normal(generator));
    Tensor result(request_.dtype, whole() && request_.pass == Pass::forward ? 1 : row.columns);
    std::vector<double> ulps;
    switch (request_.pass) {
      case Pass::forward:
        run({x.data(), result.data()}, row, result);
        ulps = RowReference(name_, x.values(), request_.dtype).forward_ulps(result.values());
        break;
      case Pass::backward:
        run({dy.data(), x.data(), result.data()}, row, result);
        ulps = RowReference(name_, x.values(), request_.dtype).backward_ulps(result.values(), dy.values());
        break;
      default:  // from the output: what the row would have as one
        fill_with_output(x, request_.row->row == RowFunction::log_softmax);
        run({dy.data(), x.data(), result.data()}, row, result);
        ulps = from_output_ulps(name_, result.values(), dy.values(), x.values(), request_.dtype);
    }
    record(position, x.values(), result.values(), ulps);
  }

  static void fill_with_output(Tensor &x, bool logarithm) {
    double largest = -INFINITY, sum = 0;
    for (const double value : x.values()) largest = std::max(largest, value);
    for (const double value : x.values()) sum += std::exp(value - largest);
    for (std::size_t i = 0; i < x.values().size(); ++i) {
      const double above = x.values()[i] - largest;
      x.set(i, logarithm ? above - std::log(sum) : std::exp(above) / sum);
    }
  }

  void run(std::vector<void *> buffers, const Row &row, Tensor &result) const {
    const int status = kernel_.run(buffers.data(), actinide::rows(1, row.columns));
    internal_check(status == ACTINIDE_OK, "{}: {}", kernel_.info().name, actinide_status_string(status));
    result.reread();
  }

  // Of errors that are equally large the first counts, whichever thread comes first.
  void record(std::size_t position, const std::vector<double> &x, const std::vector<double> &computed,
              const std::vector<double> &ulps) {
    const auto worst = std::ranges::max_element(ulps);
    const auto element = static_cast<std::size_t>(worst - ulps.begin());
    const std::lock_guard lock(mutex_);
    ++total_.rows;
    total_.results += ulps.size();
    total_.not_nearest += static_cast<std::uint64_t>(std::ranges::count_if(ulps, [](double ulp) { return ulp > 0.5; }));
    if (*worst < total_.ulp || (*worst == total_.ulp && position >= worst_)) return;
    worst_ = position;
    total_.ulp = *worst;
    total_.kind = rows_[position].kind().name;
    total_.columns = rows_[position].columns;
    total_.element = element;
    total_.worst_input = x[element];
    total_.worst_computed = computed[element];
  }

  const KernelRequest &request_;
  const Kernel &kernel_;
  const RowOptions &options_;
  const std::string name_;
  std::vector<Row> rows_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  RowErrors total_;
  std::size_t worst_ = std::numeric_limits<std::size_t>::max();  ///< the row with the largest error
  std::exception_ptr failure_;
};

}  // namespace

void print_text(const RowErrors &errors) {
  const auto number = [&](double value) { return number_text(value, errors.dtype); };
  fmt::print("{}, {}: {}, {} results of {} rows\n", errors.kernel, errors.tier, errors.output, errors.results,
             errors.rows);
  fmt::print("  error       {:.4f} ULP at most{} in a row {} of {} columns: element {}, {}, computed {}\n", errors.ulp,
             errors.bound ? fmt::format(" (bound: {})", *errors.bound) : "", errors.kind, errors.columns,
             errors.element, number(errors.worst_input), number(errors.worst_computed));
  fmt::print("  nearest     {:.3f} % are off by half an ULP at most; {} are not\n\n",
             100 - 100 * static_cast<double>(errors.not_nearest) / static_cast<double>(errors.results),
             errors.not_nearest);
}

nlohmann::ordered_json to_json(const RowErrors &errors) {
  const auto number = [&](double value) { return number_text(value, errors.dtype); };
  nlohmann::ordered_json json = {{"kernel", errors.kernel},
                                 {"tier", errors.tier},
                                 {"by", "actinide"},
                                 {"digest", errors.digest},
                                 {"output", errors.output},
                                 {"input", errors.input},
                                 {"rows", errors.rows},
                                 {"points", errors.results},
                                 {"ulp", errors.ulp},
                                 {"bound", nullptr},
                                 {"kept", errors.kept()},
                                 {"worst_row", errors.kind},
                                 {"worst_columns", errors.columns},
                                 {"worst_element", errors.element},
                                 {"worst_input", number(errors.worst_input)},
                                 {"worst_computed", number(errors.worst_computed)},
                                 {"not_nearest", errors.not_nearest}};
  if (errors.bound) json["bound"] = *errors.bound;
  return json;
}

RowErrors measure_rows(const KernelRequest &request, const Kernel &kernel, const RowOptions &options) {
  return RowMeasurement(request, kernel, options).all();
}

}  // namespace actinide::cli
