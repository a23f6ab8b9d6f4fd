// The peers that are installed here: plug-ins of compiler/peers, opened when they are to be measured.
#pragma once

#include "actinide/jit.h"
#include "measure/timing.h"
#include "peers/peer.h"
#include "pipeline.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace actinide::bench {

/// A peer that has been opened. It stays open.
struct OpenPeer {
  std::string name;
  const peers::Peer *peer;
};

/// The names of those that have a plug-in for the target, in order.
std::vector<std::string> installed_peers(const std::string &target);

/// Opens these; those that do nothing on so many threads are left out. Throws UserError, naming what there is, where
/// one isn't installed. A peer is opened once in a process: a second time with another target or number of threads is
/// an InternalError.
std::vector<OpenPeer> open_peers(std::span<const std::string> names, const std::string &target, unsigned threads);

/// The peer's way to do what the request asks for, on tensors as our kernel takes them, which outlive it; nothing if it
/// has no such kernel.
std::optional<speed::Contender> peer_contender(const OpenPeer &peer, const KernelRequest &request,
                                               const Extents &extents, void *const *buffers);

}  // namespace actinide::bench
