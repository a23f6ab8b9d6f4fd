// One row for each instruction, named with all its modifiers, so that none is ever ignored. The chapter "Instructions"
// of the PTX ISA says what each does; the comments name its sections.
#include "tests/ptx/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace actinide::ptx {
namespace {

/// `Function`: a lambda's type, made anew for each call; its parameters and result are those of the instruction.
template <typename Function, typename Result, typename... Operands, std::size_t... Indices>
void compute(std::uint64_t *slots, const std::uint32_t *operands, Result (Function::*)(Operands...) const,
             std::index_sequence<Indices...>) {
  slots[operands[0]] = to_slot<Result>(Function()(from_slot<Operands>(slots[operands[Indices + 1]])...));
}

template <typename Function, typename Result, typename... Operands>
Operation operation(std::string name, Result (Function::*)(Operands...) const) {
  return {std::move(name), {type_of<Result>(), type_of<Operands>()...}, [](auto *slots, const auto *operands) {
            compute(slots, operands, &Function::operator(), std::index_sequence_for<Operands...>());
          }};
}

class Table {
 public:
  Table();
  const Operation *find(std::string_view name) const {
    const auto found = operations_.find(name);
    return found == operations_.end() ? nullptr : &found->second;
  }

 private:
  /// The instruction `name`; `function` is what it does.
  template <typename Function>
  void add(const std::string &name, Function) {
    operations_.emplace(name, operation(name, &Function::operator()));
  }
  /// The instruction `name`.T
  template <typename T, typename Function>
  void add_typed(std::string_view name, Function function) {
    add(fmt::format("{}.{}", name, to_string(type_of<T>())), function);
  }

  template <typename Float>
  void add_floats();
  template <typename Float>
  void add_float_comparisons();
  template <typename Signed>
  void add_integers();
  void add_divisions();
  template <typename Integer>
  void add_integer_comparisons();
  template <typename Unsigned>
  void add_bits();
  template <typename Unsigned, typename Signed>
  void add_shifts();
  template <typename T>
  void add_move();
  template <typename T>
  void add_select();
  void add_predicates();
  void add_conversions();

