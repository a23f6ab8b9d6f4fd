#include "lowering/body.h"

#include "error.h"
#include "lowering/calls.h"
#include "lowering/loops.h"
#include "schedules/apply.h"

#include <algorithm>
#include <map>

namespace actinide {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::Var;
using Point = std::map<Axis, Expr>;

/// Loads and stores of 16-bit floats would be arithmetic types to Halide; it needn't know more than their size.
Halide::Type halide_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return Halide::Float(32);
    case DType::f64:
      return Halide::Float(64);
    case DType::f16:
    case DType::bf16:
      return Halide::UInt(16);
  }
  throw InternalError("halide_type: no such dtype");
}

/// Of the innermost dimension: neighbours, or a number that Halide doesn't know. One that it knew would make it load
/// all that lies between, and shuffle.
Expr stride_of(const KernelBuffer &buffer) {
  return buffer.members == 1 ? Expr(1) : Expr();
}

/// Programs in the order of their numbers: each step's own, then its merge if it has one.
std::size_t number_of(const NumericKernel &kernel, std::size_t step) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < step; ++i) number += kernel.steps[i].kind == Step::Kind::reduce ? 2 : 1;
  return number;
}

void define(Func function, const std::vector<Expr> &at, const std::vector<Expr> &values) {
  if (values.size() == 1) {
    function(at) = values[0];
  } else {
    function(at) = Halide::Tuple(values);
  }
}

Expr word_of(const Func &function, const std::vector<Expr> &at, std::size_t word) {
  return function.outputs() == 1 ? Expr(function(at)) : Expr(function(at)[static_cast<int>(word)]);
}

std::vector<Expr> initial_values(const Step &step) {
  std::vector<Expr> values;
  for (std::size_t word = 0; word < step.initial.size(); ++word)
    values.push_back(Halide::Internal::make_const(halide_type(step.program.outputs[word].dtype), step.initial[word]));
  return values;
}

/// `first`, then the rest.
std::vector<Expr> with_first(const Expr &first, std::vector<Expr> rest) {
  rest.insert(rest.begin(), first);
  return rest;
}

/// Only the vector length that the schedule names comes from the target, so that any x86-64 serves to lower for all.
/// Large buffers: an index is 64 bits where rows and columns are multiplied.
const Halide::Target &halide_target(ShapeClass shape) {
  static const std::string features = "x86-64-linux-no_asserts-no_bounds_query-no_runtime-strict_float";
  static const Halide::Target dense(features), shaped(features + "-large_buffers");
  return shape == ShapeClass::element ? dense : shaped;
}

class BodyLowering {
 public:
  BodyLowering(const NumericKernel &kernel, const std::vector<Axis> &axes, const Schedule &schedule, int native_lanes)
      : kernel_(kernel), axes_(axes), schedule_(schedule), native_lanes_(native_lanes) {
    for (const View &view : kernel.inputs) add_tensor(view);
  }

  LoweredBody run();

 private:
  /// The words of a state, after its last element, as a Func over the axes that are kept.
  struct State {
    Func result;
    std::size_t word;
  };
  /// Schedules a Func that an output needs, to be computed there.
  using Producer = std::function<void(const Halide::LoopLevel &where)>;

  std::vector<Axis> axes_along(Along along) const;
  void add_tensor(const View &view);
  std::vector<Expr> coordinates(const std::vector<Axis> &axes, const Point &point) const;
  Point point() const;
  Expr extent(Axis axis) const;
  Expr read(const std::string &name, const Point &at) const;
  std::vector<Expr> call(std::size_t number, const Program &program, const std::vector<Expr> &arguments,
                         bool folds = false) const;
  std::vector<Expr> arguments_of(const Program &program, const Point &at, const Step *reduction, Func state,
                                 const std::vector<Expr> &kept) const;

