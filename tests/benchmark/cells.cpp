// Element-wise kernels, each row and pass at each size with everyone who does it.
#include "actinide/jit.h"
#include "bench/contenders.h"
#include "bench/judge.h"
#include "bench/peers.h"
#include "error.h"
#include "tests/benchmark/sweep.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <tuple>

namespace actinide::speed {
namespace {

// Of a round, of each contender: long enough for hundreds of calls in the first-level cache. Tensors of kLarge are
// passed once.
constexpr double kRoundSeconds = 0.0015;
constexpr int kRepeats = 2;  // of what was disturbed, at most

// Tensors that all kernels of a dtype work on.
class Memory {
 public:
  explicit Memory(DType dtype) : tensors_(plans(dtype)) {}

  // Inputs, then outputs. What only multiplies, dy, is N(0,1) in any case.
  std::vector<void *> buffers(const KernelInfo &info, Pass pass, Distribution distribution) const {
    internal_check(info.inputs.size() <= kInputs && info.outputs.size() <= kOutputs, "{} has too many tensors",
                   info.name);
    const std::size_t first_argument = pass == Pass::backward ? 1 : 0;
    const std::size_t others = distribution == Distribution::wide ? kWide : kAll;
    std::vector<void *> list;
    for (std::size_t i = 0; i < info.inputs.size(); ++i)
      list.push_back(
          tensors_
              .buffers()[distribution == Distribution::normal || i < first_argument ? i : others + i - first_argument]);
    for (std::size_t i = 0; i < info.outputs.size(); ++i) list.push_back(tensors_.buffers()[kInputs + i]);
    return list;
  }

 private:
  static constexpr std::size_t kInputs = 3, kOutputs = 2, kArguments = 2;
  static constexpr std::size_t kWide = kInputs + kOutputs, kAll = kWide + kArguments;

  static std::vector<TensorPlan> plans(DType dtype) {
    std::vector<TensorPlan> list(kInputs, {dtype, kLarge, Distribution::normal});
    list.resize(kWide, {dtype, kLarge, Distribution::zero});
    list.resize(kAll, {dtype, kSmall, Distribution::wide});
    list.resize(kAll + kArguments, {dtype, kSmall, Distribution::all});
    return list;
  }

  Tensors tensors_;
};

struct Way {
  Variant variant;
  Distribution input = Distribution::normal;
};

// Ours, at so many elements: f32 `standard` comes first.
std::vector<Way> ways_at(std::size_t n, bool goals_alone) {
  std::vector<Way> ways = {{kStandard}, {kBrain}, {kHalf}};
  if (n == kSmall || !goals_alone) ways.push_back({kFaithful});
  if (n == kSmall)
    ways.insert(ways.end(), {{kRelaxed}, {kExact}, {kStandard, Distribution::wide}, {kStandard, Distribution::all}});
  if (!goals_alone) ways.push_back({kDouble});
  return ways;
}

class Cells {
 public:
  Cells(const SweepOptions &options, const Progress &progress)
      : options_(options),
        progress_(progress),
        compiler_({.target = options.target}),
        peers_(bench::open_peers(bench::installed_peers(options.target), options.target, 1)),
        f32_(DType::f32),
        bf16_(DType::bf16),
        f16_(DType::f16) {
    if (!options.goals_alone) f64_.emplace(DType::f64);
  }

  std::vector<Cell> measure() {
    std::vector<Cell> cells;
    for (const std::size_t n : kSizes) {
      if (options_.goals_alone && n != kSmall && n != kLarge) continue;
      for (const Pass pass : kPasses)
        for (const Activation *row : options_.rows) {
          const Cell &cell = cells.emplace_back(measured(std::string(row->name), pass, n));
          progress_(fmt::format("{} {} {} x {}: {:.3f} ns/element, {:.2f} x copy", options_.target, cell.activation,
                                to_string(pass), n, cell.nanoseconds(name_of(kStandard)),
                                cell.ratio_to_copy(kStandard)));
        }
    }
    repeat_disturbed(cells);
    for (Cell &cell : cells)
      if (cell.n == kSmall) judge(cell);
    return cells;
  }

 private:
  const Memory &memory(DType dtype) const {
    switch (dtype) {
      case DType::f32:
        return f32_;
      case DType::bf16:
        return bf16_;
      case DType::f16:
        return f16_;
      case DType::f64:
        return *f64_;
    }
    throw InternalError("no such dtype");
  }

