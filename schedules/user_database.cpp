#include "schedules/user_database.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace actinide {

namespace fs = std::filesystem;

fs::path user_database_file() {
  const auto variable = [](const char *name) {
    const char *value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  if (const fs::path file = variable("ACTINIDE_SCHEDULES"); !file.empty()) return file;
  if (const fs::path state = variable("XDG_STATE_HOME"); !state.empty()) return state / "actinide" / "schedules.json";
  if (const fs::path home = variable("HOME"); !home.empty()) return home / ".local/state/actinide/schedules.json";
  return {};
}

const std::string &user_database_text() {
  static const std::string text = [] {
    std::ifstream stream(user_database_file());
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }();
  return text;
}

}  // namespace actinide
