// What the command line refuses before a command runs.
#pragma once

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>

namespace actinide::cli {

/// A number from `low` to `high`. NaN, which CLI::Range lets through, is none.
inline CLI::Validator number_between(double low, double high) {
  const std::string range = fmt::format("[{} - {}]", low, high);
  const auto refusal = [=](const std::string &text) {
    double value = 0;
    const bool fits = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
    return fits ? std::string() : fmt::format("'{}' is no number from {} to {}", text, low, high);
  };
  return {refusal, range, "number_between"};
}

/// A whole number from `least` to `most`, or to the end of 64 bits: CLI11 takes the sign of one, and what is too long,
/// as it comes.
inline CLI::Validator whole_number_from(std::uint64_t least,
                                        std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
  const auto refusal = [=](const std::string &text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool fits = error == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
    if (fits) return std::string();
    const bool open = most == std::numeric_limits<std::uint64_t>::max();
    return fmt::format("'{}' is no whole number from {} {}", text, least, open ? "on" : fmt::format("to {}", most));
  };
  return {refusal, "", "whole_number_from"};
}

}  // namespace actinide::cli