  void add_map(std::size_t index);
  void add_derivation(std::size_t index);
  Halide::LoopLevel schedule_map(Func function, const std::vector<Axis> &axes) const;
  Var walked(Func function, const Var &var) const;
  Teams teams_of(const std::vector<Axis> &axes) const;
  void vectorize_states(Halide::Stage stage, const Halide::VarOrRVar &i, int most = reduction_lanes) const;
  void add_part(Func output, const std::vector<Axis> &axes);
  void add_reduction(std::size_t index);
  void add_gathering(std::size_t index);
  /// A state in lanes, and what schedules the loops over it.
  struct Lanes {
    Func state;
    std::function<void()> vectorize;
  };
  Lanes gather_lanes(std::size_t index, const std::vector<Axis> &kept);
  Func reduce_lanes(std::size_t index, const std::vector<Axis> &kept);
  Func reduce_across(std::size_t index, const std::vector<Axis> &kept);
  Func merge_lanes(std::size_t index, Func from, const std::vector<Expr> &piece);

  const NumericKernel &kernel_;
  const std::vector<Axis> axes_;
  const Schedule &schedule_;
  const int native_lanes_;
  std::map<Axis, Var> vars_{{Axis::inner, Var("i")}, {Axis::channels, Var("c")}, {Axis::outer, Var("o")}};
  std::vector<Halide::ImageParam> tensors_;
  std::vector<HalideBuffer> buffers_;  ///< of the tensors, then of the part's outputs
  std::map<std::string, State> states_;
  std::vector<Producer> producers_;  ///< of the states since the last output: the next one uses them
  std::vector<LoweredPart> parts_;
};

/// The axes of the space that a result along `along` has, in their order.
std::vector<Axis> BodyLowering::axes_along(Along along) const {
  switch (along) {
    case Along::element:
      return axes_;
    case Along::channel:
      return {Axis::channels};
    case Along::row:
      return {Axis::outer};
    case Along::nothing:
      return {};
  }
  throw InternalError("lower: no such way along");
}

/// A row's distance to the next is the caller's; all else is dense. The extent of the axis before is the distance of
/// channels.
void BodyLowering::add_tensor(const View &view) {
  const KernelBuffer &buffer = kernel_.buffers.at(view.buffer);
  const std::vector<Axis> axes = axes_along(buffer.along);
  tensors_.emplace_back(halide_type(buffer.dtype), static_cast<int>(axes.size()), view.name);
  for (std::size_t d = 0; d < axes.size(); ++d) tensors_.back().dim(static_cast<int>(d)).set_min(0);
  if (!axes.empty()) tensors_.back().dim(0).set_stride(stride_of(buffer));
  buffers_.push_back({view.name, view, axes});
}

Point BodyLowering::point() const {
  Point at;
  for (const auto &[axis, var] : vars_) at[axis] = var;
  return at;
}

std::vector<Expr> BodyLowering::coordinates(const std::vector<Axis> &axes, const Point &point) const {
  std::vector<Expr> list;
  for (Axis axis : axes) list.push_back(point.at(axis));
  return list;
}

/// As the first tensor that has a value for each element says; they all say the same.
Expr BodyLowering::extent(Axis axis) const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const std::vector<Axis> &axes = buffers_[i].axes;
    if (axes.size() != axes_.size()) continue;
    const auto at = std::ranges::find(axes, axis);
    internal_check(at != axes.end(), "lower: a tensor lacks an axis of its space");
    return tensors_[i].dim(static_cast<int>(at - axes.begin())).extent();
  }
  throw InternalError("lower: no tensor has a value for each element");
}

/// The value of a view or of a state.
Expr BodyLowering::read(const std::string &name, const Point &at) const {
  const auto tensor = std::ranges::find(kernel_.inputs, name, &View::name);
  if (tensor != kernel_.inputs.end()) {
    const auto index = static_cast<std::size_t>(tensor - kernel_.inputs.begin());
    return tensors_[index](coordinates(buffers_[index].axes, at));
  }
  const auto state = states_.find(name);
  internal_check(state != states_.end(), "lower: no step before has made {}", name);
  const State &known = state->second;
  std::vector<Expr> where;
  for (const Var &var : known.result.args())
    for (const auto &[axis, own] : vars_)
      if (own.name() == var.name()) where.push_back(at.at(axis));
  return word_of(known.result, where, known.word);
}

