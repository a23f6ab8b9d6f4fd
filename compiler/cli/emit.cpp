// `actinide emit`: kernels as a C library.
#include "aot/library.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "error.h"

#include <fmt/format.h>

namespace actinide::cli {
namespace {

struct Options {
  Activations activations;
  std::string passes = "forward", dtypes = "f32", tier = "standard", schedule, targets, name = "actinide_kernels",
              directory;
};

// By default every target for this machine's architecture and system.
std::vector<Target> wanted_targets(const std::string &text) {
  std::vector<Target> targets;
  const Target host = host_target();
  if (!text.empty())
    for (const std::string &name : split_list(text, "--target")) targets.push_back(parse_target(name));
  else
    for (const Target &target : all_targets())
      if (target.architecture == host.architecture && target.format == host.format) targets.push_back(target);
  return targets;
}

void emit(const Options &options) {
  if (options.directory.empty()) user_error("--output is empty; name the directory to write into");
  LibraryRequest library{.name = options.name, .kernels = {}, .targets = wanted_targets(options.targets)};
  const Tier tier = parse_tier(options.tier);
  for (const std::string &text : options.activations.texts())
    for (const std::string &dtype : split_list(options.dtypes, "--dtype"))
      for (const std::string &pass : split_list(options.passes, "--pass"))
        library.kernels.push_back(
            parse_kernel_request(text, parse_pass(pass), parse_dtypes(dtype), tier, options.schedule));
  write_library(library, options.directory);

  std::vector<std::string> names;
  for (const Target &target : library.targets) names.push_back(target.name);
  fmt::print("{0}/include/{1}.h\n{0}/lib/lib{1}.a\n{0}/{1}.json\n{2} kernel{3} for {4}\n", options.directory,
             library.name, library.kernels.size(), library.kernels.size() == 1 ? "" : "s", fmt::join(names, ", "));
}

}  // namespace

void add_emit(const Command &app) {
  auto options = std::make_shared<Options>();
  const Command command = app.subcommand("emit", "Compile kernels ahead of time into a C library");
  options->activations.add_to(command);
  add_dtype(command, options->dtypes).type_name("D,..");
  add_pass(command, options->passes).type_name("P,..");
  add_tier(command, options->tier);
  add_schedule(command, options->schedule);
  command.option("--target", options->targets, "Targets of `actinide targets` [all of this architecture]")
      .type_name("T,..");
  command.option("--name", options->name, "Prefix of the C functions and name of the library").default_as_set();
  command.option("-o,--output", options->directory, "Where to write include/NAME.h, lib/libNAME.a, NAME.json")
      .type_name("DIR")
      .required();
  command.runs([options] { emit(*options); });
}

}  // namespace actinide::cli
