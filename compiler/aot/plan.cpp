#include "aot/plan.h"

#include "call_limits.h"

#include "error.h"
#include "expression/printer.h"

#include "names.h"

#include <algorithm>
#include <set>

namespace actinide::aot {
namespace {

std::string scalar_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "float";
    case DType::f64:
      return "double";
    case DType::f16:
    case DType::bf16:
      return "uint16_t";
  }
  throw InternalError("aot: a dtype has no C type");
}

/// The name of an extent, which every function with such an extent uses.
bool is_size(std::string_view name) {
  for (ShapeClass shape : all_shape_classes())
    if (std::ranges::find(extent_names(shape), name) != extent_names(shape).end()) return true;
  return false;
}

/// Appends an argument. A name that C or its headers may use or that occurs twice is changed: it only documents.
void add(std::vector<Argument> &arguments, Role role, const std::string &wish, const std::string &type) {
  const auto taken = [&](const std::string &name) {
    return is_size(name) || is_reserved_in_c(name) || is_spelled_like_a_standard_name(name) ||
           std::ranges::find(arguments, name, &Argument::name) != arguments.end();
  };
  std::string name = with_single_underscores(wish);
  while (taken(name)) name += name.ends_with('_') ? '1' : '_';
  arguments.push_back({role, name, type});
}

/// The arguments of the function for the CPU, in C order. `strided`: a tensor of rows is followed by their distance.
std::vector<Argument> arguments_of(const KernelSignature &signature, bool strided) {
  std::vector<Argument> arguments;
  for (std::size_t i = 0; i < signature.buffers.size(); ++i) {
    const bool input = i < signature.inputs.size();
    const KernelBuffer &buffer = signature.buffers[i];
    add(arguments, input ? Role::input : Role::output, buffer.name,
        (input ? "const " : "") + scalar_type(buffer.dtype) + " *");
    if (strided && buffer.along == Along::element) add(arguments, Role::stride, buffer.name + "_stride", "size_t ");
  }
  for (std::string_view name : extent_names(signature.shape))
    arguments.push_back({Role::size, std::string(name), "size_t "});
  const std::string number = scalar_type(parameter_dtype(signature.dtypes.inputs));
  for (const std::string &name : signature.parameters) add(arguments, Role::parameter, name, number + " ");
  return arguments;
}

/// The same for CUDA.
Function on_stream(const Function &function) {
  Function result{function.name + "_cuda", function.arguments, function.has_one_extent};
  add(result.arguments, Role::stream, "stream", "void *");
  return result;
}

PlannedKernel plan_kernel(const Plan &plan, const KernelRequest &request) {
  PlannedKernel kernel{
      .request = request, .signature = signature_of(request), .functions = {}, .cuda_functions = {}, .launch = {}};
  check_limits(kernel.signature, !plan.cuda_targets.empty());
  const std::string name = plan.name + "_" + kernel.signature.base_name();
  if (!is_c_identifier(name) || is_reserved_in_c(name))
    user_error("'{}' can't be a C name; choose another name for the library or the activation", name);
  kernel.functions.push_back({name, arguments_of(kernel.signature, false), !takes_extents(kernel.signature)});
  if (kernel.signature.shape == ShapeClass::row)
    kernel.functions.push_back({name + "_strided", arguments_of(kernel.signature, true), false});
  std::ranges::transform(kernel.functions, std::back_inserter(kernel.cuda_functions), on_stream);
  if (!plan.cuda_targets.empty())
    kernel.launch = cuda_launch(request, plan.cuda_targets, kernel.cuda_functions[0].name);
  return kernel;
}

void check_library_name(const std::string &name) {
  if (!is_c_identifier(name))
    user_error("the library name '{}' is no C identifier; use letters, digits and underscores, no digit first", name);
  if (is_reserved_in_c(name)) user_error("the library name '{}' is reserved in C or C++; choose another", name);
}

void check_distinct(const std::vector<PlannedKernel> &kernels) {
  std::set<std::string> functions;
  for (const PlannedKernel &kernel : kernels) {
    const auto is_new = [&](const Function &function) { return functions.insert(function.name).second; };
    if (std::ranges::all_of(kernel.functions, is_new)) continue;
    user_error(
        "two kernels would be called {}; request each once, and definitions of one name or several tiers in "
        "libraries of their own",
        kernel.name());
  }
}

/// The row of the target table that `target` comes from: its best of the architecture is last.
std::size_t rank_of(const Target &target) {
  const auto rows = all_targets();
  const auto row = std::ranges::find_if(rows, [&](const Target &candidate) {
    return candidate.architecture == target.architecture && candidate.cpu == target.cpu &&
           candidate.features == target.features;
  });
  internal_check(row != rows.end(), "aot: {} is in no row of the target table", target.name);
  return static_cast<std::size_t>(row - rows.begin());
}

std::vector<Target> best_first(const std::vector<Target> &targets) {
  std::vector<Target> ordered = targets;
  std::ranges::sort(ordered, std::greater{}, rank_of);
  const auto twin = std::ranges::adjacent_find(ordered, {}, rank_of);
  if (twin != ordered.end()) user_error("the target {} is requested twice; name each once", twin->name);
  return ordered;
}

/// The least target of the architecture, for the same operating system.
Target baseline_of(const Target &target) {
  const auto rows = all_targets();
  Target baseline = *std::ranges::find(rows, target.architecture, &Target::architecture);
  baseline.format = target.format;
  baseline.triple = target.triple;
  return baseline;
}