/// All outputs of a program as calls.
std::vector<Expr> BodyLowering::call(std::size_t number, const Program &program, const std::vector<Expr> &arguments,
                                     bool folds) const {
  std::vector<Expr> results;
  for (const Output &output : program.outputs)
    results.push_back(Halide::Internal::Call::make(halide_type(output.dtype), to_name({number, results.size(), folds}),
                                                   arguments, Halide::Internal::Call::PureExtern));
  return results;
}

/// The inputs of a step's program for the element `at`; words of the state that is being reduced from `state` at
/// `kept`.
std::vector<Expr> BodyLowering::arguments_of(const Program &program, const Point &at, const Step *reduction, Func state,
                                             const std::vector<Expr> &kept) const {
  std::vector<Expr> arguments;
  for (const Tensor &input : program.inputs) {
    const auto word = reduction ? std::ranges::find(program.outputs, input.name, &Output::name) : program.outputs.end();
    arguments.push_back(word == program.outputs.end()
                            ? read(input.name, at)
                            : word_of(state, kept, static_cast<std::size_t>(word - program.outputs.begin())));
  }
  return arguments;
}

/// One Func for all outputs of the step: they are computed in one loop and share their work.
void BodyLowering::add_map(std::size_t index) {
  const Step &step = kernel_.steps[index];
  std::string name;
  for (const Output &output : step.program.outputs) name += (name.empty() ? "" : "_") + output.name;
  Func function(name);
  const std::vector<Axis> axes = axes_along(step.along);
  define(function, coordinates(axes, point()),
         call(number_of(kernel_, index), step.program, arguments_of(step.program, point(), nullptr, function, {})));
  for (std::size_t k = 0; k < step.program.outputs.size(); ++k) {
    const std::string &output = step.program.outputs[k].name;
    const auto view = std::ranges::find(kernel_.outputs, output, &View::name);
    internal_check(view != kernel_.outputs.end(), "lower: {} is no output of the kernel", output);
    Halide::OutputImageParam buffer = function.output_buffers()[k];
    for (std::size_t d = 0; k == 0 && d < axes.size(); ++d)
      buffer.dim(static_cast<int>(d)).set_min(0);  // others follow
    if (!axes.empty()) buffer.dim(0).set_stride(stride_of(kernel_.buffers.at(view->buffer)));
    buffers_.push_back({output, *view, axes});
  }
  const Halide::LoopLevel where = schedule_map(function, axes);
  for (const Producer &produce : producers_) produce(where);
  add_part(function, axes);
  producers_.clear();
}

void BodyLowering::add_part(Func output, const std::vector<Axis> &axes) {
  LoweredPart part{lower_loops(output, tensors_, halide_target(kernel_.shape)), buffers_, teams_of(axes),
                   axes.size() == axes_.size()};
  for (std::size_t i = 0; i < buffers_.size(); ++i)
    part.buffers[i].name =
        i < tensors_.size() ? tensors_[i].name() : output.output_buffers()[i - tensors_.size()].name();
  parts_.push_back(std::move(part));
  buffers_.resize(tensors_.size());
}

/// Along an axis of states. A thread of CUDA takes one lane.
void BodyLowering::vectorize_states(Halide::Stage stage, const Halide::VarOrRVar &i, int most) const {
  if (!schedule_.is_cuda()) return vectorize(schedule_, native_lanes_, stage, i, most);
  if (most > 1) stage.vectorize(i, most, Halide::TailStrategy::GuardWithIf);
}

