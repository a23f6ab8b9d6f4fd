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
std::vector<std::vector<Axis>> axes_of(ShapeClass shape) {
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

/// A CPU takes the steps of rows one by one, if they all are of rows.
bool goes_by_steps(const NumericKernel &kernel, const Schedule &schedule) {
  const auto of_row = [](const Step &step) { return step.along == Along::element || step.along == Along::row; };
  return kernel.shape == ShapeClass::row && !schedule.is_cuda() && std::ranges::all_of(kernel.steps, of_row);
}

bool loops(const Step &step) {
  return step.kind == Step::Kind::reduce || step.along == Along::element;
}

/// A step that loops over the elements of a row, as a kernel of its own. Numbers of the row aren't in it, and names
/// tell no more than places, so that most steps are the same kernel as an earlier one.
struct StepAlone {
  NumericKernel kernel;
  std::vector<View> views;             ///< of the whole kernel, for each buffer
  std::vector<std::size_t> arguments;  ///< see LoweredPart
};

/// Of its inputs.
bool reads(const Program &program, std::size_t input) {
  const auto is_it = [&](const Instruction &one) { return one.code == Code::tensor && one.bits == input; };
  return std::ranges::any_of(program.instructions, is_it);
}

StepAlone alone(const NumericKernel &kernel, const Step &step) {
  StepAlone result;
  Step only{.kind = step.kind, .program = {}, .initial = step.initial};
  const auto add_buffer = [&](const View &view, std::string name) {
    KernelBuffer buffer = kernel.buffers[view.buffer];
    buffer.name = name;
    result.views.push_back(view);
    result.kernel.buffers.push_back(buffer);
    return View{std::move(name), result.kernel.buffers.size() - 1};
  };
  // x and y as most activations of elements, which have the same loop.
  const auto name_of = [](const char *kind, std::size_t number) {
    return number == 0 ? kind : fmt::format("{}{}", kind, number);
  };
  const auto word_name = [&](std::size_t word) { return name_of("word", word); };
  const std::vector<Output> &outputs = step.program.outputs;
  const std::size_t count = step.program.inputs.size();
  const auto is_tensor = [&](std::size_t i) {
    const auto view = std::ranges::find(kernel.inputs, step.program.inputs[i].name, &View::name);
    return view != kernel.inputs.end() && kernel.buffers[view->buffer].along == Along::element;
  };
  // Of a constant for each element, there is one for each of the tensors' elements.
  bool reads_some = false;
  for (std::size_t i = 0; i < count; ++i) reads_some |= is_tensor(i) && reads(step.program, i);
  for (std::size_t i = 0; i < count; ++i) {
    const Tensor &input = step.program.inputs[i];
    const auto word = std::ranges::find(outputs, input.name, &Output::name);
    if (step.kind == Step::Kind::reduce && word != outputs.end()) {
      only.program.inputs.push_back({word_name(std::size_t(word - outputs.begin())), input.dtype});
    } else if (is_tensor(i) && (reads(step.program, i) || !reads_some)) {
      const View &view = *std::ranges::find(kernel.inputs, input.name, &View::name);
      result.kernel.inputs.push_back(add_buffer(view, name_of("x", result.views.size())));
      only.program.inputs.push_back({result.kernel.inputs.back().name, input.dtype});
    } else {
      continue;
    }
    result.arguments.push_back(i);
  }
  for (const Output &output : outputs) {
    const std::size_t number = only.program.outputs.size();
    if (step.kind == Step::Kind::map) {
      const View &view = *std::ranges::find(kernel.outputs, output.name, &View::name);
      result.kernel.outputs.push_back(add_buffer(view, name_of("y", number)));
      only.program.outputs.push_back({result.kernel.outputs.back().name, output.dtype, 0});
    } else {
      only.program.outputs.push_back({word_name(number), output.dtype, 0});
    }
  }
  result.kernel.steps.push_back(std::move(only));
  return result;
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
      for (const std::vector<Axis> &axes : axes_of(outline.kernel.shape))
        bodies.push_back(lower_body(outline.kernel, axes, outline.schedule, outline.native_lanes));
    } catch (const Halide::Error &error) {
      throw InternalError(fmt::format("lower: Halide refused the kernel: {}", error.what()));
    }
    return bodies;
  }

  std::mutex mutex_;
  std::deque<Known> known_;
};

std::vector<LoweredBody> bodies_of(const NumericKernel &kernel, const Schedule &schedule, int native_lanes) {
  const auto lowered = [&](NumericKernel some) {
    return LoweredOutlines::instance().bodies({without_arithmetic(std::move(some)), schedule, native_lanes});
  };
  if (!goes_by_steps(kernel, schedule)) return lowered(kernel);
  LoweredBody body{.parts = {}, .by_steps = true};
  for (const Step &step : kernel.steps) {
    if (!loops(step)) continue;
    const StepAlone only = alone(kernel, step);
    body.parts.push_back(lowered(only.kernel).at(0).parts.at(0));
    for (std::size_t i = 0; i < only.views.size(); ++i) body.parts.back().buffers[i].view = only.views[i];
    body.parts.back().arguments = only.arguments;
  }
  return {body};
}

}  // namespace

LoweredKernel lower(const NumericKernel &kernel, const Schedule &schedule, int native_lanes) {
  check(kernel);
  Schedule seen = schedule;
  seen.prefetch = 0;
  seen.stream = 0;
  return {.kernel = kernel,
          .programs = programs_of(kernel),
          .bodies = bodies_of(kernel, seen, native_lanes),
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
      if (body.by_steps) {
        std::vector<std::string> names;
        for (const HalideBuffer &buffer : part.buffers)
          if (!buffer.is_word)
            names.push_back(fmt::format("{} is {}", without_counters(buffer.name, part.buffers), buffer.view.name));
        text += fmt::format("of each row, where {}:\n", fmt::join(names, ", "));
      }
      std::ostringstream raw;
      raw << part.statement;
      text += without_counters(raw.str(), part.buffers);
    }
  }
  return text;
}

}  // namespace actinide
