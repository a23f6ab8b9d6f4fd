// The command line as commands see it. CLI11 is behind it: what its header defines and includes takes a compiler longer
// than most of our files.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace actinide::cli {

/// An option of a command, or what stands without a name. A copy is the same option; it lives as long as the command
/// line. Each function changes it and returns it.
class Option {
 public:
  explicit Option(CLI::Option &option) : option_(&option) {}

  Option description(const std::string &text) const;
  Option type_name(const std::string &name) const;
  Option required() const;
  /// What the help gives as the default: a text, or what the variable holds now.
  Option default_text(const std::string &text) const;
  Option default_as_set() const;

  /// Each occurrence takes one word, so that ACT may follow; all of them count.
  Option repeated() const;
  Option words(int least, int most) const;
  Option separated_by(char delimiter) const;
  Option excludes(const Option &other) const;
  Option excludes(const std::string &other) const;

  /// What the command line refuses before a command runs: anything but a number from `low` to `high`, NaN too;
  Option number_between(double low, double high) const;
  /// anything but a whole number without a sign from `least` to `most`, or to the end of 64 bits;
  Option whole_number_from(std::uint64_t least, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
  /// anything but one of these words.
  Option one_of(const std::vector<std::string> &words) const;

 private:
  CLI::Option *option_;
};

/// A command, or one under it, or the whole. A copy is the same command.
class Command {
 public:
  explicit Command(CLI::App &app) : app_(&app) {}

  Command subcommand(const std::string &name, const std::string &description) const;
  void require_subcommand() const;

  /// The variable, which must outlive the command line, keeps its value where the option isn't given. T: std::string,
  /// double, unsigned, std::size_t, vectors of text and of std::size_t.
  template <typename T>
  Option option(const std::string &names, T &variable, const std::string &description) const;
  Option flag(const std::string &names, bool &variable, const std::string &description) const;
  Option flag(const std::string &names, const std::function<void()> &set, const std::string &description) const;

  /// Runs when all of the command line has been read and is right.
  void runs(const std::function<void()> &callback) const;

 private:
  CLI::App *app_;
};

/// Wrong usage that a command finds: `what` is required.
[[noreturn]] void require(const std::string &what);

}  // namespace actinide::cli
