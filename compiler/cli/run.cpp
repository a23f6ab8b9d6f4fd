// `actinide run`: one kernel, compiled just in time, on numbers of the command line or of .npy files.
#include "actinide/jit.h"
#include "cli/commands.h"
#include "cli/npy.h"
#include "cli/request.h"
#include "cli/table.h"
#include "error.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace actinide::cli {
namespace {

constexpr std::size_t kMostRows = 20;  // of a file that are printed

struct Options {
  Activations activation;
  std::string pass = "forward", tier = "standard", dtype;
  std::vector<std::string> values, inputs, outputs;
  std::string dy;
};

// The values of an array as T.
template <typename T>
std::span<T> elements(NpyArray &array) {
  return {reinterpret_cast<T *>(array.data.data()), array.size()};
}

// Calls `body` with the elements of the array in their type.
template <typename Body>
auto visit(NpyArray &array, Body body) {
  return array.dtype == DType::f32 ? body(elements<float>(array)) : body(elements<double>(array));
}

NpyArray make_array(DType dtype, const std::vector<std::size_t> &shape, std::size_t size) {
  return {.dtype = dtype, .shape = shape, .data = std::vector<std::byte>(size * size_of(dtype))};
}

// The number nearest to `text` in the type of `value`.
template <typename T>
void parse_number(const std::string &text, T &value) {
  char *end = nullptr;
  errno = 0;
  if constexpr (std::is_same_v<T, float>)
    value = std::strtof(text.c_str(), &end);
  else
    value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size())
    user_error("--values: '{}' is no number; write 0.5, -1e-3, 0x1.8p3, inf or nan", text);
  if (errno == ERANGE && std::isinf(value))
    user_error("--values: {} is beyond the largest {}; write inf if that is meant", text, to_string(dtype_of<T>));
}

NpyArray parse_values(const std::string &text, DType dtype) {
  const std::vector<std::string> parts = split_list(text, "--values");
  NpyArray array = make_array(dtype, {parts.size()}, parts.size());
  visit(array, [&](auto numbers) {
    for (std::size_t i = 0; i < parts.size(); ++i) parse_number(parts[i], numbers[i]);
  });
  return array;
}

// What the activation is applied to, in the order of the definition's inputs.
std::vector<NpyArray> read_inputs(const Options &options) {
  std::vector<NpyArray> arrays;
  if (options.values.empty() && options.inputs.empty()) throw CLI::RequiredError("--values or --input");
  for (const std::string &text : options.values)
    arrays.push_back(parse_values(text, options.dtype.empty() ? DType::f32 : parse_dtype(options.dtype)));
  for (const std::string &file : options.inputs) {
    arrays.push_back(read_npy(file));
    if (!options.dtype.empty() && parse_dtype(options.dtype) != arrays.back().dtype)
      user_error("{} holds {}; leave out --dtype {} or convert the file", file, to_string(arrays.back().dtype),
                 options.dtype);
  }
  return arrays;
}

// The gradient that comes from above; 1 everywhere unless a file gives it.
NpyArray read_dy(const Options &options, const NpyArray &like) {
  if (!options.dy.empty()) return read_npy(options.dy);
  NpyArray ones = make_array(like.dtype, like.shape, like.size());
  visit(ones, [](auto numbers) { std::ranges::fill(numbers, 1); });
  return ones;
}

void check_tensors(const KernelInfo &info, const std::vector<NpyArray> &tensors) {
  if (tensors.size() != info.inputs.size())
    user_error("{} takes {} ({}), not {} inputs; repeat --values or --input for each", info.name, info.inputs.size(),
               fmt::format("{}", fmt::join(info.inputs, ", ")), tensors.size());
  for (std::size_t i = 1; i < tensors.size(); ++i)
    if (tensors[i].shape != tensors[0].shape || tensors[i].dtype != tensors[0].dtype)
      user_error("{} is {} {} and {} is {} {}; all inputs need the same shape and type", info.inputs[i],
                 to_string(tensors[i].dtype), shape_text(tensors[i].shape), info.inputs[0], to_string(tensors[0].dtype),
                 shape_text(tensors[0].shape));
}