  std::map<std::string, Operation, std::less<>> operations_;
};

template <typename Float>
Float number(Float value) {
  return std::isnan(value) ? canonical_nan<Float>() : value;
}

/// A NaN gives way to a number; -0 is less than +0.
template <typename Float>
Float minimum(Float a, Float b) {
  if (std::isnan(a)) return number(b);
  if (std::isnan(b)) return a;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <typename Float>
Float maximum(Float a, Float b) {
  return number(-minimum(-a, -b));
}

/// "Floating Point Instructions". .rn rounds to nearest even; without .ftz f32 keeps subnormal numbers, as f64 always
/// does. neg and abs of NaN are an unspecified NaN.
template <typename Float>
void Table::add_floats() {
  using F = Float;
  add_typed<F>("add.rn", [](F a, F b) { return number(a + b); });
  add_typed<F>("sub.rn", [](F a, F b) { return number(a - b); });
  add_typed<F>("mul.rn", [](F a, F b) { return number(a * b); });
  add_typed<F>("fma.rn", [](F a, F b, F c) { return number(std::fma(a, b, c)); });
  add_typed<F>("div.rn", [](F a, F b) { return number(a / b); });
  add_typed<F>("rcp.rn", [](F a) { return number(F(1) / a); });
  add_typed<F>("sqrt.rn", [](F a) { return number(std::sqrt(a)); });
  add_typed<F>("neg", [](F a) { return number(-a); });
  add_typed<F>("abs", [](F a) { return number(std::abs(a)); });
  add_typed<F>("min", [](F a, F b) { return minimum(a, b); });
  add_typed<F>("max", [](F a, F b) { return maximum(a, b); });
}

/// "Comparison and Selection Instructions: setp". A NaN makes the ordered comparisons false and the unordered ones,
/// with u, true. `ne` is ordered.
template <typename Float>
void Table::add_float_comparisons() {
  using F = Float;
  add_typed<F>("setp.eq", [](F a, F b) { return a == b; });
  add_typed<F>("setp.ne", [](F a, F b) { return a < b || a > b; });
  add_typed<F>("setp.lt", [](F a, F b) { return a < b; });
  add_typed<F>("setp.le", [](F a, F b) { return a <= b; });
  add_typed<F>("setp.gt", [](F a, F b) { return a > b; });
  add_typed<F>("setp.ge", [](F a, F b) { return a >= b; });
  add_typed<F>("setp.equ", [](F a, F b) { return !(a < b || a > b); });
  add_typed<F>("setp.neu", [](F a, F b) { return a != b; });
  add_typed<F>("setp.ltu", [](F a, F b) { return !(a >= b); });
  add_typed<F>("setp.leu", [](F a, F b) { return !(a > b); });
  add_typed<F>("setp.gtu", [](F a, F b) { return !(a <= b); });
  add_typed<F>("setp.geu", [](F a, F b) { return !(a < b); });
  add_typed<F>("setp.num", [](F a, F b) { return !std::isunordered(a, b); });
  add_typed<F>("setp.nan", [](F a, F b) { return std::isunordered(a, b); });
}

/// "Integer Arithmetic Instructions". Wraps: sums and products are the low bits, whatever the sign.
template <typename Signed>
void Table::add_integers() {
  using S = Signed;
  using U = std::make_unsigned_t<S>;
  add_typed<S>("add", [](S a, S b) { return S(U(a) + U(b)); });
  add_typed<S>("sub", [](S a, S b) { return S(U(a) - U(b)); });
  add_typed<S>("mul.lo", [](S a, S b) { return S(U(a) * U(b)); });
  add_typed<S>("mad.lo", [](S a, S b, S c) { return S(U(a) * U(b) + U(c)); });
  add_typed<S>("neg", [](S a) { return S(U(0) - U(a)); });
  add_typed<S>("min", [](S a, S b) { return std::min(a, b); });
  add_typed<S>("max", [](S a, S b) { return std::max(a, b); });
}

/// The result of a division by zero is unspecified: some number.
void Table::add_divisions() {
  using U = std::uint32_t;
  add("div.u32", [](U a, U b) { return b == 0 ? U(0xdeadbeef) : a / b; });
  add("rem.u32", [](U a, U b) { return b == 0 ? U(0xdeadbeef) : a % b; });
  add("min.u32", [](U a, U b) { return std::min(a, b); });
  add("max.u32", [](U a, U b) { return std::max(a, b); });
}

template <typename Integer>
void Table::add_integer_comparisons() {
  using I = Integer;
  add_typed<I>("setp.eq", [](I a, I b) { return a == b; });
  add_typed<I>("setp.ne", [](I a, I b) { return a != b; });
  add_typed<I>("setp.lt", [](I a, I b) { return a < b; });
  add_typed<I>("setp.le", [](I a, I b) { return a <= b; });
  add_typed<I>("setp.gt", [](I a, I b) { return a > b; });
  add_typed<I>("setp.ge", [](I a, I b) { return a >= b; });
}

/// "Logic and Shift Instructions".
template <typename Unsigned>
void Table::add_bits() {
  using B = Bits<Unsigned>;
  using U = Unsigned;
  add_typed<B>("and", [](B a, B b) { return B{U(a.value & b.value)}; });
  add_typed<B>("or", [](B a, B b) { return B{U(a.value | b.value)}; });
  add_typed<B>("xor", [](B a, B b) { return B{U(a.value ^ b.value)}; });
  add_typed<B>("not", [](B a) { return B{U(~a.value)}; });
  add_typed<B>("setp.eq", [](B a, B b) { return a.value == b.value; });
  add_typed<B>("setp.ne", [](B a, B b) { return a.value != b.value; });
}

/// The amount is a .u32 for every width, and what exceeds the width counts as the width.
template <typename Unsigned, typename Signed>
void Table::add_shifts() {
  using B = Bits<Unsigned>;
  constexpr std::uint32_t width = std::numeric_limits<Unsigned>::digits;
  add_typed<B>("shl", [](B a, std::uint32_t n) { return B{n < width ? a.value << n : 0}; });
  add_typed<Unsigned>("shr", [](Unsigned a, std::uint32_t n) { return n < width ? a >> n : 0; });
  add_typed<Signed>("shr", [](Signed a, std::uint32_t n) { return a >> std::min(n, width - 1); });
}

/// "Data Movement and Conversion Instructions".
template <typename T>
void Table::add_move() {
  add_typed<T>("mov", [](T a) { return a; });
}

template <typename T>
void Table::add_select() {
  add_typed<T>("selp", [](T a, T b, bool c) { return c ? a : b; });
}

void Table::add_predicates() {
  add_typed<bool>("and", [](bool a, bool b) { return a && b; });
  add_typed<bool>("or", [](bool a, bool b) { return a || b; });
  add_typed<bool>("xor", [](bool a, bool b) { return a != b; });
  add_typed<bool>("not", [](bool a) { return !a; });
}

/// "Data Movement and Conversion Instructions: cvt": two numbers rounded to 16 bits, "NaN results in canonical NaN".
template <typename Half>
B32 pair(float high, float low) {
  const auto bits = [](float a) -> std::uint32_t { return std::isnan(a) ? 0x7fff : Half(a).bits; };
  return {bits(high) << 16 | bits(low)};
}

/// "Data Movement and Conversion Instructions: cvt" and "Integer Arithmetic Instructions: mul". Integers are truncated
/// or extended by zeros.
void Table::add_conversions() {
  add("cvt.f32.f16", [](f16 a) { return number(static_cast<float>(a)); });
  add("cvt.rn.f16x2.f32", [](float high, float low) { return pair<f16>(high, low); });
  add("cvt.rn.bf16x2.f32", [](float high, float low) { return pair<bf16>(high, low); });
  add("cvt.u16.u32", [](std::uint32_t a) { return static_cast<std::uint16_t>(a); });
  add("cvt.u32.u16", [](std::uint16_t a) { return std::uint32_t{a}; });
  add("mov.b32 low", [](B32 a) { return B16{static_cast<std::uint16_t>(a.value)}; });
  add("mov.b32 high", [](B32 a) { return B16{static_cast<std::uint16_t>(a.value >> 16)}; });
  add("mov.b64 low", [](B64 a) { return B32{static_cast<std::uint32_t>(a.value)}; });
  add("mov.b64 high", [](B64 a) { return B32{static_cast<std::uint32_t>(a.value >> 32)}; });
  add("mov.b64 both", [](B32 low, B32 high) { return B64{low.value | std::uint64_t{high.value} << 32}; });
  add("mov.b32 both", [](B16 low, B16 high) { return B32{low.value | std::uint32_t{high.value} << 16}; });
  add("cvt.rn.f32.f64", [](double a) { return number(static_cast<float>(a)); });
  add("cvt.f64.f32", [](float a) { return number(static_cast<double>(a)); });
  add("cvt.s64.s32", [](std::int32_t a) { return std::int64_t{a}; });
  add("cvt.u64.u32", [](std::uint32_t a) { return std::uint64_t{a}; });
  add("cvt.u32.u64", [](std::uint64_t a) { return static_cast<std::uint32_t>(a); });
  add("mul.hi.s32", [](std::int32_t a, std::int32_t b) { return std::int32_t(std::int64_t{a} * b >> 32); });
  add("mul.wide.s32", [](std::int32_t a, std::int32_t b) { return std::int64_t{a} * b; });
  add("mul.wide.u32", [](std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} * b; });
}

/// rcp.approx.ftz.f32: "the maximum ulp error is 1", subnormal numbers count as zero. So a normal result may be the
/// nearest number or a neighbour of it, on either side. But for 2 - 2^-23 times a power of two, where the steps of
/// div.rn go wrong unless the device gives the nearest: NVIDIA's own code takes them, and tests/gpu tries it.
float some_reciprocal(float a) {
  const float nearest = 1 / (std::fpclassify(a) == FP_SUBNORMAL ? std::copysign(0.0f, a) : a);
  if (std::fpclassify(nearest) == FP_SUBNORMAL) return std::copysign(0.0f, nearest);
  if (!std::isnormal(nearest)) return number(nearest);
  const auto bits = std::bit_cast<std::uint32_t>(a);
  if ((bits & 0x7fffff) == 0x7fffff) return nearest;
  const std::uint32_t choice = (bits * 0x9e3779b9u >> 16) % 3;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(nearest) + choice - 1);
}

