// Where a value can lie: closed intervals of the extended reals, rounded outward. NaN is never part of one.
#pragma once

namespace actinide {

struct Interval {
  double low;
  double high;

  static Interval all();
  static Interval point(double value) { return {value, value}; }
  /// The point, widened by a few units in its last place: for rounded values.
  static Interval around(double value);

  bool contains(double value) const { return low <= value && value <= high; }
  bool within(double least, double greatest) const { return least <= low && high <= greatest; }
  double magnitude() const;        ///< the largest absolute value
  double least_magnitude() const;  ///< the smallest one
};

Interval unite(Interval a, Interval b);
Interval intersect(Interval a, Interval b);

Interval operator-(Interval a);
Interval operator+(Interval a, Interval b);
Interval operator-(Interval a, Interval b);
Interval operator*(Interval a, Interval b);
Interval operator/(Interval a, Interval b);
Interval absolute(Interval a);

/// The image under an increasing function, computed by the platform's library: widened by its error.
template <typename Function>
Interval image_of_increasing(Interval a, Function function) {
  return {Interval::around(function(a.low)).low, Interval::around(function(a.high)).high};
}

}  // namespace actinide
