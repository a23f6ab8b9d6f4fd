// Random expressions for property tests.
#pragma once

#include "expression/expression.h"

#include <random>
#include <string>
#include <vector>

namespace actinide {

/// The variables of random_expression.
const std::vector<std::string> &random_variables();

/// A constant of one of the kinds that are written differently: integers, decimals, fractions, huge and tiny numbers.
Rational random_rational(std::mt19937_64 &random);

/// A DAG with shared parts, made of every operation of the language.
Expr random_expression(std::mt19937_64 &random, int steps);

}  // namespace actinide