Table::Table() {
  add("rcp.approx.ftz.f32", [](float a) { return some_reciprocal(a); });
  add_floats<float>();
  add_floats<double>();
  add_float_comparisons<float>();
  add_float_comparisons<double>();
  add_integers<std::int32_t>();
  add_integers<std::int64_t>();
  add_divisions();
  add_integer_comparisons<std::int32_t>();
  add_integer_comparisons<std::int64_t>();
  add_integer_comparisons<std::uint32_t>();
  add_integer_comparisons<std::uint64_t>();
  add_bits<std::uint16_t>();
  add_bits<std::uint32_t>();
  add_bits<std::uint64_t>();
  add_shifts<std::uint32_t, std::int32_t>();
  add_shifts<std::uint64_t, std::int64_t>();
  // "bfe": the bits from number b on, c of them, both the low 8 bits of a register; beyond the highest bit zeros.
  add("bfe.u32", [](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    const std::uint64_t field = b % 256 < 32 ? a >> b % 256 : 0;
    return static_cast<std::uint32_t>(c % 256 < 32 ? field & ((1u << c % 256) - 1) : field);
  });
  add("shr.u16", [](std::uint16_t a, std::uint32_t n) { return std::uint16_t(n < 16 ? a >> n : 0); });
  add_move<bool>();
  add_move<B16>();
  add_move<std::uint16_t>();
  add_move<B32>();
  add_move<B64>();
  add_move<std::uint32_t>();
  add_move<std::uint64_t>();
  add_move<float>();
  add_move<double>();
  add_select<B16>();
  add_select<B32>();
  add_select<B64>();
  add_select<std::uint32_t>();
  add_select<std::int32_t>();
  add_select<float>();
  add_select<double>();
  add_predicates();
  add_conversions();
}

}  // namespace

const Operation *find_operation(std::string_view name) {
  static const Table table;
  return table.find(name);
}

}  // namespace actinide::ptx
