// What several commands share: how activations and the words of a request come from the command line.
#pragma once

#include "cli/command_line.h"
#include "vocabulary.h"

#include <string>
#include <vector>

namespace actinide::cli {

/// ACT... and --define TEXT...
struct Activations {
  std::vector<std::string> names;
  std::vector<std::string> definitions;

  void add_to(const Command &command);
  /// For a command that takes one activation.
  void add_one_to(const Command &command);

  /// The texts to compile, in order: each name that a definition gives is replaced by the definition (with the
  /// parameters that the name binds), and definitions that no name asks for follow. Nothing to compile is wrong usage.
  std::vector<std::string> texts() const;
  /// The same for a command that takes one activation.
  std::string text() const;

 private:
  Option add_options(const Command &command);
};

/// --pass, --dtype, --tier, --schedule of a single kernel, as text until they are asked for.
struct KernelWords {
  std::string pass = "forward";
  std::string dtype = "f32";
  std::string tier = "standard";
  std::string schedule = {};

  void add_to(const Command &command);
};

Option add_pass(const Command &command, std::string &pass);
Option add_dtype(const Command &command, std::string &dtype);
Option add_tier(const Command &command, std::string &tier);
Option add_schedule(const Command &command, std::string &schedule);

/// "forward, derivative, backward": for help texts.
std::string known_passes();
std::string known_dtypes();
std::string known_pairs();  ///< of dtypes
std::string known_tiers();

/// The parts of `a,b,c`. Throws UserError if one is empty.
std::vector<std::string> split_list(const std::string &text, const std::string &what);

}  // namespace actinide::cli