/// Schedules an output and says where what it needs is computed: for one row or channel, or for a piece of the channels
/// where vectors run across them.
Halide::LoopLevel BodyLowering::schedule_map(Func function, const std::vector<Axis> &axes) const {
  if (axes.empty()) return Halide::LoopLevel::root();
  const Var innermost = vars_.at(axes[0]);
  const bool vectors = axes[0] == axes_[0];
  if (vectors && axes.size() == 1 && !producers_.empty()) {
    const Var piece("piece"), lane("lane");
    function.split(innermost, piece, lane, reduction_lanes, Halide::TailStrategy::GuardWithIf);
    vectorize_states(function, lane);
    return {function, walked(function, piece)};
  }
  if (vectors) vectorize(schedule_, native_lanes_, function, innermost);
  Var outermost = innermost;
  for (std::size_t d = vectors ? 1 : 0; d < axes.size(); ++d) outermost = walked(function, vars_.at(axes[d]));
  return {function, outermost};
}

/// The loop over `var`, which teams share on CUDA: there the name says so, and the loop is all that there is. Halide
/// would put the rest of fewer lanes behind it, where every team would compute it.
Var BodyLowering::walked(Func function, const Var &var) const {
  if (!schedule_.is_cuda()) return var;
  const Var shared(std::string(team_loop) + var.name());
  function.rename(var, shared).partition(shared, Halide::Partition::Never);
  return shared;
}

/// Of an output with these axes, for whose states the producers are.
Teams BodyLowering::teams_of(const std::vector<Axis> &axes) const {
  if (producers_.empty()) return Teams::elements;
  if (axes.empty()) return Teams::one;
  if (axes.back() == Axis::outer) return Teams::rows;
  return axes_[0] == Axis::channels ? Teams::channel_pieces : Teams::channels;
}

/// A Func at the same place as the states that it reads.
void BodyLowering::add_derivation(std::size_t index) {
  const Step &step = kernel_.steps[index];
  const std::vector<Expr> at = coordinates(axes_along(step.along), point());
  Func derived("derived");
  define(derived, at,
         call(number_of(kernel_, index), step.program, arguments_of(step.program, point(), nullptr, derived, {})));
  producers_.push_back([derived](const Halide::LoopLevel &where) mutable { derived.compute_at(where); });
  for (std::size_t word = 0; word < step.program.outputs.size(); ++word)
    states_.insert_or_assign(step.program.outputs[word].name, State{derived, word});
}

void BodyLowering::add_reduction(std::size_t index) {
  const Step &step = kernel_.steps[index];
  const std::vector<Axis> kept = axes_along(step.along);
  const bool across = !kept.empty() && kept[0] == axes_[0];
  const Func result = across ? reduce_across(index, kept) : reduce_lanes(index, kept);
  for (std::size_t word = 0; word < step.program.outputs.size(); ++word)
    states_.insert_or_assign(step.program.outputs[word].name, State{result, word});
}

/// Vectors run across the results: each lane reduces what is its own, one element after the other.
Func BodyLowering::reduce_across(std::size_t index, const std::vector<Axis> &kept) {
  const Step &step = kernel_.steps[index];
  const std::vector<Expr> at = coordinates(kept, point());
  Func state("state");
  define(state, at, initial_values(step));
  const Halide::RDom outer(0, extent(Axis::outer));
  Point element = point();
  element[Axis::outer] = outer;
  define(state, at,
         call(number_of(kernel_, index), step.program, arguments_of(step.program, element, &step, state, at)));
  const Var across = vars_.at(kept[0]);
  const Halide::RVar loop = outer.x;
  producers_.push_back([this, state, across, loop](const Halide::LoopLevel &where) mutable {
    state.compute_at(where).bound_storage(across, reduction_lanes);
    vectorize_states(state, across);
    state.update(0).reorder(across, loop);
    vectorize_states(state.update(0), across);
  });
  return state;
}

Func BodyLowering::reduce_lanes(std::size_t index, const std::vector<Axis> &kept) {
  Lanes lanes = gather_lanes(index, kept);
  producers_.push_back([lanes](const Halide::LoopLevel &where) mutable {
    lanes.state.compute_at(where);
    lanes.vectorize();
  });
  return merge_lanes(index, lanes.state, coordinates(kept, point()));
}

