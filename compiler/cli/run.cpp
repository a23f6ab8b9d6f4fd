// `actinide run`: one kernel, compiled just in time, on numbers of the command line or of .npy files.
#include "actinide/jit.h"
#include "cli/commands.h"
#include "cli/extents.h"
#include "cli/npy.h"
#include "cli/number.h"
#include "cli/request.h"
#include "cli/table.h"
#include "error.h"
#include "pipeline.h"

#include <algorithm>
#include <optional>

namespace actinide::cli {
namespace {

constexpr std::size_t kMostRows = 20;  // of a file that are printed

struct Options {
  Activations activation;
  std::string pass = "forward", tier = "standard", schedule, dtype;
  std::vector<std::string> values, inputs, outputs;
  std::string dy, y;
  std::vector<std::string> g;
};

NpyArray parse_values(const std::string &text, DType dtype) {
  const std::vector<std::string> parts = split_list(text, "--values");
  NpyArray array = zeros(dtype, {parts.size()});
  for (std::size_t i = 0; i < parts.size(); ++i) array.set(i, parse_number(parts[i], dtype, "--values"));
  return array;
}

// What is asked for; nothing: what the files have, or f32.
std::optional<DTypes> wanted_dtypes(const Options &options) {
  return options.dtype.empty() ? std::nullopt : std::optional(parse_dtypes(options.dtype));
}

std::optional<DType> dtype_of_arguments(const Options &options) {
  const auto wanted = wanted_dtypes(options);
  if (!wanted) return std::nullopt;
  return options.y.empty() ? wanted->inputs : wanted->outputs;
}

// The tensors of functions of x, in the order of the definition's inputs; in backward_from_output, y.
std::vector<NpyArray> read_arguments(const Options &options) {
  std::vector<NpyArray> arrays;
  std::vector<std::string> files = options.inputs;
  if (!options.y.empty()) {
    if (!options.values.empty() || !files.empty())
      user_error("--y takes the place of --values and --input; leave these out");
    files = {options.y};
  }
  if (options.values.empty() && files.empty()) require("--values or --input");
  const auto wanted = dtype_of_arguments(options);
  for (const std::string &text : options.values) arrays.push_back(parse_values(text, wanted.value_or(DType::f32)));
  for (const std::string &file : files) {
    arrays.push_back(read_npy(file, wanted));
    if (wanted && *wanted != arrays.back().dtype)
      user_error("{} holds {}; leave out --dtype {} or convert the file", file, to_string(arrays.back().dtype),
                 options.dtype);
  }
  return arrays;
}

// What comes from above; 1 everywhere unless a file gives it.
NpyArray read_factor(const std::string &file, DType dtype, const ArrayShape &shape) {
  if (!file.empty()) return read_npy(file, dtype);
  NpyArray ones = zeros(dtype, shape);
  for (std::size_t i = 0; i < ones.size(); ++i) ones.set(i, 1);
  return ones;
}

bool has_dy(Pass pass) {
  return pass == Pass::backward || pass == Pass::backward_from_output || pass == Pass::double_backward ||
         pass == Pass::parameter_gradient;
}

void check_options(const Options &options, Pass pass) {
  if (pass != Pass::backward_from_output && !options.y.empty())
    user_error("--y is for --pass backward_from_output only; leave it out");
  if (!has_dy(pass) && !options.dy.empty()) user_error("--dy is for the backward passes only; leave it out");
  if (pass != Pass::double_backward && !options.g.empty())
    user_error("--g is for --pass double_backward only; leave it out");
}

// The files of the tensors that only multiply, in the kernel's order: g for each input, then dy; empty where none is
// given.
std::vector<std::string> factor_files(const Options &options, std::size_t factors) {
  const std::size_t g = factors == 0 ? 0 : factors - 1;
  if (!options.g.empty() && options.g.size() != g)
    user_error("--g is given {} times for {} inputs; give it once for each, or leave it out", options.g.size(), g);
  std::vector<std::string> files = options.g;
  files.resize(g);
  if (factors > 0) files.push_back(options.dy);
  return files;
}

// How many of the kernel's first inputs only multiply: all but the definition's.
std::size_t factor_count(const KernelInfo &info, Pass pass, std::size_t arguments) {
  const std::size_t factors = pass == Pass::double_backward ? info.inputs.size() / 2 + 1 : has_dy(pass) ? 1 : 0;
  const auto taken = std::span(info.inputs).subspan(factors);
  if (arguments != taken.size())
    user_error("{} takes {} ({}), not {} inputs; give --values or --input once for each", info.name, taken.size(),
               fmt::format("{}", fmt::join(taken, ", ")), arguments);
  return factors;
}

void check_tensors(const KernelInfo &info, const std::vector<NpyArray> &tensors,
                   const std::vector<ArrayShape> &expected) {
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].shape != expected[i] || tensors[i].dtype != info.layouts[i].dtype)
      user_error("{} is {} {}, but {} {} is needed beside the other inputs", info.inputs[i],
                 to_string(tensors[i].dtype), shape_text(tensors[i].shape), to_string(info.layouts[i].dtype),
                 shape_text(expected[i]));
}

// One line for each element: the inputs, then the outputs, in the fewest digits that read back as the same number.
void print_elements(const std::vector<std::string> &headings, const std::vector<NpyArray> &tensors, std::size_t most) {
  Table table(headings);
  const std::size_t size = tensors[0].size();
  for (std::size_t i = 0; i < std::min(size, most); ++i) {
    std::vector<std::string> row;
    for (const NpyArray &tensor : tensors) row.push_back(number_text(tensor.get(i), tensor.dtype));
    table.add(std::move(row));
  }
  fmt::print("{}", table.text());
  if (size > most) fmt::print("... {} more; --output FILE.npy writes them all\n", size - most);
}

