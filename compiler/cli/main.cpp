// The `actinide` command. Exit status: 0; 1 if the input or the request was wrong (one clear line on stderr); 2 for
// wrong usage.
#include "cli/commands.h"
#include "error.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace actinide::cli {
namespace {

// CLI11 says only that something is required: here what, where it is a command. Nothing where it is something else.
std::optional<std::string> missing_command(const CLI::App &app, std::span<char *const> words) {
  const CLI::App *at = &app;
  std::size_t depth = 1;
  for (; !at->get_subcommands().empty(); ++depth) at = at->get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::App *command : at->get_subcommands({})) known.push_back(command->get_name());
  if (known.empty()) return std::nullopt;
  return fmt::format(
      "{}; there are {}",
      depth < words.size() ? fmt::format("There is no command '{}'", words[depth]) : "A command is missing",
      fmt::join(known, ", "));
}

int run(int argc, char **argv) {
  CLI::App app{"Actinide compiles activation functions, and their gradients, into fast and accurate kernels."};
  app.name("actinide");
  app.set_version_flag("--version", ACTINIDE_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  for (const auto add : {add_list, add_show, add_explain, add_emit, add_run, add_check, add_bench, add_tune, add_plot,
                         add_targets, add_cache})
    add(Command(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError &error) {
    const auto missing = missing_command(app, {argv, static_cast<std::size_t>(argc)});
    if (!missing) return app.exit(error) == 0 ? 0 : 2;
    fmt::print(stderr, "{}\nRun with --help for more information.\n", *missing);
    return 2;
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return 0;
}

// What is printed may fail at once or when the last of it leaves its buffer.
int run_and_write(int argc, char **argv) {
  int status = 0;
  try {
    status = run(argc, argv);
  } catch (const std::system_error &error) {
    if (std::ferror(stdout)) user_error("writing to standard output failed: {}", error.code().message());
    throw;
  }
  if (std::fflush(stdout) != 0) user_error("writing to standard output failed: {}", std::strerror(errno));
  return status;
}

}  // namespace
}  // namespace actinide::cli

int main(int argc, char **argv) {
  try {
    return actinide::cli::run_and_write(argc, argv);
  } catch (const actinide::UserError &error) {
    fmt::print(stderr, "actinide: {}\n", error.what());
  } catch (const std::bad_alloc &) {
    fmt::print(stderr, "actinide: not enough memory for this request\n");
  } catch (const std::exception &error) {
    fmt::print(stderr, "actinide: internal error, please report: {}\n", error.what());
  }
  return 1;
}
