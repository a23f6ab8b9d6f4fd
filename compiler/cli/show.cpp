// `actinide show`: the life of a kernel, stage by stage.
#include "cli/commands.h"
#include "cli/request.h"
#include "error.h"
#include "pipeline.h"

#include <algorithm>
#include <array>

namespace actinide::cli {
namespace {

// What each stage is, in the order of stage_names().
constexpr std::array kMeanings = {
    "what was asked for; nothing is rounded",
    "the pass, applied to the exact function",
    "the same function, rewritten so that nothing cancels, overflows or loses its tail",
    "each operation as its approximation: every line rounds once, and is what the kernel computes to the bit",
    "the loops that Halide makes around it",
    "the LLVM IR made of that",
    "the machine code",
};

struct Options {
  Activations activation;
  KernelWords words;
  std::string target, stage;
  bool latex = false;
};

// Spaces, as in `stable form`, may be typed as - or _.
std::string find_stage(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '-' || c == '_'; }, ' ');
  const std::vector<std::string> &known = stage_names();
  if (std::ranges::find(known, text) == known.end())
    user_error("unknown stage '{}'; known are: {}", text, fmt::join(known, ", "));
  return text;
}

void show(const Options &options) {
  const KernelWords &words = options.words;
  const KernelRequest request = parse_kernel_request(options.activation.text(), parse_pass(words.pass),
                                                     parse_dtypes(words.dtype), parse_tier(words.tier), words.schedule);
  const Target target = options.target.empty() ? host_target() : parse_target(options.target);
  const std::string wanted = options.stage.empty() ? "" : find_stage(options.stage);
  const auto stages = explain(request, target, options.latex);
  internal_check(stages.size() == kMeanings.size(), "a stage lacks its meaning");
  if (wanted.empty()) fmt::print("{} for {}, tier {}\n", signature_of(request).base_name(), target.name, words.tier);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto &[name, text] = stages[i];
    if (wanted.empty())
      fmt::print("\n== {} of {}: {} - {} ==\n{}", i + 1, stages.size(), name, kMeanings[i], text);
    else if (wanted == name)
      fmt::print("{}", text);
  }
}

}  // namespace

void add_show(const Command &app) {
  auto options = std::make_shared<Options>();
  const Command command = app.subcommand("show", "The life of a kernel, from the definition to assembly");
  options->activation.add_one_to(command);
  options->words.add_to(command);
  command.option("--target", options->target, "A target of `actinide targets` [the best of this machine]");
  command.option("--stage", options->stage, fmt::format("Only this stage: {}", fmt::join(stage_names(), ", ")));
  command.flag("--latex", options->latex, "Expressions as LaTeX");
  command.runs([options] { show(*options); });
}

}  // namespace actinide::cli
