#include "cli/command_line.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace actinide::cli {

Option Option::description(const std::string &text) const {
  return Option(*option_->description(text));
}
Option Option::type_name(const std::string &name) const {
  return Option(*option_->type_name(name));
}
Option Option::required() const {
  return Option(*option_->required());
}
Option Option::default_text(const std::string &text) const {
  return Option(*option_->default_str(text));
}
Option Option::default_as_set() const {
  return Option(*option_->capture_default_str());
}

Option Option::repeated() const {
  return Option(*option_->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false));
}
Option Option::words(int least, int most) const {
  return Option(*option_->expected(least, most));
}
Option Option::separated_by(char delimiter) const {
  return Option(*option_->delimiter(delimiter));
}
Option Option::excludes(const Option &other) const {
  return Option(*option_->excludes(other.option_));
}
Option Option::excludes(const std::string &other) const {
  return Option(*option_->excludes(other));
}

// CLI::Range lets NaN through.
Option Option::number_between(double low, double high) const {
  const auto refusal = [=](const std::string &text) {
    double value = 0;
    const bool fits = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
    return fits ? std::string() : fmt::format("'{}' is no number from {} to {}", text, low, high);
  };
  return Option(*option_->check(CLI::Validator(refusal, fmt::format("[{} - {}]", low, high), "number_between")));
}

// CLI11 takes the sign of one, and what is too long, as it comes.
Option Option::whole_number_from(std::uint64_t least, std::uint64_t most) const {
  const bool open = most == std::numeric_limits<std::uint64_t>::max();
  const auto refusal = [=](const std::string &text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool fits = error == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
    if (fits) return std::string();
    return fmt::format("'{}' is no whole number from {} {}", text, least, open ? "on" : fmt::format("to {}", most));
  };
  const std::string range = open ? "" : fmt::format("[{} - {}]", least, most);
  return Option(*option_->check(CLI::Validator(refusal, range, "whole_number_from")));
}

Option Option::one_of(const std::vector<std::string> &words) const {
  return Option(*option_->check(CLI::IsMember(words)));
}

Command Command::subcommand(const std::string &name, const std::string &description) const {
  return Command(*app_->add_subcommand(name, description));
}
void Command::require_subcommand() const {
  app_->require_subcommand(1);
}

template <typename T>
Option Command::option(const std::string &names, T &variable, const std::string &description) const {
  return Option(*app_->add_option(names, variable, description));
}
template Option Command::option(const std::string &, std::string &, const std::string &) const;
template Option Command::option(const std::string &, double &, const std::string &) const;
template Option Command::option(const std::string &, unsigned &, const std::string &) const;
template Option Command::option(const std::string &, std::size_t &, const std::string &) const;
template Option Command::option(const std::string &, std::vector<std::string> &, const std::string &) const;
template Option Command::option(const std::string &, std::vector<std::size_t> &, const std::string &) const;

Option Command::flag(const std::string &names, bool &variable, const std::string &description) const {
  return Option(*app_->add_flag(names, variable, description));
}
Option Command::flag(const std::string &names, const std::function<void()> &set, const std::string &description) const {
  return Option(*app_->add_flag_callback(names, set, description));
}

void Command::runs(const std::function<void()> &callback) const {
  app_->callback(callback);
}

void require(const std::string &what) {
  throw CLI::RequiredError(what);
}

}  // namespace actinide::cli