/// A state in lanes is all that the kernel gives.
void BodyLowering::add_gathering(std::size_t index) {
  const auto [state, vectorize] = gather_lanes(index, {});
  vectorize();
  for (std::size_t word = 0; word < state.output_buffers().size(); ++word) {
    Halide::OutputImageParam buffer = state.output_buffers()[word];
    if (word == 0) buffer.dim(0).set_bounds(0, reduction_lanes);  // others follow
    buffer.dim(0).set_stride(1);
    buffers_.push_back({buffer.name(), {}, {}, true});
  }
  add_part(state, {});
}

/// Vectors run along what is reduced: element k goes to lane k mod 32; first all whole groups of 32, then the rest.
BodyLowering::Lanes BodyLowering::gather_lanes(std::size_t index, const std::vector<Axis> &kept) {
  const Step &step = kernel_.steps[index];
  const bool over_rows = std::ranges::count(axes_, Axis::outer) > std::ranges::count(kept, Axis::outer);
  const std::vector<Expr> piece = coordinates(kept, point());
  const Var lane("lane");
  Func state("state");
  define(state, with_first(lane, piece), initial_values(step));

  const Expr length = extent(axes_[0]), groups = length / reduction_lanes;
  Halide::Region all = {{0, groups}}, rest = {{0, length % reduction_lanes}};
  for (Halide::Region *region : {&all, &rest})
    if (over_rows) region->emplace_back(0, extent(Axis::outer));
  const Halide::RDom group(all), last(rest);
  const auto update = [&](const Expr &which, const Expr &along, const Halide::RDom &domain) {
    Point element = point();
    element[axes_[0]] = along;
    if (over_rows) element[Axis::outer] = domain.y;
    const std::vector<Expr> at = with_first(which, piece);
    define(state, at,
           call(number_of(kernel_, index), step.program, arguments_of(step.program, element, &step, state, at)));
  };
  update(lane, group.x * reduction_lanes + lane, group);
  update(last.x, groups * reduction_lanes + last.x, last);
  const Halide::RVar group_loop = group.x, last_lane = last.x;
  return {state, [this, state, lane, group_loop, last_lane]() mutable {
            vectorize_states(state, lane);
            state.update(0).reorder(lane, group_loop);
            vectorize_states(state.update(0), lane);
            vectorize_states(state.update(1), last_lane);
          }};
}

/// Down to one, see ElementCall::folds.
Func BodyLowering::merge_lanes(std::size_t index, Func from, const std::vector<Expr> &piece) {
  const Step &step = kernel_.steps[index];
  std::vector<Expr> ends;
  for (const int lane : {0, reduction_lanes - 1})
    for (std::size_t word = 0; word < step.program.outputs.size(); ++word)
      ends.push_back(word_of(from, with_first(lane, piece), word));
  Func result("result");
  define(result, piece, call(number_of(kernel_, index) + 1, step.merge, ends, true));
  producers_.push_back([result](const Halide::LoopLevel &where) mutable { result.compute_at(where); });
  return result;
}

LoweredBody BodyLowering::run() {
  for (std::size_t index = 0; index < kernel_.steps.size(); ++index) {
    switch (kernel_.steps[index].kind) {
      case Step::Kind::map:
        add_map(index);
        break;
      case Step::Kind::reduce:
        kernel_.outputs.empty() ? add_gathering(index) : add_reduction(index);
        break;
      case Step::Kind::derive:
        add_derivation(index);
        break;
    }
  }
  return {.parts = std::move(parts_), .inner_is_one = axes_[0] == Axis::channels};
}

}  // namespace

LoweredBody lower_body(const NumericKernel &kernel, const std::vector<Axis> &axes, const Schedule &schedule,
                       int native_lanes) {
  return BodyLowering(kernel, axes, schedule, native_lanes).run();
}

std::vector<Program> programs_of(const NumericKernel &kernel) {
  std::vector<Program> programs;
  for (const Step &step : kernel.steps) {
    programs.push_back(step.program);
    if (step.kind == Step::Kind::reduce) programs.push_back(step.merge);
  }
  return programs;
}

}  // namespace actinide