  Cell measured(const std::string &activation, Pass pass, std::size_t n) const {
    Cell cell{.activation = activation, .pass = pass, .n = n, .elements = n};
    const Extents extents{1, 1, n};
    std::vector<Contender> contenders, copies;
    std::map<DType, std::vector<void *>> buffers_of;  // outlive the peers' work
    for (const auto &[variant, input] : ways_at(n, options_.goals_alone)) {
      const Kernel kernel = compiler_.kernel(activation, pass, variant.dtype, {.tier = variant.tier});
      const std::vector<void *> buffers = memory(variant.dtype).buffers(kernel.info(), pass, input);
      contenders.push_back({name_of(variant, input), bench::kernel_contender(kernel, buffers, extents).run});
      buffers_of.emplace(variant.dtype, buffers);
      const std::string copy = copy_name(size_of(variant.dtype)), streaming = streaming_name(size_of(variant.dtype));
      if (std::ranges::find(copies, copy, &Contender::name) != copies.end()) continue;
      const std::vector<Contender> both = bench::copy_contenders(kernel.info(), buffers, extents);
      copies.insert(copies.end(), {{copy, both[0].run}, {streaming, both[1].run}});
      if (variant != kStandard) continue;
      cell.inputs = kernel.info().inputs.size();
      cell.outputs = kernel.info().outputs.size();
    }
    std::ranges::move(copies, std::back_inserter(contenders));
    for (const auto &[dtype, buffers] : buffers_of) {
      if (dtype != DType::f32 && (n != kSmall || !is_16_bit(dtype))) continue;
      const KernelRequest request = parse_kernel_request(activation, pass, dtype, Tier::standard);
      for (const bench::OpenPeer &peer : peers_) {
        if (dtype != DType::f32 && peer.name != kTorch) continue;
        auto contender = bench::peer_contender(peer, request, extents, buffers.data());
        if (contender && dtype != DType::f32) contender->name = torch_name(dtype);
        if (contender) contenders.push_back(std::move(*contender));
      }
    }
    cell.timings = take_turns(contenders, effort_at(n));
    return cell;
  }

  Effort effort_at(std::size_t n) const {
    const int rounds = n == kSmall ? options_.rounds : few_rounds(options_.rounds);
    return {.seconds = n == kLarge ? 0.001 : kRoundSeconds * rounds, .rounds = rounds};
  }

  // Marks the cells whose copy is off the median of their group.
  static std::vector<Cell *> find_disturbed(std::vector<Cell> &cells) {
    std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<Cell *>> groups;
    for (Cell &cell : cells) groups[{cell.n, cell.inputs, cell.outputs}].push_back(&cell);
    const std::string control = copy_name(size_of(DType::f32));
    std::vector<Cell *> disturbed;
    for (const auto &[key, group] : groups) {
      std::vector<double> times;
      for (const Cell *cell : group) times.push_back(cell->nanoseconds(control));
      const double middle = median(times);
      for (Cell *cell : group) {
        cell->disturbed = std::abs(cell->nanoseconds(control) / middle - 1) > kControlTolerance;
        if (cell->disturbed) disturbed.push_back(cell);
      }
    }
    return disturbed;
  }

  void repeat_disturbed(std::vector<Cell> &cells) const {
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
      const std::vector<Cell *> disturbed = find_disturbed(cells);
      if (disturbed.empty()) return;
      progress_(fmt::format("{} of {} controls are off: measuring those again", disturbed.size(), cells.size()));
      for (Cell *cell : disturbed) {
        if (std::chrono::steady_clock::now() > options_.deadline) break;
        *cell = measured(cell->activation, cell->pass, cell->n);
      }
    }
    find_disturbed(cells);
  }

  // The errors of f32 in all tiers, and of the peers.
  void judge(Cell &cell) const {
    for (const Tier tier : tiers_of(DType::f32)) {
      const KernelRequest request = parse_kernel_request(cell.activation, cell.pass, DType::f32, tier);
      const bench::Workload workload(cell.activation, request, compiler_, {bench::kJudged}, 1, Distribution::normal);
      const bench::Judge judge(workload);
      const Extents extents = workload.extents(bench::kJudged);
      const auto note = [&](const std::string &name, const Contender &contender) {
        if (const std::optional<double> ulp = judge.worst_ulp(contender.run)) cell.ulp[name] = *ulp;
      };
      note(name_of({DType::f32, tier}), bench::kernel_contender(workload.kernel(), workload.buffers(), extents));
      for (const bench::OpenPeer &peer : peers_)
        if (tier == Tier::standard && cell.has(peer.name))
          note(peer.name, *bench::peer_contender(peer, request, extents, workload.buffers().data()));
    }
  }

  const SweepOptions &options_;
  const Progress &progress_;
  const Compiler compiler_;
  const std::vector<bench::OpenPeer> peers_;
  const Memory f32_, bf16_, f16_;
  std::optional<const Memory> f64_;
};

}  // namespace

std::vector<Cell> measure_cells(const SweepOptions &options, const Progress &progress) {
  return Cells(options, progress).measure();
}

}  // namespace actinide::speed
