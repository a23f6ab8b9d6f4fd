#include "schedules/user_database.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace actinide {

namespace fs = std::filesystem;

namespace {

// A program with more rights than its caller listens to no environment.
fs::path variable(const char *name) {
  const char *value = secure_getenv(name);
  return value ? value : "";
}

}  // namespace

fs::path user_state_folder() {
  if (const fs::path state = variable("XDG_STATE_HOME"); state.is_absolute()) return state / "actinide";
  if (const fs::path home = variable("HOME"); home.is_absolute()) return home / ".local" / "state" / "actinide";
  return {};
}

fs::path user_database_file() {
  if (const fs::path file = variable("ACTINIDE_SCHEDULES"); !file.empty()) return file;
  const fs::path folder = user_state_folder();
  return folder.empty() ? folder : folder / "schedules.json";
}

const std::string &user_database_text() {
  static const std::string text = [] {
    std::ifstream stream(user_database_file());
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }();
  return text;
}

}  // namespace actinide