// One line for each tensor, where they differ in size.
void print_tensors(const std::vector<std::string> &headings, const std::vector<NpyArray> &tensors, std::size_t most) {
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    std::vector<std::string> numbers;
    for (std::size_t i = 0; i < std::min(tensors[t].size(), most); ++i)
      numbers.push_back(number_text(tensors[t].get(i), tensors[t].dtype));
    const std::size_t rest = tensors[t].size() - numbers.size();
    fmt::print("{} {}: {}{}\n", headings[t], shape_text(tensors[t].shape), fmt::join(numbers, ", "),
               rest > 0 ? fmt::format(", ... {} more; --output FILE.npy writes them all", rest) : "");
  }
}

void print(const KernelInfo &info, const std::vector<NpyArray> &tensors, std::size_t most) {
  std::vector<std::string> headings = info.inputs;
  headings.insert(headings.end(), info.outputs.begin(), info.outputs.end());
  const auto same_size = [&](const NpyArray &tensor) { return tensor.size() == tensors[0].size(); };
  std::ranges::all_of(tensors, same_size) ? print_elements(headings, tensors, most)
                                          : print_tensors(headings, tensors, most);
}

int call(const Kernel &kernel, std::vector<NpyArray> &tensors, const Extents &extents) {
  std::vector<void *> buffers;
  for (NpyArray &tensor : tensors) buffers.push_back(tensor.data.data());
  if (has_one_extent(kernel.info().shape)) return kernel.run(buffers.data(), extents.inner);
  return kernel.run(buffers.data(), extents);
}

void run(const Options &options) {
  const Pass pass = parse_pass(options.pass);
  const Tier tier = parse_tier(options.tier);
  check_options(options, pass);
  const std::string activation = options.activation.text();
  std::vector<NpyArray> arguments = read_arguments(options), tensors;
  const DTypes dtypes = wanted_dtypes(options).value_or(arguments.back().dtype);
  const Kernel kernel = Compiler().kernel(activation, pass, dtypes, {.tier = tier, .schedule = options.schedule});
  const KernelInfo &info = kernel.info();
  if (!options.outputs.empty() && options.outputs.size() != info.outputs.size())
    user_error("{} gives {} ({}); name a file for each by --output", info.name, info.outputs.size(),
               fmt::format("{}", fmt::join(info.outputs, ", ")));

  const std::size_t factors = factor_count(info, pass, arguments.size());
  std::vector<ArrayShape> argument_shapes, shapes;
  for (const NpyArray &argument : arguments) argument_shapes.push_back(argument.shape);
  const Extents extents = extents_of(info, argument_shapes);
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    const bool given = i >= factors && i < info.inputs.size();
    shapes.push_back(given ? argument_shapes[i - factors] : shape_of(info, i, extents, factors, argument_shapes[0]));
  }
  const std::vector<std::string> files = factor_files(options, factors);
  for (std::size_t i = 0; i < factors; ++i) tensors.push_back(read_factor(files[i], info.layouts[i].dtype, shapes[i]));
  std::ranges::move(arguments, std::back_inserter(tensors));
  check_tensors(info, tensors, shapes);
  for (std::size_t i = info.inputs.size(); i < shapes.size(); ++i)
    tensors.push_back(zeros(info.layouts[i].dtype, shapes[i]));
  const int status = call(kernel, tensors, extents);
  if (status != ACTINIDE_OK) user_error("{}: {}", info.name, actinide_status_string(status));

  for (std::size_t i = 0; i < options.outputs.size(); ++i) {
    const NpyArray &output = tensors[info.inputs.size() + i];
    write_npy(options.outputs[i], output);
    fmt::print("{}: {} of {}, {} {}\n", options.outputs[i], info.outputs[i], info.name, to_string(output.dtype),
               shape_text(output.shape));
  }
  if (options.outputs.empty())
    print(info, tensors, options.inputs.empty() ? std::numeric_limits<std::size_t>::max() : kMostRows);
}

}  // namespace

void add_run(const Command &app) {
  auto options = std::make_shared<Options>();
  const Command command = app.subcommand("run", "Compile one kernel just in time and run it on data");
  options->activation.add_one_to(command);
  add_pass(command, options->pass);
  add_tier(command, options->tier);
  add_schedule(command, options->schedule);
  add_dtype(command, options->dtype).default_text("f32, or that of the files");
  const auto repeatable = [&](const char *name, std::vector<std::string> &list, const char *help, const char *type) {
    return command.option(name, list, help).type_name(type).repeated();
  };
  const Option values = repeatable("--values", options->values, "Numbers; once for each input", "A,B,..");
  repeatable("--input", options->inputs,
             "A .npy file (float16, float32, float64, or uint16 with --dtype bf16); once for each input", "X.npy")
      .excludes(values);
  command.option("--dy", options->dy, "For the passes backward...: the gradient from above; 1 everywhere if left out")
      .type_name("D.npy");
  command.option("--y", options->y, "For --pass backward_from_output: the output, as --input would give it")
      .type_name("Y.npy");
  repeatable("--g", options->g,
             "For --pass double_backward: the gradient of dx, once for each input; 1 everywhere if left out", "G.npy");
  repeatable("--output", options->outputs, "Write the result instead of printing it", "Y.npy");
  command.runs([options] { run(*options); });
}

}  // namespace actinide::cli
