// Programs of the machine that tests of emitted libraries use: compilers, `nm`, and what they build.
#pragma once

#include <array>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>

#include <sys/wait.h>

namespace actinide::testing_support {

struct Result {
  int status;
  std::string output;
};

/// Runs a shell command; its exit status, -1 if a signal ended it, and stdout with stderr.
inline Result run(const std::string &command) {
  Result result{-1, ""};
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> buffer;
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
    result.output.append(buffer.data(), count);
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

/// Names that nm lists in the file with the given options.
inline std::set<std::string> symbols(const std::string &options, const std::string &file) {
  std::istringstream lines(run(std::string(ACTINIDE_NM) + " --format=posix " + options + " " + file).output);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() != ':') names.insert(line.substr(0, line.find(' ')));
  }
  return names;
}

/// What an archive needs from elsewhere.
inline std::set<std::string> needs(const std::string &archive) {
  std::set<std::string> needed = symbols("--undefined-only", archive);
  for (const std::string &name : symbols("--defined-only", archive)) needed.erase(name);
  return needed;
}

/// Compiles the header `name`, included twice and alone, as C11 and C++, every warning an error. The first complaint;
/// empty if there is none.
inline std::string complaint_about_header(const std::string &directory, const std::string &name) {
  const std::string include = "#include \\\"" + name + "\\\"\\n";
  for (const char *compiler :
       {ACTINIDE_CC " -std=c11 -x c", ACTINIDE_CXX " -std=c++11 -x c++", ACTINIDE_CXX " -std=c++20 -x c++"}) {
    const Result result = run("printf \"" + include + include + "typedef int not_empty;\\n\" | " + compiler +
                              " -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I" + directory + "/include -");
    if (result.status != 0) return std::string(compiler) + "\n" + result.output;
  }
  return "";
}

}  // namespace actinide::testing_support
