#include "tests/ptx/tokens.h"

#include "tests/ptx/error.h"
#include "tests/ptx/kernel.h"

#include <algorithm>

namespace actinide::ptx {
namespace {

constexpr std::string_view word_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$%";
constexpr std::string_view punctuation = ",;:[](){}<>@!+-";

}  // namespace

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines(1);
  for (char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back().push_back(c);
    }
  }
  return lines;
}

std::vector<Token> tokenize(const std::vector<std::string> &lines) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    std::string_view rest = lines[i];
    rest = rest.substr(0, rest.find("//"));
    while (true) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      if (rest.empty()) break;
      std::size_t length = std::min(rest.find_first_not_of(word_characters), rest.size());
      if (length == 0 && punctuation.find(rest.front()) != punctuation.npos) length = 1;
      if (length == 0)
        fail("{}: no PTX that kernels use has the character '{}'", location(lines, number), rest.front());
      tokens.push_back({std::string(rest.substr(0, length)), number});
      rest.remove_prefix(length);
    }
  }
  return tokens;
}

}  // namespace actinide::ptx
