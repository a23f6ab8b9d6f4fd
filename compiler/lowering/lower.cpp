#include "lowering/lower.h"

#include "error.h"
#include "lowering/body.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

namespace actinide {
namespace {

/// The axes of each body, the one along which vectors run first. Channels whose elements aren't neighbours (inner = 1)
/// are neighbours themselves.
std::vector<std::vector<Axis>> bodies_of(ShapeClass shape) {
  switch (shape) {
    case ShapeClass::element:
    case ShapeClass::group:
      return {{Axis::inner}};
    case ShapeClass::split:
    case ShapeClass::row:
      return {{Axis::inner, Axis::outer}};
    case ShapeClass::channel:
      return {{Axis::channels, Axis::outer}, {Axis::inner, Axis::channels, Axis::outer}};
  }
  throw InternalError("lower: no such shape");
}

void check(const NumericKernel &kernel) {
  internal_check(!kernel.inputs.empty(), "lower: a program without inputs");
  internal_check(!kernel.outputs.empty(), "lower: a program without outputs");
  for (const Program &program : programs_of(kernel))
    for (const Output &output : program.outputs)
      internal_check(program.instructions.at(output.value).type == type_of(output.dtype),
                     "lower: output {} isn't of its storage type", output.name);
}

/// Halide numbers its names over the life of the process (`y$3`, `t1033`): number them anew, so that the same kernel
/// has the same text whatever was lowered before.
std::string without_counters(const std::string &raw, const std::vector<HalideBuffer> &buffers) {
  const auto in_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; };
  std::map<std::string, std::string> temporaries;
  std::string text;
  for (std::size_t at = 0; at < raw.size();) {
    std::size_t end = at;
    while (end < raw.size() && in_name(raw[end])) ++end;
    if (end == at) {
      text += raw[at++];
      continue;
    }
    const std::string name = raw.substr(at, end - at);
    at = end;
    const bool temporary = name.size() > 1 && name[0] == 't' && name.find_first_not_of("0123456789", 1) == name.npos;
    if (temporary && std::ranges::find(buffers, name, &HalideBuffer::name) == buffers.end()) {
      const auto known = temporaries.try_emplace(name, fmt::format("t{}", temporaries.size() + 1)).first;
      text += known->second;
    } else {
      text += name.substr(0, name.find('$'));
    }
  }
  return text;
}

}  // namespace

LoweredKernel lower(const NumericKernel &kernel, const Schedule &schedule, int native_lanes) {
  check(kernel);
  LoweredKernel lowered{.kernel = kernel, .programs = programs_of(kernel), .bodies = {}, .native_lanes = native_lanes};
  try {
    for (const std::vector<Axis> &axes : bodies_of(kernel.shape))
      lowered.bodies.push_back(lower_body(kernel, axes, schedule, native_lanes));
  } catch (const Halide::Error &error) {
    throw InternalError(fmt::format("lower: Halide refused the kernel: {}", error.what()));
  }
  return lowered;
}

std::string to_text(const LoweredKernel &kernel) {
  std::string text;
  for (const LoweredBody &body : kernel.bodies) {
    if (kernel.bodies.size() > 1) text += body.inner_is_one ? "where inner is 1:\n" : "elsewhere:\n";
    for (const LoweredPart &part : body.parts) {
      std::ostringstream raw;
      raw << part.statement;
      text += without_counters(raw.str(), part.buffers);
    }
  }
  return text;
}

}  // namespace actinide
