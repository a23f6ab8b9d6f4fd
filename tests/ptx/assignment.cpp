#include "tests/ptx/assignment.h"

#include "tests/ptx/error.h"

#include <algorithm>
#include <map>
#include <set>

namespace actinide::ptx {
namespace {

/// For each register whether every path so far has written it.
using Written = std::vector<bool>;

class AssignmentCheck {
 public:
  explicit AssignmentCheck(const Kernel &kernel) : kernel_(kernel) {}

  void run() {
    for (const Step &step : kernel_.steps) {
      if (step.kind == Kind::branch) targets_.insert(step.target);
    }
    reach(0, Written(kernel_.registers));
    while (!pending_.empty()) {
      const std::size_t first = *pending_.begin();
      pending_.erase(pending_.begin());
      follow(first, written_at_.at(first));
    }
  }

 private:
  /// A path leads to the step; what it has written counts as far as all other paths have, too.
  void reach(std::size_t step, const Written &written) {
    const auto [known, first_time] = written_at_.emplace(step, written);
    bool changed = first_time;
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (!known->second[i] || written[i]) continue;
      known->second[i] = false;
      changed = true;
    }
    if (changed) pending_.insert(step);
  }

  /// From a step where paths meet to the next such steps.
  void follow(std::size_t at, Written written) {
    for (bool first = true;; first = false, ++at) {
      const Step &step = kernel_.steps[at];
      if (!first && targets_.contains(at)) return reach(at, written);
      pass(step, written);
      if (step.kind == Kind::ret) return;
      if (step.kind == Kind::branch) {
        reach(step.target, written);
        const bool always = step.slot >= kernel_.first_constant();
        if (!always) reach(at + 1, written);
        return;
      }
    }
  }

  void pass(const Step &step, Written &written) const {
    const auto read = [&](std::uint32_t slot) {
      if (slot < kernel_.registers && !written[slot])
        fail("{}: a register may be read before it is written", location(kernel_.lines, step.line));
    };
    const bool stores = step.kind == Kind::store, loads = step.kind == Kind::load;
    if (stores || loads || step.kind == Kind::branch) read(step.slot);
    const std::size_t results = stores ? 0 : loads ? step.count : std::min<std::size_t>(1, step.count);
    for (std::size_t i = results; i < step.count; ++i) read(step.operands[i]);
    for (std::size_t i = 0; i < results; ++i) written[step.operands[i]] = true;
  }

  const Kernel &kernel_;
  std::set<std::size_t> targets_, pending_;
  std::map<std::size_t, Written> written_at_;
};

}  // namespace

void check_assignment(const Kernel &kernel) {
  AssignmentCheck(kernel).run();
}

}  // namespace actinide::ptx
