#include "lowering/lower.h"

#include "error.h"
#include "lowering/calls.h"
#include "schedules/apply.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

namespace actinide {
namespace {

using Halide::Expr;

Halide::Type halide_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return Halide::Float(32);
    case DType::f64:
      return Halide::Float(64);
  }
  throw InternalError("halide_type: no such dtype");
}

/// The input tensors of the program, from element 0.
std::vector<Halide::ImageParam> tensors_of(const Program &program) {
  std::vector<Halide::ImageParam> tensors;
  for (const Tensor &tensor : program.inputs) {
    tensors.emplace_back(halide_type(tensor.dtype), 1, tensor.name);
    tensors.back().dim(0).set_min(0);
  }
  return tensors;
}

/// One Func for all outputs: they are computed in one loop and share their work.
Halide::Func define(const Program &program, const std::vector<Halide::ImageParam> &tensors, const Halide::Var &i) {
  const std::vector<Expr> element = [&] {
    std::vector<Expr> values;
    for (const Halide::ImageParam &tensor : tensors) values.push_back(tensor(i));
    return values;
  }();
  std::vector<Expr> results;
  std::string name;
  for (const Output &output : program.outputs) {
    internal_check(program.instructions.at(output.value).type == type_of(output.dtype),
                   "lower: output {} isn't of its storage type", output.name);
    results.push_back(Halide::Internal::Call::make(halide_type(output.dtype), element_call(results.size()), element,
                                                   Halide::Internal::Call::PureExtern));
    name += (name.empty() ? "" : "_") + output.name;
  }
  Halide::Func function(name);
  if (results.size() == 1) {
    function(i) = results[0];
  } else {
    function(i) = Halide::Tuple(results);
  }
  function.output_buffers()[0].dim(0).set_min(0);  // the others follow the first
  return function;
}

/// Only the vector length that the schedule names comes from the target, so that any x86-64 serves to lower for all.
const Halide::Target &halide_target() {
  static const Halide::Target target("x86-64-linux-no_asserts-no_bounds_query-no_runtime-strict_float");
  return target;
}

LoweredKernel lower_with_halide(const Program &program, const Schedule &schedule, int native_lanes) {
  const Halide::Var i("i");
  const std::vector<Halide::ImageParam> tensors = tensors_of(program);
  Halide::Func function = define(program, tensors, i);
  apply_elementwise(schedule, native_lanes, function, i);
  const Halide::Module module = function.compile_to_module({tensors.begin(), tensors.end()}, "kernel", halide_target());
  internal_check(module.functions().size() == 1, "lower: Halide made {} functions", module.functions().size());

  const Halide::Internal::LoweredFunc &lowered = module.functions()[0];
  LoweredKernel kernel{lowered.body, {}, native_lanes, program};
  for (const Halide::Internal::LoweredArgument &argument : lowered.args) {
    internal_check(argument.is_buffer(), "lower: {} is no buffer", argument.name);
    kernel.buffers.push_back(argument.name);
  }
  internal_check(kernel.buffers.size() == program.inputs.size() + program.outputs.size(),
                 "lower: {} buffers instead of {}", kernel.buffers.size(),
                 program.inputs.size() + program.outputs.size());
  return kernel;
}

/// Halide numbers its names over the life of the process (`y$3`, `t1033`): number them anew, so that the same kernel
/// has the same text whatever was lowered before.
std::string without_counters(const std::string &raw, const std::vector<std::string> &buffers) {
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
    if (temporary && std::find(buffers.begin(), buffers.end(), name) == buffers.end()) {
      const auto known = temporaries.try_emplace(name, fmt::format("t{}", temporaries.size() + 1)).first;
      text += known->second;
    } else {
      text += name.substr(0, name.find('$'));
    }
  }
  return text;
}

}  // namespace

LoweredKernel lower(const Program &program, const Schedule &schedule, int native_lanes) {
  internal_check(!program.inputs.empty(), "lower: a program without inputs");
  internal_check(!program.outputs.empty(), "lower: a program without outputs");
  try {
    return lower_with_halide(program, schedule, native_lanes);
  } catch (const Halide::Error &error) {
    throw InternalError(fmt::format("lower: Halide refused the kernel: {}", error.what()));
  }
}

std::string to_text(const LoweredKernel &kernel) {
  std::ostringstream raw;
  raw << kernel.body;
  return without_counters(raw.str(), kernel.buffers);
}

}  // namespace actinide
