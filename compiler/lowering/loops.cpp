#include "lowering/loops.h"

#include <map>
#include <string>

namespace actinide {
namespace {

namespace ir = Halide::Internal;
using ir::Stmt;

/// What is known of the shapes of buffers, by the names of the variables that stand for it.
class Shapes {
 public:
  /// `first`: an output of the same Func, whose origin is that of all of them.
  void add(const Halide::Parameter &buffer, const Halide::Parameter &first) {
    for (int d = 0; d < buffer.dimensions(); ++d) {
      add(buffer, "min", d, first.min_constraint(d));
      add(buffer, "extent", d, first.extent_constraint(d));
      add(buffer, "stride", d, buffer.stride_constraint(d));
      extents_.push(buffer.name() + ".extent." + std::to_string(d), {0, ir::Interval::pos_inf()});
    }
  }
  Stmt put_into(const Stmt &stmt) const { return ir::substitute(known_, stmt); }
  const ir::Scope<ir::Interval> &extents() const { return extents_; }

 private:
  void add(const Halide::Parameter &buffer, const std::string &field, int dimension, const Halide::Expr &value) {
    if (value.defined()) known_[buffer.name() + "." + field + "." + std::to_string(dimension)] = value;
  }

  std::map<std::string, Halide::Expr> known_;
  ir::Scope<ir::Interval> extents_;
};

/// The marks where Halide would put checks and conditions.
class DropMarks : public ir::IRMutator {
  using ir::IRMutator::visit;
  Stmt visit(const ir::Block *block) override {
    const auto is_mark = [](const Stmt &stmt) { return stmt.as<ir::Evaluate>() != nullptr; };
    return is_mark(block->first) ? mutate(block->rest) : ir::IRMutator::visit(block);
  }
};

}  // namespace

Stmt lower_loops(Halide::Func output, const std::vector<Halide::ImageParam> &tensors, const Halide::Target &target) {
  output.compute_root();
  const std::vector<ir::Function> outputs = {output.function()};
  std::map<std::string, ir::Function> functions = ir::build_environment(outputs);
  for (auto &[name, function] : functions) function.lock_loop_levels();
  const auto [order, groups] = ir::realization_order(outputs, functions);
  const ir::FuncValueBounds no_bounds;  // no index depends on a value

  bool memoized = false;
  Stmt stmt = ir::schedule_functions(outputs, groups, functions, target, memoized);
  stmt = ir::bounds_inference(stmt, outputs, order, groups, functions, no_bounds, target);
  stmt = ir::uniquify_variable_names(stmt);
  stmt = DropMarks().mutate(stmt);
  Shapes shapes;
  for (const Halide::ImageParam &tensor : tensors) shapes.add(tensor.parameter(), tensor.parameter());
  const std::vector<Halide::OutputImageParam> results = output.output_buffers();
  for (const Halide::OutputImageParam &result : results) shapes.add(result.parameter(), results[0].parameter());
  stmt = shapes.put_into(stmt);
  const auto simplify = [&] { stmt = ir::simplify(stmt, true, shapes.extents()); };
  stmt = ir::simplify(stmt, false, shapes.extents());
  stmt = ir::allocation_bounds_inference(stmt, functions, no_bounds);
  stmt = ir::lower_safe_promises(stmt);
  stmt = ir::split_tuples(stmt, functions);
  stmt = ir::simplify_correlated_differences(stmt);
  stmt = ir::bound_small_allocations(stmt);
  stmt = ir::storage_flattening(stmt, outputs, functions, target);
  stmt = shapes.put_into(stmt);
  simplify();
  stmt = ir::unify_duplicate_lets(stmt);
  stmt = ir::vectorize_loops(stmt, functions);
  simplify();
  stmt = ir::partition_loops(stmt);
  simplify();
  stmt = ir::trim_no_ops(stmt);
  stmt = ir::rebase_loops_to_zero(stmt);
  stmt = ir::hoist_loop_invariant_if_statements(stmt);
  stmt = ir::bound_small_allocations(stmt);
  stmt = ir::common_subexpression_elimination(stmt);
  stmt = ir::flatten_nested_ramps(stmt);
  simplify();
  stmt = ir::hoist_loop_invariant_values(stmt);
  stmt = ir::hoist_loop_invariant_if_statements(stmt);
  stmt = ir::find_intrinsics(stmt);
  return ir::strip_asserts(ir::unpack_buffers(stmt));
}

}  // namespace actinide
