#include "cli/npy_header.h"

#include "cli/npy.h"
#include "error.h"

#include <charconv>
#include <set>

namespace actinide::cli {
namespace {

// A reader of the few Python literals that occur.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool accept(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) fail(fmt::format("'{}'", token));
  }

  std::string string() {
    skip_spaces();
    const char quote = rest_.empty() ? '\0' : rest_[0];
    const std::size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) fail("a quoted string");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool boolean() {
    if (accept("True")) return true;
    if (accept("False")) return false;
    fail("True or False");
  }

  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> values;
    expect("(");
    while (!accept(")")) {
      values.push_back(natural());
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
    return values;
  }

  bool at_end() {
    skip_spaces();
    return rest_.empty();
  }

  [[noreturn]] void fail(const std::string &expected) const {
    user_error("its header is malformed: {} expected {}", expected,
               rest_.empty() ? "at its end" : fmt::format("before '{}'", printable(rest_.substr(0, 20))));
  }

 private:
  static std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text.substr(0, text.find('\n'))) shown += c >= ' ' && c <= '~' ? c : '?';
    return shown;
  }

  std::size_t natural() {
    skip_spaces();
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) fail("a length");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  void skip_spaces() {
    const std::size_t start = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
  }

  std::string_view rest_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text) {
  Reader reader(text);
  NpyHeader header;
  std::set<std::string> seen;
  reader.expect("{");
  while (!reader.accept("}")) {
    const std::string key = reader.string();
    reader.expect(":");
    if (key == "descr") {
      // A list here describes records.
      header.descr = reader.accept("[") ? "a record" : reader.string();
      if (header.descr == "a record") return header;
    } else if (key == "fortran_order") {
      header.fortran_order = reader.boolean();
    } else if (key == "shape") {
      header.shape = reader.tuple();
    } else {
      user_error("its header is malformed: unknown entry '{}'", key);
    }
    seen.insert(key);
    if (!reader.accept(",")) {
      reader.expect("}");
      break;
    }
  }
  if (!reader.at_end()) reader.fail("nothing more");
  for (const char *key : {"descr", "fortran_order", "shape"})
    if (!seen.contains(key)) user_error("its header is malformed: no entry '{}'", key);
  return header;
}

std::string to_text(const NpyHeader &header) {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", header.descr,
                     header.fortran_order ? "True" : "False", shape_text(header.shape));
}

}  // namespace actinide::cli
