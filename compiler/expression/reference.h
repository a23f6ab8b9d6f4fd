// The reference: what an expression is worth, in arbitrary precision (MPFR). It judges every kernel and shares no code
// with the approximations.
//
// Two ways, one meaning. `Reference::evaluate` uses MPFR and raises the precision until the result is decided.
// `evaluate_quickly` uses the platform's long double library with a running bound of its own error; where the bound is
// too wide it says so and the caller falls back to MPFR. Sweeps of millions of points need the second.
#pragma once

#include "expression/expression.h"
#include "vocabulary.h"

#include <mpfr.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace actinide {

/// A value with a bound: |exact - value| <= error. `error` infinite or NaN: undecided.
struct Enclosure {
  long double value;
  long double error;
};

/// low <= exact <= high; both NaN where f is undefined, infinite where nothing is known.
struct Bracket {
  double low;
  double high;
};

/// From the first to the last of points that are next to each other.
struct PointRun {
  double first;
  double last;
};

/// f on a run: |f(centre + d) - (c_0 + c_1 d + c_2 d^2)| <= w_0 + w_1 |d| + w_2 d^2 + w_3 |d|^3, and low <= f <= high,
/// which are NaN where f is undefined all over.
struct RunModel {
  bool known = false;
  double centre = 0;
  double low = 0, high = 0;
  std::array<double, 3> coefficients = {};
  std::array<double, 4> widths = {};
};

/// What the reference thinks of a computed result.
struct Judgement {
  double ulp;              ///< see Reference::ulp_error
  bool correctly_rounded;  ///< the signs of zeros count as equal
  double nearest;          ///< the exact result rounded to nearest
  double distance;         ///< |computed - exact|, an upper bound as `ulp` is
};

/// Safe to use from several threads at once.
class Reference {
 public:
  /// `expression` over `variables`, in this order.
  Reference(const Expr &expression, std::vector<std::string> variables);
  ~Reference();
  Reference(Reference &&) noexcept;
  Reference &operator=(Reference &&) noexcept;

  /// Writes the exact result, correctly rounded to the precision of `result` (which must be initialised), at the given
  /// exact inputs. NaN inputs give NaN. At an infinite input the result is the limit (along with the other
  /// inputs fixed), or NaN where there is none. The sign of a zero result is that of the limit from the side of the
  /// input: an input -0 gives f(-0) = -0 where f is odd there (x -> 0- approaches 0 from below); otherwise +0.
  void evaluate(mpfr_t result, std::span<const double> inputs) const;

  /// Whether |exact - centre| <= tolerance: decided as soon as an enclosure tells, so that a tiny difference of terms
  /// that cancel costs no more digits than the question needs.
  bool within(std::span<const double> inputs, long double centre, long double tolerance) const;

  /// Fast enclosure in long double; undecided where an input isn't finite.
  Enclosure evaluate_quickly(std::span<const double> inputs) const;

  /// The fastest: brackets in f64, narrow enough for most results of f32 and 16 bits, at `inputs` but for the varying
  /// one, which is each of x.
  void bracket(std::span<const double> inputs, std::size_t varying, std::span<const double> x,
               std::span<Bracket> results) const;

  /// For inputs by billions: what holds for all points of each run, where f is smooth. At most 128 runs.
  void model(std::span<const double> inputs, std::size_t varying, std::span<const PointRun> runs,
             std::span<RunModel> models) const;

  /// The exact result rounded to nearest in `dtype`, as a double.
  double rounded(std::span<const double> inputs, DType dtype) const;

  /// The sign bit that a zero must have where a kernel returns one: that of the exact result where it isn't zero (it
  /// underflows, or it tends to 0 at an infinity), else that of f on the side of an input that is a signed zero.
  /// Nothing where neither tells: an exact zero away from zero inputs, or all around several inputs (0 * x).
  std::optional<bool> negative_zero(std::span<const double> inputs) const;

  /// The derivative by `variable` at the inputs, by central differences in high precision: it knows nothing of symbolic
  /// differentiation. At a kink it is the mean of both sides. The step is 2^-128 min(|x|, 1/|x|) (2^-256 at 0), so the
  /// truncation error is about 2^-256 relative; what rounding adds is bounded rigorously below the precision of
  /// `result`. A derivative below 2^-1300 is given as 0. At an infinite input: its limit.
  void differentiate(mpfr_t result, std::size_t variable, std::span<const double> inputs) const;

  /// |computed - exact| in units of the spacing of `dtype` at the exact value (subnormal spacing where it is
  /// subnormal). 0 if both are the same infinity or both NaN; infinite if one is NaN or infinite and the other isn't,
  /// except that a result beyond the largest finite number by less than half a spacing may be infinite.
  double ulp_error(double computed, std::span<const double> inputs, DType dtype) const {
    return judge(computed, inputs, dtype).ulp;
  }

  /// Where the fast way serves, `ulp` is an upper bound that is too large by at most 0.002 (f32) or 1/32 (f64);
  /// `exactly` asks for MPFR, which leaves less than 2^-19.
  Judgement judge(double computed, std::span<const double> inputs, DType dtype, bool exactly = false) const;

  /// By what is known of the exact result; nothing if that is too little to decide.
  static std::optional<Judgement> judge(double computed, const Bracket &exact, DType dtype);
  static std::optional<Judgement> judge(double computed, const Enclosure &exact, DType dtype);

  /// Like ulp_error, against `differentiate`.
  double derivative_ulp_error(double computed, std::size_t variable, std::span<const double> inputs, DType dtype) const;
  /// The same of several results, such as those of different kernels, at the same inputs.
  std::vector<double> derivative_ulp_errors(std::span<const double> computed, std::size_t variable,
                                            std::span<const double> inputs, DType dtype) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace actinide
