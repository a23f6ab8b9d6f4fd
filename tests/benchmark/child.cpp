#include "tests/benchmark/child.h"

#include "error.h"

#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <vector>

namespace actinide::speed {
namespace {

using Stream = std::unique_ptr<std::FILE, int (*)(std::FILE *)>;

// CBOR, unlike JSON's text, holds infinite numbers, which errors can be.
[[noreturn]] void answer(int pipe, const std::function<nlohmann::json()> &work) {
  int status = 1;
  try {
    const std::vector<std::uint8_t> bytes = nlohmann::json::to_cbor(work());
    const Stream stream(fdopen(pipe, "w"), std::fclose);
    if (stream && std::fwrite(bytes.data(), 1, bytes.size(), stream.get()) == bytes.size() &&
        std::fflush(stream.get()) == 0)
      status = 0;
  } catch (const std::exception &error) {
    std::cerr << "benchmark: " << error.what() << std::endl;
  }
  _exit(status);
}

}  // namespace

nlohmann::json in_child(const std::function<nlohmann::json()> &work) {
  int ends[2];
  internal_check(pipe(ends) == 0, "there is no pipe");
  const pid_t child = fork();
  internal_check(child >= 0, "there is no process");
  if (child == 0) {
    close(ends[0]);
    answer(ends[1], work);
  }
  close(ends[1]);
  std::vector<std::uint8_t> bytes;
  const Stream stream(fdopen(ends[0], "r"), std::fclose);
  std::uint8_t part[4096];
  while (const std::size_t got = std::fread(part, 1, sizeof part, stream.get()))
    bytes.insert(bytes.end(), part, part + got);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) user_error("the process that measured failed");
  return nlohmann::json::from_cbor(bytes);
}

}  // namespace actinide::speed
