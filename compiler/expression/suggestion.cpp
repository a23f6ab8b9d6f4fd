#include "expression/suggestion.h"

#include <algorithm>
#include <array>
#include <limits>

namespace actinide {
namespace {

constexpr std::size_t longest_name = 64;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower;
}

// The least number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
// (the distance of Damerau and Levenshtein, each place edited once).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, longest_name + 1>;
  Row before{}, previous{}, current{};
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before = previous;
    previous = current;
  }
  return previous[b.size()];
}

// How many edits leave a name of this length recognisable.
std::size_t tolerated_edits(std::size_t length) {
  return length < 2 ? 0 : length < 6 ? 1 : length < 10 ? 2 : 3;
}

}  // namespace

std::optional<std::string> closest_name(std::string_view name, const std::vector<std::string> &known) {
  if (name.empty() || name.size() > longest_name) return std::nullopt;
  const std::string wanted = lower_case(name);
  std::size_t best = std::numeric_limits<std::size_t>::max();
  const std::string *closest = nullptr;
  for (const std::string &candidate : known) {
    if (candidate.empty() || candidate.size() > longest_name) continue;
    const std::string spelling = lower_case(candidate);
    const std::size_t distance = edit_distance(wanted, spelling);
    if (distance > tolerated_edits(std::min(wanted.size(), spelling.size()))) continue;
    // Among equally close names, one with the same first letter is likelier.
    const std::size_t rank = 2 * distance + (wanted[0] == spelling[0] ? 0 : 1);
    if (rank < best) {
      best = rank;
      closest = &candidate;
    }
  }
  return closest ? std::optional(*closest) : std::nullopt;
}

}  // namespace actinide
