#include "bench/bench.h"

#include "bench/contenders.h"
#include "bench/judge.h"
#include "bench/workload.h"
#include "error.h"

#include <algorithm>
#include <cmath>

namespace actinide::bench {
namespace {

// Everything at one size, in turns.
SizeResult measure_size(const Workload &workload, std::size_t size, const BenchOptions &options) {
  const Extents extents = workload.extents(size);
  const KernelInfo &info = workload.kernel().info();
  std::vector<speed::Contender> contenders = {kernel_contender(workload.kernel(), workload.buffers(), extents)};
  std::ranges::move(copy_contenders(info, workload.buffers(), extents), std::back_inserter(contenders));
  std::vector<speed::Timing> timings = speed::take_turns(contenders, options.effort);
  return {size, bytes_of(info, extents), std::move(timings[0]), std::move(timings[1]), std::move(timings[2])};
}

// The runtime's number of threads while this lives.
class Threads {
 public:
  explicit Threads(unsigned threads) : before_(actinide_threads()) {
    const int status = actinide_set_threads(threads);
    if (status != ACTINIDE_OK) user_error("{} threads: {}", threads, actinide_status_string(status));
  }
  ~Threads() { actinide_set_threads(before_); }
  Threads(const Threads &) = delete;
  Threads &operator=(const Threads &) = delete;

 private:
  unsigned before_;
};

}  // namespace

double SizeResult::ratio_to_copy() const {
  return speed::paired_ratio(kernel, copy.median() < streaming.median() ? copy : streaming);
}

bool SizeResult::steady() const {
  const double middle = copy.median();
  return copy.upper_quartile() / middle - 1 <= kSteady && 1 - copy.lower_quartile() / middle <= kSteady;
}

BenchResult measure(const std::string &text, const Compiler &compiler, const BenchOptions &options) {
  const KernelRequest request = parse_kernel_request(text, options.pass, options.dtypes, options.tier);
  std::vector<std::size_t> sizes = options.sizes;
  // The elements whose error is measured; of the other shapes there is no reference.
  if (request.shape == ShapeClass::element) sizes.push_back(kJudged);
  const Workload workload(text, request, compiler, sizes, options.columns, options.distribution);
  const Threads threads(options.threads);

  BenchResult result{workload.kernel().info(), bound_of(request), {}, {}};
  if (request.shape == ShapeClass::element)
    result.ulp = Judge(workload).worst_ulp(
        kernel_contender(workload.kernel(), workload.buffers(), workload.extents(kJudged)).run);
  for (const std::size_t size : options.sizes) result.sizes.push_back(measure_size(workload, size, options));
  return result;
}

}  // namespace actinide::bench