// One line for each element: the inputs, then the outputs, in the fewest digits that read back as the same number.
void print_elements(const KernelInfo &info, std::vector<NpyArray> &tensors, std::size_t most) {
  std::vector<std::string> headings = info.inputs;
  headings.insert(headings.end(), info.outputs.begin(), info.outputs.end());
  Table table(headings);
  const std::size_t size = tensors[0].size();
  for (std::size_t i = 0; i < std::min(size, most); ++i) {
    std::vector<std::string> row;
    for (NpyArray &tensor : tensors)
      row.push_back(visit(tensor, [&](auto numbers) {
        // The sign of a NaN means nothing.
        return std::isnan(numbers[i]) ? std::string("nan") : fmt::format("{}", numbers[i]);
      }));
    table.add(std::move(row));
  }
  fmt::print("{}", table.text());
  if (size > most) fmt::print("... {} more; --output FILE.npy writes them all\n", size - most);
}

void run(const Options &options) {
  const Pass pass = parse_pass(options.pass);
  const Tier tier = parse_tier(options.tier);
  if (pass != Pass::backward && !options.dy.empty()) user_error("--dy is for --pass backward only; leave it out");
  const std::string activation = options.activation.text();
  std::vector<NpyArray> tensors = read_inputs(options);
  if (pass == Pass::backward) tensors.insert(tensors.begin(), read_dy(options, tensors[0]));

  const DType dtype = tensors.back().dtype;
  const Kernel kernel = Compiler().kernel(activation, pass, dtype, {.tier = tier});
  const KernelInfo &info = kernel.info();
  check_tensors(info, tensors);
  if (!options.outputs.empty() && options.outputs.size() != info.outputs.size())
    user_error("{} gives {} ({}); name a file for each by --output", info.name, info.outputs.size(),
               fmt::format("{}", fmt::join(info.outputs, ", ")));

  const std::size_t size = tensors[0].size();
  for (std::size_t i = 0; i < info.outputs.size(); ++i) tensors.push_back(make_array(dtype, tensors[0].shape, size));
  std::vector<void *> buffers;
  for (NpyArray &tensor : tensors) buffers.push_back(tensor.data.data());
  const int status = kernel.run(buffers.data(), size);
  if (status != ACTINIDE_OK) user_error("{}: {}", info.name, actinide_status_string(status));

  for (std::size_t i = 0; i < options.outputs.size(); ++i) {
    write_npy(options.outputs[i], tensors[info.inputs.size() + i]);
    fmt::print("{}: {} of {}, {} {}\n", options.outputs[i], info.outputs[i], info.name, to_string(dtype),
               shape_text(tensors[0].shape));
  }
  if (options.outputs.empty()) print_elements(info, tensors, options.inputs.empty() ? size : kMostRows);
}

}  // namespace

void add_run(CLI::App &app) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand("run", "Compile one kernel just in time and run it on data");
  options->activation.add_one_to(*command);
  add_pass(*command, options->pass);
  add_tier(*command, options->tier);
  add_dtype(*command, options->dtype)->default_str("f32, or that of the files");
  const auto repeatable = [&](const char *name, std::vector<std::string> &list, const char *help, const char *type) {
    return command->add_option(name, list, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  auto *values = repeatable("--values", options->values, "Numbers; once for each input", "A,B,..");
  repeatable("--input", options->inputs, "A .npy file (float32 or float64); once for each input", "X.npy")
      ->excludes(values);
  command->add_option("--dy", options->dy, "For --pass backward: the gradient from above; 1 everywhere if left out")
      ->type_name("D.npy");
  repeatable("--output", options->outputs, "Write the result instead of printing it", "Y.npy");
  command->callback([options] { run(*options); });
}

}  // namespace actinide::cli
