// The face of a kernel: its names, its tensors and the formula of each output.
#include "error.h"
#include "expression/printer.h"
#include "passes.h"
#include "pipeline.h"
#include "rows.h"
#include "shapes.h"
#include "simplify/simplify.h"

#include <algorithm>

namespace actinide {
namespace {

// Every tensor in its place; what the kernel computes is exact still.
SymbolicSteps arranged_kernel(const KernelRequest &request) {
  return request.shape == ShapeClass::row ? row_kernel(request) : arrange(request, apply_pass(request));
}

std::vector<std::string> names_of(std::span<const KernelBuffer> buffers) {
  std::vector<std::string> names;
  for (const KernelBuffer &buffer : buffers) names.push_back(buffer.name);
  return names;
}

// The formula of each output, or the row's own where an output isn't one.
std::string formula_of(const KernelRequest &request) {
  if (request.row && !request.row->formula.empty()) return std::string(request.row->formula);
  std::string formula;
  PassKernel kernel = apply_pass(request);
  for (auto &[name, expression] : kernel.symbols.outputs) expression = simplify(expression).expression;
  for (const auto &[name, expression] : kernel.with_addends().outputs)
    formula += fmt::format("{}{} = {}{}", formula.empty() ? "" : ", ", name,
                           kernel.sums.contains(name) ? "sum of " : "", to_text(expression));
  return formula;
}

}  // namespace

std::string KernelSignature::base_name() const {
  std::string types = to_string(dtypes);
  std::ranges::replace(types, ':', '_');
  return fmt::format("{}_{}_{}", label, to_string(pass), types);
}

std::string definition_text(const KernelRequest &request) {
  if (!request.row || request.row->formula.empty()) {
    Form around = request.form;
    around.gated = false;  // the definition is
    return with_form(around, to_text(request.definition));
  }
  return fmt::format("{}: {}", request.label, request.row->formula);
}

std::string definition_latex(const KernelRequest &request) {
  return request.row && !request.row->latex.empty() ? std::string(request.row->latex)
                                                    : to_latex(request.definition.body);
}

std::string identity_of(const KernelRequest &request) {
  std::string text =
      fmt::format("{} {} {} {}{} {}", to_string(request.pass), to_string(request.dtypes), to_string(request.tier),
                  prefix_of(request.form), request.row ? request.row->name : "", to_text(request.definition));
  for (const auto &[name, value] : request.bound) text += fmt::format(" {}={}", name, value.get_str());
  return text;
}

KernelSignature signature_of(const KernelRequest &request) {
  const SymbolicSteps kernel = arranged_kernel(request);
  const std::span<const KernelBuffer> buffers = kernel.buffers;
  return {.label = request.label,
          .pass = request.pass,
          .dtypes = request.dtypes,
          .inputs = names_of(buffers.first(kernel.input_buffers)),
          .outputs = names_of(buffers.subspan(kernel.input_buffers)),
          .parameters = kernel.parameters,
          .formula = formula_of(request),
          .shape = request.shape,
          .buffers = kernel.buffers};
}

bool takes_extents(const KernelSignature &signature) {
  return !has_one_extent(signature.shape) || std::ranges::any_of(signature.buffers, gathers_rows, &KernelBuffer::along);
}

}  // namespace actinide
