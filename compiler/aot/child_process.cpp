#include "aot/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

extern char **environ;

namespace actinide::aot {
namespace {
namespace fs = std::filesystem;

/// Starts the program with its output going to a file. Empty if it can't be started.
std::optional<pid_t> start(const fs::path &program, const std::vector<std::string> &arguments, const fs::path &output) {
  std::string name = program.filename();
  std::vector<std::string> copies = arguments;
  std::vector<char *> argv = {name.data()};
  for (std::string &argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  if (posix_spawn_file_actions_init(&files) != 0) return std::nullopt;
  pid_t child = 0;
  const bool started = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
                       posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(),
                                                        O_WRONLY | O_CREAT | O_TRUNC, 0600) == 0 &&
                       posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO) == 0 &&
                       posix_spawn(&child, program.c_str(), &files, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&files);
  if (!started) return std::nullopt;
  return child;
}

/// Waits for the child and takes its status. Empty if it didn't exit by itself in time.
std::optional<int> exit_status(pid_t child, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return std::nullopt;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (ended != child || !WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::error_code error;
  const fs::path root = fs::temp_directory_path(error);
  if (error) return;
  std::string name = root / "actinide_XXXXXX";
  if (mkdtemp(name.data()) != nullptr) path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

std::optional<ProgramResult> run_program(const fs::path &program, const std::vector<std::string> &arguments,
                                         std::chrono::milliseconds limit) {
  const ScratchDirectory scratch;
  if (scratch.path().empty()) return std::nullopt;
  const fs::path output = scratch.path() / "output";
  const std::optional<pid_t> child = start(program, arguments, output);
  if (!child) return std::nullopt;
  const std::optional<int> status = exit_status(*child, limit);
  if (!status) return std::nullopt;
  std::ifstream file(output, std::ios::binary);
  return ProgramResult{*status, {std::istreambuf_iterator<char>(file), {}}};
}

}  // namespace actinide::aot
