#include "tests/ptx/decoder.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace actinide::ptx {
namespace {

/// The rest of `text` behind `prefix`.
std::optional<std::string_view> behind(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix)) return {};
  return text.substr(prefix.size());
}

/// The whole of `text` as a number.
template <typename Integer>
std::optional<Integer> parse_number(std::string_view text, int base) {
  Integer value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

/// `{%rs1, %rs2}`, the halves of a register, the lower first.
bool is_pair(const Operand &operand) {
  return operand.size() == 5 && operand.front() == "{" && operand[2] == "," && operand.back() == "}";
}

}  // namespace

Decoder::Decoder(const std::vector<std::string> &lines, std::string name) {
  kernel_.name = std::move(name);
  kernel_.lines = lines;
}

void Decoder::declare_parameter(int line, const std::string &name, Type type) {
  line_ = line;
  const auto slot = static_cast<std::uint32_t>(kernel_.parameters.size());  // its place among slots is known later
  if (!parameters_.emplace(name, Declared{type, slot}).second) refuse("{} is declared twice", name);
  kernel_.parameters.push_back(type);
}

void Decoder::declare_register(int line, const std::string &name, Type type) {
  line_ = line;
  const auto slot = static_cast<std::uint32_t>(kernel_.registers++);
  if (!registers_.emplace(name, Declared{type, slot}).second) refuse("{} is declared twice", name);
}

void Decoder::declare_local(int line, const std::string &name, Type type) {
  line_ = line;
  if (!registers_.emplace(name, Declared{type, local_}).second) refuse("{} is declared twice", name);
}

void Decoder::end_local(const std::string &name) {
  registers_.erase(name);
}

void Decoder::end_declarations() {
  local_ = static_cast<std::uint32_t>(kernel_.registers++);
  for (auto &[name, parameter] : parameters_) parameter.slot += static_cast<std::uint32_t>(kernel_.first_parameter());
}

void Decoder::label(int line, const std::string &name) {
  line_ = line;
  if (!labels_.emplace(name, kernel_.steps.size()).second) refuse("the label is defined twice");
}

void Decoder::instruction(int line, const Guard &guard, const std::string &opcode,
                          const std::vector<Operand> &operands) {
  line_ = line;
  Step step;
  const bool jumps = opcode == "bra" || (opcode == "bra.uni" && guard.predicate.empty());
  const bool moves_pairs = (opcode == "mov.b32" || opcode == "mov.b64") && operands.size() == 2;
  if (!jumps && !guard.predicate.empty()) refuse("only bra is known under a predicate");
  if (jumps) {
    step = branch(guard, operands);
  } else if (opcode == "ret") {
    expect_count(operands, 0);
    step.kind = Kind::ret;
  } else if (opcode == "bar.warp.sync") {
    expect_count(operands, 1);
    expect_whole_warp(operands[0]);
    step.kind = Kind::synchronize;
    kernel_.joins_threads = true;
  } else if (opcode == "shfl.sync.idx.b32") {
    step = shuffle(operands);
  } else if (const auto loaded = behind("ld.param.", opcode)) {
    const auto type = parse_type(*loaded);
    const Operation *move = find_operation(fmt::format("mov.{}", *loaded));
    if (!type || !move) refuse("unknown instruction {}", opcode);
    step = load_parameter(*move, *type, operands);
  } else if (const auto loaded = behind("ld.global.", opcode)) {
    step = access(Kind::load, *loaded, operands);
  } else if (const auto stored = behind("st.global.", opcode)) {
    step = access(Kind::store, *stored, operands);
  } else if (moves_pairs && is_pair(operands[0])) {
    step = compute(*find_operation(opcode + " low"), {{operands[0][1]}, operands[1]});
    step.line = line;
    kernel_.steps.push_back(step);
    step = compute(*find_operation(opcode + " high"), {{operands[0][3]}, operands[1]});
  } else if (moves_pairs && is_pair(operands[1])) {
    step = compute(*find_operation(opcode + " both"), {operands[0], {operands[1][1]}, {operands[1][3]}});
  } else if (const Operation *operation = find_operation(opcode)) {
    step = compute(*operation, operands);
  } else {
    refuse("unknown instruction {}", opcode);
  }
  step.line = line;
  kernel_.steps.push_back(step);
}

