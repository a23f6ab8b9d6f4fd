// The text of a PTX module as words and punctuation.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::ptx {

struct Token {
  std::string text;
  int line;  ///< from 1
};

std::vector<std::string> split_lines(std::string_view text);

/// Words (names, opcodes with their modifiers, directives, numbers) and single punctuation characters; comments to the
/// end of a line are dropped. Throws Error for any other character.
std::vector<Token> tokenize(const std::vector<std::string> &lines);

}  // namespace actinide::ptx
