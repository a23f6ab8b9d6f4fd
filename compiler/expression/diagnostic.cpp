#include "expression/diagnostic.h"

#include "error.h"

#include <algorithm>
#include <vector>

namespace actinide {
namespace {

// One string for each column: a character as it is; what doesn't print becomes a blank or a question mark.
std::vector<std::string> columns_of(std::string_view text) {
  std::vector<std::string> columns;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    const std::string_view character = text.substr(0, length);
    const auto byte = static_cast<unsigned char>(character[0]);
    const bool control = byte < 0x20 || byte == 0x7f || (byte == 0xc2 && length == 2 && character[1] < '\xa0');
    if (byte == '\t')
      columns.emplace_back(" ");
    else if (control || (length == 1 && byte >= 0x80))
      columns.emplace_back("?");
    else
      columns.emplace_back(character);
    text.remove_prefix(length);
  }
  return columns;
}

std::string join(const std::vector<std::string> &columns, std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = first; i < last; ++i) text += columns[i];
  return text;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f)) return 0;
  if ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f)) return 0;
  return length;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 40;
  const auto columns = columns_of(text.substr(0, 4 * longest + 4));
  const bool cut = columns.size() > longest;
  return fmt::format("'{}{}'", join(columns, 0, cut ? longest : columns.size()), cut ? "..." : "");
}

void fail_at(std::string_view source, std::size_t place, const std::string &message) {
  constexpr std::size_t before = 70, after = 40;
  place = std::min(place, source.size());
  const auto is_break = [](char c) { return c == '\n' || c == '\r'; };
  std::size_t first = place, last = place;
  // A character takes at most four bytes: far more bytes than columns are never needed.
  while (first > 0 && place - first < 4 * before + 4 && !is_break(source[first - 1])) --first;
  while (last < source.size() && last - place < 4 * after + 4 && !is_break(source[last])) ++last;

  const auto left = columns_of(source.substr(first, place - first));
  const auto right = columns_of(source.substr(place, last - place));
  const std::size_t skipped = left.size() > before ? left.size() - before : 0;
  const std::size_t shown = std::min(right.size(), after);
  const std::string start = skipped ? "..." : "";
  const std::string end = shown < right.size() ? "..." : "";
  const std::size_t column = start.size() + left.size() - skipped;
  const std::string line = start + join(left, skipped, left.size()) + join(right, 0, shown) + end;
  if (line.empty()) throw UserError(message);
  throw UserError(fmt::format("{}\n  {}\n  {:{}}^", message, line, "", column));
}

}  // namespace actinide
