#include "schedules/database.h"

#include "error.h"
#include "schedules/cpu.h"
#include "schedules/schedule.h"
#include "schedules/shipped.h"
#include "schedules/user_database.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace actinide {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const TunedKernel &tuned) {
  return {{"kernel", tuned.kernel},
          {"cpu", tuned.cpu},
          {"target", tuned.target},
          {"schedule", tuned.schedule},
          {"gain_in_cache", tuned.gain_in_cache},
          {"gain_from_memory", tuned.gain_from_memory},
          {"date", tuned.date},
          {"command", tuned.command}};
}

TunedKernel to_tuned(const Json &json) {
  TunedKernel tuned{.cpu = json.at("cpu"),
                    .target = json.at("target"),
                    .kernel = json.at("kernel"),
                    .schedule = json.at("schedule"),
                    .gain_in_cache = json.at("gain_in_cache"),
                    .gain_from_memory = json.at("gain_from_memory"),
                    .date = json.at("date"),
                    .command = json.at("command")};
  with_changes({}, tuned.schedule);  // refuses what is no schedule
  return tuned;
}

// All that this process knows, read once.
struct Known {
  Database user, shipped;
  std::string cpu = cpu_name();

  Known() {
    try {
      user = Database::parse(user_database_text(), user_database_file().string());
    } catch (const UserError &) {
      // `actinide tune` tells of it.
    }
    for (const std::string_view text : shipped_databases()) {
      const Database one = Database::parse(text, "schedules/tuned");
      for (const TunedKernel &tuned : one.all()) shipped.put(tuned);
    }
  }
};

}  // namespace

Database Database::parse(std::string_view text, const std::string &name) {
  Database database;
  if (text.empty()) return database;
  try {
    const Json whole = Json::parse(text);
    for (const Json &json : whole.at("schedules")) database.put(to_tuned(json));
  } catch (const Json::exception &) {  // its text speaks of the parser
    user_error("{} is no database of schedules; remove it, and tune again", name);
  } catch (const UserError &error) {
    user_error("{} has a schedule that isn't one ({}); remove it, and tune again", name, error.what());
  }
  return database;
}

std::string Database::text() const {
  Json list = Json::array();
  for (const TunedKernel &tuned : all_) list.push_back(to_json(tuned));
  return Json{{"schedules", list}}.dump(2) + "\n";
}

const TunedKernel *Database::find(std::string_view cpu, std::string_view target, std::string_view kernel) const {
  const auto found = std::ranges::find_if(all_, [&](const TunedKernel &tuned) {
    return (cpu.empty() || tuned.cpu == cpu) && tuned.target == target && tuned.kernel == kernel;
  });
  return found == all_.end() ? nullptr : &*found;
}

void Database::put(TunedKernel tuned) {
  std::erase_if(all_, [&](const TunedKernel &old) {
    return old.cpu == tuned.cpu && old.target == tuned.target && old.kernel == tuned.kernel;
  });
  all_.push_back(std::move(tuned));
}

const TunedKernel *tuned_kernel(std::string_view target, std::string_view kernel) {
  static const auto *known = new Known;  // never destroyed: threads may still compile when the process exits
  if (const TunedKernel *own = known->user.find(known->cpu, target, kernel)) return own;
  if (const TunedKernel *same = known->shipped.find(known->cpu, target, kernel)) return same;
  return known->shipped.find({}, target, kernel);
}

}  // namespace actinide
