#include "expression/reference_taylor.h"

#include "error.h"
#include "expression/reference_batch_ends.h"
#include "expression/reference_jets.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace actinide::reference {
namespace {

Jet operation(const Batch &batch, std::size_t node_index, std::span<const Jet> jets, const Jet &varying,
              std::span<const double> inputs, std::size_t varying_index, std::size_t most) {
  const TapeNode &node = batch.tape().nodes[node_index];
  const Jet &a = jets[node.operands[0]], &b = jets[node.operands[1]];
  switch (node.op) {
    case Op::constant:
    case Op::pi:
    case Op::euler:
      return constant_jet(batch.constant(node_index));
    case Op::variable:
      return node.variable == varying_index ? varying : constant_jet(fixed_input(inputs[node.variable]));
    case Op::add:
      return add(a, b);
    case Op::sub:
      return add(a, negative(b));
    case Op::mul:
      return multiply(a, b, most);
    case Op::div:
      return multiply(a, reciprocal(b, most), most);
    case Op::neg:
      return negative(a);
    case Op::pow:
      return power(a, b, node.rational, most);
    case Op::less:
      return constant_jet(is_less(a.of[0], b.of[0]));
    case Op::less_equal:
      return constant_jet(is_less_equal(a.of[0], b.of[0]));
    case Op::equal:
      return constant_jet(is_equal(a.of[0], b.of[0]));
    case Op::not_equal:
      return constant_jet(logical_not(is_equal(a.of[0], b.of[0])));
    case Op::select:
      return choose(a, b, jets[node.operands[2]]);
    case Op::max:
      return choose(constant_jet(is_less_equal(b.of[0], a.of[0])), a, b);
    case Op::min:
      return choose(constant_jet(is_less_equal(a.of[0], b.of[0])), a, b);
    case Op::abs:
      return choose(constant_jet(is_less_equal(everywhere(0, 0), a.of[0])), a, negative(a));
    case Op::sign:
      return constant_jet(where_point(sign(a.of[0])));
    case Op::step:
      return constant_jet(where_point(larger(sign(a.of[0]), everywhere(0, 0))));
    case Op::root_sum:
      return function(Op::sqrt, add(multiply(a, a, most), b), most);
    default:
      return function(node.op, a, most);
  }
}

Jet run_tape(const Batch &batch, std::span<const double> inputs, std::size_t varying_index, const Jet &varying,
             std::size_t most) {
  static thread_local std::vector<Jet> jets;
  const std::size_t nodes = batch.tape().nodes.size();
  if (jets.size() < nodes) jets.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) jets[i] = operation(batch, i, jets, varying, inputs, varying_index, most);
  return jets[nodes - 1];
}

Jet varying_jet(Band place) {
  Jet jet;
  jet.order = 1;
  jet.of[0] = std::move(place);
  jet.of[1] = everywhere(1, 1);
  return jet;
}

// The middle of an interval, and what it leaves to either side.
struct Middle {
  double value, width;
};
Middle middle(const Band &band, std::size_t i) {
  const double value = band.low[i] / 2 + band.high[i] / 2;
  return {value, above(greater(band.high[i] - value, value - band.low[i]))};
}

bool is_known(const Jet &jet, std::size_t i) {
  bool known = true;
  for (std::size_t k = 0; k <= jet.order; ++k) known &= jet.of[k].known[i] == Known::interval;
  return known;
}

RunModel model_of(const PointRun &run, const Jet &at_centre, const Jet &everywhere_in, std::size_t i) {
  RunModel model;
  model.centre = run.first / 2 + run.last / 2;
  const Band &range = everywhere_in.of[0];
  if (range.known[i] == Known::undefined) return {.known = true, .low = NAN, .high = NAN};
  model.known = is_known(at_centre, i) && is_known(everywhere_in, i);
  if (!model.known) return model;
  model.low = range.low[i];
  model.high = range.high[i];
  for (std::size_t k = 0; k <= at_centre.order && k < 3; ++k) {
    const Middle coefficient = middle(at_centre.of[k], i);
    model.coefficients[k] = coefficient.value;
    model.widths[k] = coefficient.width;
  }
  if (everywhere_in.order == 3) model.widths[3] = greater(everywhere_in.of[3].high[i], -everywhere_in.of[3].low[i]);
  return model;
}

// Finite, of one sign, none of it 0: what the coefficients are good for.
bool serves(const PointRun &run) {
  return std::isfinite(run.first) && std::isfinite(run.last) && run.first * run.last > 0;
}

}  // namespace

void model_runs(const Batch &batch, std::span<const double> inputs, std::size_t varying, std::span<const PointRun> runs,
                std::span<RunModel> models) {
  internal_check(runs.size() <= batch_points, "{} runs at once", runs.size());
  Band centres = everywhere(1, 1), ranges = centres;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!serves(runs[i])) continue;
    centres.low[i] = centres.high[i] = runs[i].first / 2 + runs[i].last / 2;
    ranges.low[i] = std::min(runs[i].first, runs[i].last);
    ranges.high[i] = std::max(runs[i].first, runs[i].last);
  }
  const Jet at_centres = run_tape(batch, inputs, varying, varying_jet(centres), 2);
  const Jet in_ranges = run_tape(batch, inputs, varying, varying_jet(ranges), 3);
  for (std::size_t i = 0; i < runs.size(); ++i)
    models[i] = serves(runs[i]) ? model_of(runs[i], at_centres, in_ranges, i) : RunModel();
}

}  // namespace actinide::reference
