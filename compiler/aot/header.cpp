#include "aot/header.h"

#include "error.h"
#include "passes.h"

#include <algorithm>
#include <cmath>
#include <cctype>
#include <span>

namespace actinide::aot {
namespace {

constexpr std::size_t columns = 120;

/// Appends `words` (separated by single blanks) to `text`, broken so that no line exceeds the columns; further lines
/// start with `indent` blanks.
void append_wrapped(std::string &text, const std::string &words, std::size_t indent) {
  std::size_t column = text.size() - (text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    const bool first = text.empty() || text.back() == '\n' || text.back() == ' ';
    const std::size_t length = end - begin + (first ? 0 : 1);
    if (!first && column + length > columns) {
      text += "\n" + std::string(indent, ' ');
      column = indent + end - begin;
    } else {
      if (!first) text += ' ';
      column += length;
    }
    text.append(words, begin, end - begin);
    begin = end + 1;
  }
}

/// A comment of paragraphs. The first opens it, the last closes it.
std::string comment(const std::vector<std::string> &paragraphs) {
  std::string text = "/* ";
  for (std::size_t i = 0; i < paragraphs.size(); ++i) {
    if (i > 0) text += paragraphs[i].empty() ? "\n" : "\n   ";
    append_wrapped(text, paragraphs[i] + (i + 1 == paragraphs.size() ? " */" : ""), 3);
  }
  return text + "\n";
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::vector<std::string> names_of(const std::vector<Target> &targets) {
  std::vector<std::string> names;
  for (const Target &target : targets) names.push_back(variant_name(target));
  return names;
}

/// What holds for the functions on the CPU.
std::vector<std::string> about_cpu(const Plan &plan) {
  return {
      "Thread-safe, without set-up. Long calls run on several threads; the result is the same to the bit. They "
      "compute in the caller's floating-point environment; bounds hold in the default one.",
      fmt::format("Variants: {}. The best that the CPU runs is chosen at the first call; the environment variable "
                  "ACTINIDE_TARGET forces one.",
                  fmt::join(names_of(plan.targets), ", "))};
}

/// What holds for the functions on a CUDA device.
std::vector<std::string> about_cuda(const Plan &plan) {
  const int least = plan.cuda_targets.back().compute_capability;
  return {
      "Functions named ..._cuda: the tensors are device memory, also managed or pinned memory, of the context that is "
      "current on the calling thread. Each is aligned to its elements; where all are aligned to 16 bytes, kernels are "
      "fastest. The call returns when the work is queued on the stream, a cudaStream_t or CUstream of that context; "
      "null is the legacy default stream. It can be captured in a CUDA graph. Thread-safe, without set-up.",
      fmt::format("They hold PTX for {}. They need a device of compute capability {}.{} or higher and the CUDA driver, "
                  "which the first call opens; without them the result is a status. An error while the device computes "
                  "shows in a later call. With n > 2^30 the work is queued in parts, and after an error some may have "
                  "been.",
                  fmt::join(names_of(plan.cuda_targets), ", "), least / 10, least % 10)};
}

std::string preamble(const Plan &plan) {
  const bool cpu = !plan.targets.empty(), cuda = !plan.cuda_targets.empty();
  std::vector<std::string> paragraphs = {fmt::format(
      "{}: activation kernels, emitted by Actinide {}. Don't edit; emit again:", plan.name, ACTINIDE_VERSION)};
  const auto append = [&](const std::vector<std::string> &more) {
    paragraphs.insert(paragraphs.end(), more.begin(), more.end());
  };
  append(canonical_commands(plan));
  append({"",
          "Every function returns 0 on success, otherwise an actinide_status, see actinide/runtime.h; then nothing was "
          "written.",
          fmt::format(
              "Tensors: n elements each, {}any n; with n = 0 pointers may be null. An output may be exactly an "
              "input (in place), but for sums over a channel; any other overlap of an output with an input or another "
              "output is an error.",
              cpu ? "any alignment, " : "")});
  const auto has_rows = [](const PlannedKernel &kernel) { return !kernel.functions[0].has_one_extent; };
  if (std::ranges::any_of(plan.kernels, has_rows))
    append({"A row (columns, or channels times inner) and a stride have 2^30 elements at most."});
  if (cpu) append(about_cpu(plan));
  if (cuda) append(about_cuda(plan));
  append({fmt::format("Link lib{}.a, libactinide_runtime.a and POSIX threads.", plan.name)});
  return comment(paragraphs);
}

/// Kernels that differ in dtype alone share a comment.
bool share_comment(const PlannedKernel &a, const PlannedKernel &b) {
  return a.request.label == b.request.label && a.request.pass == b.request.pass && a.request.tier == b.request.tier;
}

/// The targets that the bound is promised on.
std::string_view accurate_targets(const Plan &plan) {
  if (plan.cuda_targets.empty()) return ", CPU with fma";
  return plan.targets.empty() ? "" : ", CUDA or CPU with fma";
}

/// Empty: nothing is promised.
std::string bound_text(const KernelRequest &request) {
  if (const auto ulp = bound_of(request)) return fmt::format("{} ULP", *ulp);
  const auto relaxed = relaxed_bound_of(request);
  return relaxed ? fmt::format("2^{} max(1, |exact|)", std::ilogb(*relaxed)) : "";
}

std::string accuracy(const Plan &plan, std::span<const PlannedKernel> kernels) {
  const PlannedKernel &first = kernels.front();
  if (const Form &form = first.request.form; form.fused())
    return fmt::format("Error: that of {}{}{}.", first.request.definition.name,
                       form.biased ? " at the rounded sum with bias" : "", form.residual ? ", before r is added" : "");
  std::vector<std::string> bounds;
  for (const PlannedKernel &kernel : kernels)
    if (const std::string bound = bound_text(kernel.request); !bound.empty())
      bounds.push_back(fmt::format("{} in {}", bound, to_string(kernel.request.dtypes)));
  if (bounds.empty()) return "Error: not promised; `actinide check` measures it.";
  return fmt::format("Error: at most {} (tier {}{}{}).", fmt::join(bounds, ", "), to_string(first.request.tier),
                     accurate_targets(plan), first.signature.parameters.empty() ? "" : ", default parameters");
}

/// What the tensors hold: `x, y: rows x columns.`
std::string tensors(const KernelSignature &signature) {
  std::vector<std::string> texts;
  for (const KernelBuffer &buffer : signature.buffers)
    texts.push_back(fmt::format("{}: {}", buffer.name, extent_text(signature.shape, buffer)));
  return fmt::format("Tensors: {}. Rows follow each other without gaps{}.", fmt::join(texts, "; "),
                     signature.shape == ShapeClass::row ? ", or at the distance _stride (in elements)" : "");
}

std::string description(const Plan &plan, std::span<const PlannedKernel> kernels) {
  const KernelRequest &request = kernels.front().request;
  std::vector<std::string> paragraphs = {
      definition_text(request), fmt::format("{}: {}", to_string(request.pass), kernels.front().signature.formula)};
  if (const std::string remark = remark_on(request); !remark.empty()) paragraphs.push_back(remark);
  if (request.shape != ShapeClass::element) paragraphs.push_back(tensors(kernels.front().signature));
  paragraphs.push_back(accuracy(plan, kernels));
  return comment(paragraphs);
}

std::string prototypes(const std::vector<Function> &functions) {
  std::string text;
  for (const Function &function : functions) text += prototype(function) + ";\n";
  return text;
}

/// The kernels in their order: a comment, then the functions that it is about.
std::string declarations(const Plan &plan) {
  std::string text;
  std::span<const PlannedKernel> kernels = plan.kernels;
  while (!kernels.empty()) {
    const auto end = std::ranges::find_if_not(
        kernels, [&](const PlannedKernel &kernel) { return share_comment(kernels.front(), kernel); });
    const auto group = kernels.first(static_cast<std::size_t>(end - kernels.begin()));
    text += "\n" + description(plan, group);
    if (!plan.targets.empty())
      for (const PlannedKernel &kernel : group) text += prototypes(kernel.functions);
    if (!plan.cuda_targets.empty())
      for (const PlannedKernel &kernel : group) text += prototypes(kernel.cuda_functions);
    kernels = kernels.subspan(group.size());
  }
  return text;
}

}  // namespace

std::string prototype(const Function &function) {
  std::string text = fmt::format("int {}(", function.name);
  const std::size_t indent = text.size();
  for (std::size_t i = 0; i < function.arguments.size(); ++i) {
    // An argument is not broken between its type and its name.
    const std::string argument =
        function.arguments[i].type + function.arguments[i].name + (i + 1 == function.arguments.size() ? ")" : ",");
    const std::size_t line = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
    if (i > 0) text += text.size() - line + 1 + argument.size() + 1 > columns ? "\n" + std::string(indent, ' ') : " ";
    text += argument;
  }
  return text;
}

std::string header_text(const Plan &plan) {
  const std::string guard = "ACTINIDE_LIBRARY_" + upper(plan.name) + "_H";
  std::string text = preamble(plan);
  text += fmt::format("#ifndef {}\n#define {}\n\n#include <stddef.h>\n#include <stdint.h>\n\n", guard, guard);
  text += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
  text += declarations(plan);
  text += "\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
  return text;
}

}  // namespace actinide::aot
