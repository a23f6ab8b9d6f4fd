// What a peer is: another library that computes activations, used as its own users would, in a plug-in that is opened
// when it is to be measured. A plug-in is built with flags of its own, so this header holds nothing that is compiled:
// no templates, no functions.
#pragma once

#include <cstddef>

namespace actinide::peers {

/// A kernel that is asked for: names as on the command line, tensors as our kernel takes them.
struct Task {
  const char *activation;  ///< a row of the table
  const char *pass;
  const char *dtype;
  const double *parameters;     ///< one for each of the row's, in its order
  std::size_t parameter_count;  ///< those of them that matter: the others have their defaults
  std::size_t rows, columns;    ///< so many elements; of an element-wise kernel one row
  void *const *buffers;         ///< inputs, then outputs; outlive the work
};

/// A task made ready: what its users do once is done.
class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
};

struct Peer {
  const char *version;
  /// Null if the peer has no such kernel. The caller deletes the work. `task` outlives it, too.
  Work *(*start)(const Task &task);
};

struct Setup {
  const char *target;  ///< `x86-64-v3`: instructions beyond it are not to be used, where the peer can be told
  unsigned threads;
};

}  // namespace actinide::peers

/// The one function of a plug-in. Called once. Null if the peer has nothing for so many threads.
extern "C" __attribute__((visibility("default"))) const actinide::peers::Peer *actinide_peer(
    const actinide::peers::Setup &setup);
