#include "codegen/groups.h"

#include "codegen/expressions.h"
#include "error.h"

#include <algorithm>

namespace actinide {
namespace {

namespace ir = Halide::Internal;
using Halide::Expr;

/// Halide compares some integers as wide as the elements are. Those of 16 bits come by casts and saturating operations:
/// these change nothing, for sizes don't overflow and the numbers of lanes are small.
Expr without_saturation(const Expr &number) {
  if (const auto *cast = number.as<ir::Cast>()) return cast->value;
  const auto *call = number.as<ir::Call>();
  if (!call) return number;
  if (call->is_intrinsic(ir::Call::saturating_cast)) return without_saturation(call->args[0]);
  return call->is_intrinsic(ir::Call::saturating_sub) ? call->args[0] - call->args[1] : number;
}

/// The same with what the lets stand for.
Expr written_out(Expr expr, const Lets &lets) {
  for (Expr before; !before.defined() || !ir::equal(before, expr);) {
    before = expr;
    expr = ir::substitute(lets, expr);
  }
  return ir::simplify(expr);
}

/// Both hold in the same lanes. Halide may have named a part of the one and not of the other.
bool same_lanes(const Expr &a, const Expr &b, const Lets &lets) {
  if (ir::equal(a, b)) return true;
  if (ir::is_const_one(a) || ir::is_const_one(b)) return false;
  return ir::can_prove(written_out(prefix_length(a), lets) == written_out(prefix_length(b), lets));
}

/// Fails on a load that isn't under the predicate of its store.
class CheckLoads : public ir::IRVisitor {
 public:
  CheckLoads(const Expr &predicate, const Lets &lets) : predicate_(predicate), lets_(lets) {}
  void visit(const ir::Load *load) override {
    if (load->type.is_scalar() && ir::is_const_one(load->predicate)) return;
    internal_check(same_lanes(load->predicate, predicate_, lets_), "codegen: a load of {} under a predicate of its own",
                   load->name);
  }

 private:
  using ir::IRVisitor::visit;
  const Expr &predicate_;
  const Lets &lets_;
};

void add_stores(const ir::Stmt &stmt, const Lets &lets, Group &group) {
  if (const auto *let = stmt.as<ir::LetStmt>()) {
    add_stores(ir::substitute(let->name, let->value, let->body), lets, group);
  } else if (const auto *block = stmt.as<ir::Block>()) {
    add_stores(block->first, lets, group);
    add_stores(block->rest, lets, group);
  } else {
    const auto *store = stmt.as<ir::Store>();
    const int lanes = store->index.type().lanes();
    const bool first = group.stores.empty();
    internal_check(first || group.lanes == lanes, "codegen: stores of {} and {} lanes in one statement", group.lanes,
                   lanes);
    internal_check(first || same_lanes(group.predicate, store->predicate, lets),
                   "codegen: stores under different predicates in one statement");
    group.lanes = lanes;
    group.predicate = store->predicate;
    group.stores.push_back(stmt);
    CheckLoads check(group.predicate, lets);
    store->value.accept(&check);
  }
}

}  // namespace

bool only_stores(const ir::Stmt &stmt) {
  if (const auto *let = stmt.as<ir::LetStmt>()) return only_stores(let->body);
  if (const auto *block = stmt.as<ir::Block>()) return only_stores(block->first) && only_stores(block->rest);
  return stmt.as<ir::Store>() != nullptr;
}

Group group_of(const ir::Stmt &stmt, const Lets &lets) {
  Group group;
  add_stores(stmt, lets, group);
  return group;
}

Expr prefix_length(const Expr &predicate) {
  if (const auto *let = predicate.as<ir::Let>()) return prefix_length(ir::substitute(let->name, let->value, let->body));
  const auto *less = predicate.as<ir::LT>();
  const auto *less_equal = predicate.as<ir::LE>();
  if (!less && !less_equal) unknown_node("predicate", predicate);
  const Expr lanes = without_saturation(less ? less->a : less_equal->a);
  const auto *ramp = lanes.as<ir::Ramp>();
  const auto *bound = (less ? less->b : less_equal->b).as<ir::Broadcast>();
  if (!ramp || !bound || !ir::is_const_one(ramp->stride)) unknown_node("predicate", predicate);
  return without_saturation(bound->value) - ramp->base + (less ? 0 : 1);
}

std::vector<Expr> loads_of(const Group &group) {
  struct Collect : ir::IRVisitor {
    std::vector<Expr> loads;
    void visit(const ir::Load *load) override {
      const Expr expr(load);
      if (std::ranges::none_of(loads, [&](const Expr &known) { return ir::equal(known, expr); })) loads.push_back(expr);
    }
    using ir::IRVisitor::visit;
  } collect;
  for (const ir::Stmt &store : group.stores) store.accept(&collect);
  return collect.loads;
}

std::vector<Expr> loads_of_stored(const Group &group) {
  const std::vector<Expr> all = loads_of(group);
  std::vector<Expr> loads;
  for (const ir::Stmt &stmt : group.stores) {
    const auto *store = stmt.as<ir::Store>();
    const auto same_place = [&](const Expr &load) {
      return load.as<ir::Load>()->name == store->name && ir::equal(load.as<ir::Load>()->index, store->index);
    };
    const auto found = std::ranges::find_if(all, same_place);
    if (found == all.end()) return {};
    loads.push_back(*found);
  }
  return loads;
}

}  // namespace actinide
