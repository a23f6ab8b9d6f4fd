// The stores of one statement of Halide's, which are emitted window by window, and what they load.
#pragma once

#include <Halide.h>

#include <map>
#include <string>
#include <vector>

namespace actinide {

/// The stores of one statement. They have its lets inlined, so that every window evaluates them anew.
struct Group {
  std::vector<Halide::Internal::Stmt> stores;
  int lanes = 0;
  Halide::Expr predicate;  ///< of all its stores and loads
};

/// The variables of scalar lets around a statement, and what they stand for.
using Lets = std::map<std::string, Halide::Expr>;

/// True for lets around and blocks of stores: what a window runs as one.
bool only_stores(const Halide::Internal::Stmt &stmt);

/// The stores of such a statement.
Group group_of(const Halide::Internal::Stmt &stmt, const Lets &lets);

/// The number of leading lanes in which `predicate` holds. It has the form of a rest: ramp(a, 1) <= broadcast(b).
Halide::Expr prefix_length(const Halide::Expr &predicate);

/// Each once.
std::vector<Halide::Expr> loads_of(const Group &group);

/// Of the places where the group stores, in the order of its stores; none if it doesn't load from each.
std::vector<Halide::Expr> loads_of_stored(const Group &group);

}  // namespace actinide
