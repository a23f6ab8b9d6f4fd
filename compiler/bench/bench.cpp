#include "bench/bench.h"

#include "bench/contenders.h"
#include "bench/judge.h"
#include "bench/peers.h"
#include "bench/workload.h"
#include "error.h"

#include <algorithm>
#include <cmath>

namespace actinide::bench {
namespace {

std::optional<speed::Contender> contender_of(const OpenPeer &peer, const Workload &workload, std::size_t size) {
  return peer_contender(peer, workload.request(), workload.extents(size), workload.buffers().data());
}

// Everything at one size, in turns.
SizeResult measure_size(const Workload &workload, std::span<const OpenPeer> peers, std::size_t size,
                        const speed::Effort &effort) {
  const Extents extents = workload.extents(size);
  const KernelInfo &info = workload.kernel().info();
  std::vector<speed::Contender> contenders = {kernel_contender(workload.kernel(), workload.buffers(), extents)};
  std::ranges::move(copy_contenders(info, workload.buffers(), extents), std::back_inserter(contenders));
  for (const OpenPeer &peer : peers) {
    const auto contender = contender_of(peer, workload, size);
    internal_check(contender.has_value(), "{} has {}, but not of {} elements", peer.name, info.name, size);
    contenders.push_back(*contender);
  }
  std::vector<speed::Timing> timings = speed::take_turns(contenders, effort);
  SizeResult result{size, bytes_of(info, extents), std::move(timings[0]), std::move(timings[1]), std::move(timings[2]),
                    {}};
  result.peers.assign(std::make_move_iterator(timings.begin() + 3), std::make_move_iterator(timings.end()));
  return result;
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
  const KernelRequest request =
      parse_kernel_request(text, options.pass, options.dtypes, options.tier, options.schedule);
  const std::string &target = compiler.target();
  std::vector<OpenPeer> peers = open_peers(options.peers.value_or(installed_peers(target)), target, options.threads);
  std::vector<std::size_t> sizes = options.sizes;
  // The elements whose error is measured; of the other shapes there is no reference.
  if (request.shape == ShapeClass::element) sizes.push_back(kJudged);
  const Workload workload(text, request, compiler, sizes, options.columns, options.distribution);
  const Threads threads(options.threads);

  std::erase_if(peers, [&](const OpenPeer &peer) { return !contender_of(peer, workload, sizes.front()); });
  BenchResult result{workload.kernel().info(), bound_of(request), {}, {}, {}};
  const Judge judge(workload);
  if (request.shape == ShapeClass::element)
    result.ulp =
        judge.worst_ulp(kernel_contender(workload.kernel(), workload.buffers(), workload.extents(kJudged)).run);
  for (const OpenPeer &peer : peers) {
    PeerResult &one = result.peers.emplace_back(PeerResult{peer.name, peer.peer->version, {}});
    if (request.shape == ShapeClass::element) one.ulp = judge.worst_ulp(contender_of(peer, workload, kJudged)->run);
  }
  speed::Effort effort = options.effort;
  effort.clock = options.threads == 1 ? speed::Clock::thread : speed::Clock::wall;
  for (const std::size_t size : options.sizes) result.sizes.push_back(measure_size(workload, peers, size, effort));
  return result;
}

}  // namespace actinide::bench
