#include "lowering/lower.h"

#include "error.h"
#include "lowering/body.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <mutex>
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

/// All that lowering sees of a kernel: what its programs compute is not in it.
NumericKernel without_arithmetic(NumericKernel kernel) {
  kernel.parameters.clear();
  for (Step &step : kernel.steps)
    for (Program *program : {&step.program, &step.merge}) {
      program->instructions.clear();
      program->parameters.clear();
      for (Output &output : program->outputs) output.value = 0;
    }
  return kernel;
}

struct Outline {
  NumericKernel kernel;
  Schedule schedule;  ///< what Halide sees of it
  int native_lanes;

  friend bool operator==(const Outline &, const Outline &) = default;
};

/// Most kernels have the outline of an earlier one, and so its statements, which nothing changes any more: Halide takes
/// a third of a compile. Never destroyed: threads may still compile when the process exits.
class LoweredOutlines {
 public:
  static LoweredOutlines &instance() {
    static auto *outlines = new LoweredOutlines;
    return *outlines;
  }

  std::vector<LoweredBody> bodies(const Outline &outline) {
    {
      const std::lock_guard lock(mutex_);
      const auto known = std::ranges::find(known_, outline, &Known::outline);
      if (known != known_.end()) return known->bodies;
    }
    std::vector<LoweredBody> bodies = lower_bodies(outline);
    const std::lock_guard lock(mutex_);
    if (known_.size() == most) known_.pop_front();
    known_.push_back({outline, bodies});
    return bodies;
  }

 private:
  static constexpr std::size_t most = 256;
  struct Known {
    Outline outline;
    std::vector<LoweredBody> bodies;
  };

  static std::vector<LoweredBody> lower_bodies(const Outline &outline) {
    std::vector<LoweredBody> bodies;
    try {
      for (const std::vector<Axis> &axes : bodies_of(outline.kernel.shape))
        bodies.push_back(lower_body(outline.kernel, axes, outline.schedule, outline.native_lanes));
    } catch (const Halide::Error &error) {
      throw InternalError(fmt::format("lower: Halide refused the kernel: {}", error.what()));
    }
    return bodies;
  }

  std::mutex mutex_;
  std::deque<Known> known_;
};

}  // namespace

LoweredKernel lower(const NumericKernel &kernel, const Schedule &schedule, int native_lanes) {
  check(kernel);
  Schedule seen = schedule;
  seen.prefetch = 0;
  seen.stream = 0;
  return {.kernel = kernel,
          .programs = programs_of(kernel),
          .bodies = LoweredOutlines::instance().bodies({without_arithmetic(kernel), seen, native_lanes}),
          .native_lanes = native_lanes,
          .prefetch = schedule.prefetch,
          .loads_ahead = schedule.multiprocessor_blocks > 0,
          .streams = schedule.stream > 0};
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
