#include "tests/cli/command.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/wait.h>
#include <unistd.h>

namespace actinide::testing_support {
namespace {

std::string quoted(const std::string &word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string content(const std::string &file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Scratch {
  std::string folder =
      (std::filesystem::temp_directory_path() / ("actinide_test_" + std::to_string(getpid()))).string();
  Scratch() { std::filesystem::create_directories(folder); }
  ~Scratch() { std::filesystem::remove_all(folder); }
};

}  // namespace

const std::string &scratch_folder() {
  static const Scratch scratch;
  return scratch.folder;
}

Outcome run_actinide(const std::vector<std::string> &arguments) {
  const std::string &folder = scratch_folder();
  std::string line = "cd " + quoted(folder) + " && " + quoted(ACTINIDE_COMMAND);
  for (const std::string &argument : arguments) line += " " + quoted(argument);
  const int status = std::system((line + " </dev/null >stdout.txt 2>stderr.txt").c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = content(folder + "/stdout.txt"),
          .err = content(folder + "/stderr.txt")};
}

}  // namespace actinide::testing_support