/// Divides the requested targets into those of CPUs and of CUDA, and decides what the exported functions are for: with
/// CUDA alone, this machine.
void plan_targets(Plan &plan, const std::vector<Target> &requested) {
  if (requested.empty()) user_error("a library needs a target; `actinide targets` lists them");
  for (const Target &target : requested) (target.is_cuda() ? plan.cuda_targets : plan.targets).push_back(target);
  for (const Target &target : plan.targets) {
    const Target &first = plan.targets[0];
    if (target.architecture != first.architecture || target.format != first.format)
      user_error("{} and {} can't share a library; emit one for each", first.name, target.name);
    if (target.format == ObjectFormat::macho && !plan.cuda_targets.empty())
      user_error("{} and {} can't share a library: macOS has no CUDA; leave one of them out", target.name,
                 plan.cuda_targets[0].name);
  }
  plan.targets = best_first(plan.targets);
  plan.cuda_targets = best_first(plan.cuda_targets);
  plan.baseline = baseline_of(plan.targets.empty() ? host_target() : plan.targets[0]);
}

/// `text` as one word of a POSIX shell.
std::string shell_word(const std::string &text) {
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return std::ranges::all_of(text, plain) ? text : "\"" + text + "\"";
}

/// Appends `item` unless it is there.
void insert(std::vector<std::string> &items, const std::string &item) {
  if (std::ranges::find(items, item) == items.end()) items.push_back(item);
}

/// One command for all kernels, and how many kernels that command emits.
std::pair<std::string, std::size_t> command_for(const Plan &plan, std::span<const PlannedKernel> kernels) {
  std::vector<std::string> activations, dtypes, passes, tiers, targets;
  for (const PlannedKernel &kernel : kernels) {
    const KernelRequest &request = kernel.request;
    const std::string activation = activation_text(request);
    insert(activations, (looks_like_definition(activation) ? "--define " : "") + shell_word(activation));
    insert(dtypes, to_string(request.dtypes));
    insert(passes, std::string(to_string(request.pass)));
    insert(tiers, std::string(to_string(request.tier)));
  }
  for (const Target &target : plan.targets) targets.push_back(target.name);
  for (const Target &target : plan.cuda_targets) targets.push_back(target.name);
  // Definitions after names; the emitted order of kernels is the request's all the same.
  std::ranges::stable_partition(activations, [](const std::string &text) { return !text.starts_with("--define"); });
  const std::string &schedule = kernels.front().request.schedule;
  return {
      fmt::format("actinide emit {} --dtype {} --pass {} --target {} --tier {}{} --name {}",
                  fmt::join(activations, " "), fmt::join(dtypes, ","), fmt::join(passes, ","), fmt::join(targets, ","),
                  fmt::join(tiers, ","), schedule.empty() ? "" : " --schedule " + shell_word(schedule), plan.name),
      activations.size() * dtypes.size() * passes.size() * tiers.size()};
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::input:
      return "input";
    case Role::output:
      return "output";
    case Role::size:
      return "size";
    case Role::stride:
      return "stride";
    case Role::parameter:
      return "parameter";
    case Role::stream:
      return "stream";
  }
  throw InternalError("aot: an argument without a role");
}

std::string PlannedKernel::symbol(const Target &target) const {
  std::string suffix = variant_name(target);
  std::ranges::replace(suffix, '-', '_');
  return name() + "__" + suffix;
}

std::string variant_name(const Target &target) {
  return all_targets()[rank_of(target)].name;
}

std::string activation_text(const KernelRequest &request) {
  if (!request.row) return definition_text(request);
  // Options are always bound; they are named only where the request did, which shows in the label.
  std::vector<std::pair<std::string, Rational>> named;
  for (const auto &[name, value] : request.bound) {
    const auto constraint = std::ranges::find(request.row->constraints, name, &Constraint::parameter);
    const bool option = constraint != request.row->constraints.end() && constraint->option;
    if (!option || value != definition_of(*request.row).find_parameter(name)->default_value)
      named.emplace_back(name, value);
  }
  const std::string activation(request.row->name);
  if (prefix_of(request.form) + label_of(activation, named) != request.label) named = request.bound;
  std::vector<std::string> values;
  for (const auto &[name, value] : named) values.push_back(name + "=" + to_text(value));
  return with_form(request.form,
                   values.empty() ? activation : fmt::format("{}({})", activation, fmt::join(values, ", ")));
}

std::vector<std::string> canonical_commands(const Plan &plan) {
  const auto [all, emitted] = command_for(plan, plan.kernels);
  if (emitted == plan.kernels.size()) return {all};
  std::vector<std::string> commands;
  for (const PlannedKernel &kernel : plan.kernels) commands.push_back(command_for(plan, {&kernel, 1}).first);
  return commands;
}

Plan plan_library(const LibraryRequest &request) {
  check_library_name(request.name);
  if (request.kernels.empty()) user_error("a library needs a kernel; name an activation, `actinide list` shows all");
  Plan plan{.name = request.name, .kernels = {}, .targets = {}, .cuda_targets = {}, .baseline = {}};
  plan_targets(plan, request.targets);
  for (const KernelRequest &kernel : request.kernels) plan.kernels.push_back(plan_kernel(plan, kernel));
  check_distinct(plan.kernels);
  return plan;
}

}  // namespace actinide::aot
