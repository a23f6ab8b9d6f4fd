// What several commands share: how activations and the words of a request come from the command line.
#pragma once

#include "vocabulary.h"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace actinide::cli {

/// ACT... and --define TEXT...
struct Activations {
  std::vector<std::string> names;
  std::vector<std::string> definitions;

  void add_to(CLI::App &command);
  /// For a command that takes one activation.
  void add_one_to(CLI::App &command);

  /// The texts to compile, in order: each name that a definition gives is replaced by the definition (with the
  /// parameters that the name binds), and definitions that no name asks for follow. Nothing to compile is wrong usage.
  std::vector<std::string> texts() const;
  /// The same for a command that takes one activation.
  std::string text() const;

 private:
  CLI::Option *add_options(CLI::App &command);
};

/// --pass, --dtype, --tier, --schedule of a single kernel, as text until they are asked for.
struct KernelWords {
  std::string pass = "forward";
  std::string dtype = "f32";
  std::string tier = "standard";
  std::string schedule = {};

  void add_to(CLI::App &command);
};

/// Each occurrence of the option takes one word, so that ACT may follow; all of them count.
CLI::Option *repeated(CLI::Option *option);

CLI::Option *add_pass(CLI::App &command, std::string &pass);
CLI::Option *add_dtype(CLI::App &command, std::string &dtype);
CLI::Option *add_tier(CLI::App &command, std::string &tier);
CLI::Option *add_schedule(CLI::App &command, std::string &schedule);

/// "forward, derivative, backward": for help texts.
std::string known_passes();
std::string known_dtypes();
std::string known_pairs();  ///< of dtypes
std::string known_tiers();

/// The parts of `a,b,c`. Throws UserError if one is empty.
std::vector<std::string> split_list(const std::string &text, const std::string &what);

}  // namespace actinide::cli
