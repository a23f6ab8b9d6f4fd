// Programs written by hand, compiled in process, and what they have to give.
#pragma once

#include "approximation/program.h"
#include "codegen/target.h"
#include "schedules/schedule.h"

#include <actinide/kernel.h>

#include <algorithm>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

namespace actinide {
/// How a failing test shows its parameters.
inline void PrintTo(const Target &target, std::ostream *out) {
  *out << target.name;
}
inline void PrintTo(Code code, std::ostream *out) {
  *out << info(code).name;
}
inline void PrintTo(Type type, std::ostream *out) {
  *out << to_string(type);
}
}  // namespace actinide

namespace actinide::test {

/// Of a tensor of the type.
DType dtype_of(Type type);

/// A Program under construction: one instruction at a time, nothing folded, nothing shared but equal instructions.
class Draft {
 public:
  ValueId tensor(Type type);  ///< the next input
  ValueId parameter();        ///< the next parameter
  ValueId literal(Type type, std::uint64_t bits);
  ValueId number(Type type, double value);  ///< the float literal nearest to `value`
  ValueId make(Code code, Type type, std::vector<ValueId> operands, std::uint64_t bits = 0);
  void output(ValueId value);
  const Program &program() const { return program_; }

 private:
  Program program_;
};

/// The same program for a target without fma: f32 through f64, f64 as product and sum.
Program without_fma(const Program &program);

/// A kernel in memory, from the bytes of its object.
struct Kernel {
  actinide_kernel_function function;
  Program meaning;  ///< what interpret() has to say about it

  void run(const std::vector<void *> &buffers, std::int64_t n, const std::vector<double> &parameters = {}) const;
};
Kernel compile(const Program &program, const Target &target, Schedule schedule = {});

/// Elements of one type as bytes; read and written as double (exact).
class Values {
 public:
  Values(DType dtype, std::size_t count) : dtype_(dtype), bytes_(count * size_of(dtype)) {}
  void *data() { return bytes_.data(); }
  std::size_t count() const { return bytes_.size() / size_of(dtype_); }
  double get(std::size_t i) const;
  void set(std::size_t i, double value);
  bool operator==(const Values &) const = default;

 private:
  DType dtype_;
  std::vector<char> bytes_;
};

/// Zeros, units, subnormals, limits, infinities and NaN of the type.
std::vector<double> special_values(DType dtype);

/// `count` numbers: the special values first, then random bits of all exponents; deterministic in `seed`.
Values some_values(DType dtype, std::size_t count, std::uint64_t seed);

/// Equal to the bit, or both NaN: which NaN an operation gives is the processor's business.
bool same(double a, double b);

/// The targets of CPUs, and of CUDA.
std::vector<Target> cpu_targets();
std::vector<Target> cuda_targets();

/// The targets that this machine runs.
std::vector<Target> targets_here();

/// Runs the kernel over `inputs` and compares every element of every output with interpret().
void expect_as_interpreted(const Kernel &kernel, std::vector<Values> &inputs,
                           const std::vector<double> &parameters = {});

}  // namespace actinide::test
