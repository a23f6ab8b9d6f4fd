// Where a user's own tuned schedules lie. Only the standard library is needed to find and read them: host programs do.
#pragma once

#include <filesystem>
#include <string>

namespace actinide {

/// `actinide` in the user's folder for state: XDG_STATE_HOME if that is absolute, or ~/.local/state. Empty if the
/// environment names neither.
std::filesystem::path user_state_folder();

/// The file that the environment variable ACTINIDE_SCHEDULES names, or else schedules.json in the user's state folder.
/// Empty if the environment names none.
std::filesystem::path user_database_file();

/// What that file held when this process first asked; empty if there is none.
const std::string &user_database_text();

}  // namespace actinide