Kernel Decoder::finish() {
  for (const Jump &jump : jumps_) {
    Step &step = kernel_.steps[jump.step];
    line_ = step.line;
    const auto found = labels_.find(jump.label);
    if (found == labels_.end()) refuse("there is no label {}", jump.label);
    if (found->second == kernel_.steps.size()) refuse("nothing follows the label {}", jump.label);
    step.target = static_cast<std::uint32_t>(found->second);
  }
  if (kernel_.steps.empty() || kernel_.steps.back().kind != Kind::ret) refuse("the entry doesn't end with ret");
  return std::move(kernel_);
}

void Decoder::expect_count(const std::vector<Operand> &operands, std::size_t count) const {
  if (operands.size() != count) refuse("{} operands expected", count);
}

/// "Control Flow Instructions: bra". .uni says that all threads of a warp jump: an unguarded jump does.
Step Decoder::branch(const Guard &guard, const std::vector<Operand> &operands) {
  expect_count(operands, 1);
  if (operands[0].size() != 1) refuse("a label expected");
  jumps_.push_back({kernel_.steps.size(), operands[0][0]});
  Step step{.kind = Kind::branch, .taken_if = !guard.negated};
  step.slot = guard.predicate.empty() ? constant_slot(Type::pred, {"1"}) : register_slot(guard.predicate, Type::pred);
  return step;
}

/// "Parallel Synchronization and Communication Instructions": -1 names all threads of the warp.
void Decoder::expect_whole_warp(const Operand &mask) const {
  if (mask != Operand{"-", "1"}) refuse("the mask of the whole warp, -1, expected");
}

/// The same, "shfl.sync", mode .idx: the value of any thread. With 31 there are no segments.
Step Decoder::shuffle(const std::vector<Operand> &operands) {
  expect_count(operands, 5);
  if (operands[0].size() != 1) refuse("a register for the result expected");
  if (operands[3] != Operand{"31"}) refuse("only a whole warp is known");
  expect_whole_warp(operands[4]);
  kernel_.joins_threads = true;
  const Operation &move = *find_operation("mov.b32");
  return {.kind = Kind::shuffle,
          .count = 3,
          .operands = {register_slot(operands[0][0], Type::b32), source_slot(move, Type::b32, operands[1]),
                       source_slot(move, Type::b32, operands[2])}};
}

/// A parameter is a slot of its own, so that loading it is a move.
Step Decoder::load_parameter(const Operation &move, Type type, const std::vector<Operand> &operands) {
  expect_count(operands, 2);
  const Operand &from = operands[1];
  if (operands[0].size() != 1 || from.size() != 3 || from[0] != "[" || from[2] != "]")
    refuse("a register and [a parameter] expected");
  const auto found = parameters_.find(from[1]);
  if (found == parameters_.end()) refuse("there is no parameter {}", from[1]);
  // As ptxas takes it: the bits of a parameter, in any type of its size.
  if (size_of(found->second.type) != size_of(type)) refuse("the parameter is a .{}", to_string(found->second.type));
  return {.kind = Kind::compute,
          .count = 2,
          .operands = {register_slot(operands[0][0], type), found->second.slot},
          .compute = move.compute};
}

/// "Data Movement and Conversion Instructions: ld, st". `type`: `f32`, `v4.f32`. The order of operands is that of ld:
/// the elements, then the address; st has them the other way round.
Step Decoder::access(Kind kind, std::string_view type, const std::vector<Operand> &operands) {
  expect_count(operands, 2);
  const Operand &elements = operands[kind == Kind::load ? 0 : 1], &address = operands[kind == Kind::load ? 1 : 0];
  const std::size_t count = type.starts_with("v2.") ? 2 : type.starts_with("v4.") ? 4 : 1;
  const auto element = parse_type(count == 1 ? type : type.substr(3));
  if (!element || size_of(*element) == 0 || count * size_of(*element) > 16)
    refuse("no access to memory has the type {}", type);
  Step step{
      .kind = kind, .bytes = static_cast<std::uint8_t>(size_of(*element)), .count = static_cast<std::uint8_t>(count)};

  if (count == 1) {
    if (elements.size() != 1) refuse("a register expected");
    step.operands[0] = element_slot(elements[0], *element);
  } else {
    if (elements.size() != 2 * count + 1 || elements.front() != "{" || elements.back() != "}")
      refuse("{} registers in braces expected", count);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0 && elements[2 * i] != ",") refuse("',' expected");
      step.operands[i] = element_slot(elements[2 * i + 1], *element);
    }
  }

  if (address.size() < 3 || address.front() != "[" || address.back() != "]") refuse("[a register] expected");
  step.slot = register_slot(address[1], Type::u64);
  if (address.size() > 3) {
    if (address[2] != "+") refuse("[a register + a number] expected");
    const Operand number(address.begin() + 3, address.end() - 1);
    step.offset = static_cast<std::int64_t>(integer(Type::s64, number));
  }
  return step;
}

