// For peers that are functions or expressions in a loop of the user's own: a table of such loops.
#pragma once

#include "peers/peer.h"

#include <cstring>

// "3.5.1" from numbers that are macros.
#define ACTINIDE_TEXT(number) #number
#define ACTINIDE_VERSION_TEXT(major, minor, patch) \
  ACTINIDE_TEXT(major) "." ACTINIDE_TEXT(minor) "." ACTINIDE_TEXT(patch)

namespace actinide::peers {

struct Loop {
  const char *activation = "";  ///< empty: not here
  const char *pass;
  const char *dtype;
  std::size_t parameters;  ///< that it takes; any further ones must have their defaults
  void (*run)(const Task &task);
};

class LoopWork final : public Work {
 public:
  LoopWork(const Loop &loop, const Task &task) : loop_(loop), task_(task) {}
  void run() override { loop_.run(task_); }

 private:
  const Loop &loop_;
  const Task &task_;
};

/// The loop of a table that does the task; null if none does.
template <typename Table>
Work *start_loop(const Table &table, const Task &task) {
  for (const Loop &loop : table)
    if (std::strcmp(loop.activation, task.activation) == 0 && std::strcmp(loop.pass, task.pass) == 0 &&
        std::strcmp(loop.dtype, task.dtype) == 0 && task.parameter_count <= loop.parameters)
      return new LoopWork(loop, task);
  return nullptr;
}

template <typename T>
constexpr const char *dtype_name() {
  return sizeof(T) == 8 ? "f64" : "f32";
}

}  // namespace actinide::peers
