#include "lowering/kernel.h"

#include <fmt/format.h>

namespace actinide {

std::string extent_text(ShapeClass shape, const KernelBuffer &buffer) {
  const bool three = shape == ShapeClass::channel;
  switch (buffer.along) {
    case Along::channel:
      return "channels";
    case Along::row:
      return three ? "outer" : "rows";
    case Along::nothing:
      return "1";
    case Along::element:
      break;
  }
  if (has_one_extent(shape)) return buffer.members == 1 ? "n" : fmt::format("n x {}", buffer.members);
  if (three) return "outer x channels x inner";
  return buffer.parts == 1 ? "rows x columns" : fmt::format("rows x {} columns", buffer.parts);
}

std::string to_text(const NumericKernel &kernel) {
  if (kernel.steps.size() == 1) return to_text(kernel.steps[0].program);
  std::string text;
  for (const Step &step : kernel.steps) {
    const bool reduces = step.kind == Step::Kind::reduce;
    const bool derives = step.kind == Step::Kind::derive;
    text += reduces   ? "gather, from what there is so far and the next element:\n"
            : derives ? "derive, of what has been gathered:\n"
                      : "compute:\n";
    text += to_text(step.program);
    if (reduces) text += "and merge two such results:\n" + to_text(step.merge);
  }
  return text;
}

NumericKernel elementwise_kernel(const Program &program) {
  NumericKernel kernel;
  for (const Tensor &tensor : program.inputs) {
    kernel.inputs.push_back({tensor.name, kernel.buffers.size()});
    kernel.buffers.push_back({tensor.name, tensor.dtype});
  }
  for (const Output &output : program.outputs) {
    kernel.outputs.push_back({output.name, kernel.buffers.size()});
    kernel.buffers.push_back({output.name, output.dtype});
  }
  kernel.parameters = program.parameters;
  kernel.steps.push_back({.program = program});
  return kernel;
}

}  // namespace actinide