/// "Operand Size Exceeding Instruction-Type Size": 16 bits may lie in a register of 32, above zeros after a load.
std::uint32_t Decoder::element_slot(const std::string &name, Type type) const {
  const auto found = registers_.find(name);
  const bool exceeds = found != registers_.end() && found->second.type == Type::b32;
  return register_slot(name, exceeds && (type == Type::u16 || type == Type::b16) ? Type::b32 : type);
}

Step Decoder::compute(const Operation &operation, const std::vector<Operand> &operands) {
  expect_count(operands, operation.types.size());
  if (operands[0].size() != 1) refuse("a register for the result expected");
  Step step{.kind = Kind::compute, .count = static_cast<std::uint8_t>(operands.size()), .compute = operation.compute};
  step.operands[0] = register_slot(operands[0][0], operation.types[0]);
  for (std::size_t i = 1; i < operands.size(); ++i)
    step.operands[i] = source_slot(operation, operation.types[i], operands[i]);
  return step;
}

std::uint32_t Decoder::register_slot(const std::string &name, Type type) const {
  const auto found = registers_.find(name);
  if (found == registers_.end()) refuse("there is no register {}", name);
  if (!agrees(type, found->second.type))
    refuse("{} is a .{}, a .{} expected", name, to_string(found->second.type), to_string(type));
  return found->second.slot;
}

/// A register, a constant or, for mov.u32, a special register.
std::uint32_t Decoder::source_slot(const Operation &operation, Type type, const Operand &operand) {
  if (operand.empty()) refuse("an operand is missing");
  if (!operand[0].starts_with('%')) return constant_slot(type, operand);
  if (operand.size() != 1) refuse("a register expected");
  const auto *special = std::find(special_registers.begin(), special_registers.end(), operand[0]);
  if (special == special_registers.end()) return register_slot(operand[0], type);
  if (operation.name != "mov.u32") refuse("only mov.u32 reads special registers");
  return static_cast<std::uint32_t>(kernel_.first_special() +
                                    static_cast<std::size_t>(special - special_registers.begin()));
}

/// "Constants". A predicate's is an integer: true unless zero.
std::uint32_t Decoder::constant_slot(Type type, const Operand &operand) {
  std::uint64_t value;
  if (is_float(type)) {
    if (operand.size() != 1) refuse("a hexadecimal floating-point constant expected");
    value = floating(type, operand[0]);
  } else if (type == Type::pred) {
    value = integer(Type::s64, operand) != 0;
  } else {
    value = integer(type, operand);
  }
  kernel_.constants.push_back(value);
  return static_cast<std::uint32_t>(kernel_.first_constant() + kernel_.constants.size() - 1);
}

/// Decimal digits, after a minus perhaps; of a type of 16, 32 or 64 bits, read as signed or as unsigned.
std::uint64_t Decoder::integer(Type type, const Operand &operand) const {
  if (operand.empty()) refuse("a constant is missing");
  const bool negative = operand[0] == "-";
  const std::string text = fmt::format("{}", fmt::join(operand, negative ? "" : " "));
  const std::size_t unused = 64 - 8 * size_of(type);
  const bool octal = operand.back().size() > 1 && operand.back()[0] == '0';
  if (octal || operand.size() != (negative ? 2 : 1)) refuse("'{}' is no decimal constant", text);
  if (negative) {
    const auto value = parse_number<std::int64_t>(text, 10);
    if (!value) refuse("'{}' is no decimal constant", text);
    if (*value < std::numeric_limits<std::int64_t>::min() >> unused) refuse("{} doesn't fit", text);
    return static_cast<std::uint64_t>(*value) << unused >> unused;
  }
  const auto value = parse_number<std::uint64_t>(text, 10);
  if (!value) refuse("'{}' is no decimal constant", text);
  if (*value > std::numeric_limits<std::uint64_t>::max() >> unused) refuse("{} doesn't fit", text);
  return *value;
}

/// `0f3F800000`, `0d3FF0000000000000`: the bits in hexadecimal, all of them.
std::uint64_t Decoder::floating(Type type, const std::string &text) const {
  const auto digits = type == Type::f16 ? std::nullopt : behind(type == Type::f32 ? "0f" : "0d", text);
  const auto value = digits ? parse_number<std::uint64_t>(*digits, 16) : std::nullopt;
  if (!value || digits->size() != 2 * size_of(type)) refuse("'{}' is no constant of a .{}", text, to_string(type));
  return *value;
}

}  // namespace actinide::ptx
