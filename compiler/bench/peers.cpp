#include "bench/peers.h"

#include "codegen/target.h"
#include "error.h"

#include <dlfcn.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>

namespace actinide::bench {
namespace {

namespace fs = std::filesystem;

// Beside the program, in the build tree as where it is installed.
fs::path plugin_directory() {
  return fs::canonical("/proc/self/exe").parent_path() / ACTINIDE_PEERS;
}

// The place of a target among those of the plug-ins' levels; beyond all if it is none of x86-64.
std::ptrdiff_t level_of(std::string_view target) {
  const auto found = std::ranges::find(all_targets(), target, &Target::name);
  return found != all_targets().end() && found->architecture == Architecture::x86_64
             ? found - all_targets().begin()
             : std::numeric_limits<std::ptrdiff_t>::max();
}

// The best plug-in of each peer for the target, by name: NAME.so, or NAME.LEVEL.so.
std::map<std::string, fs::path> plugins(const std::string &target) {
  std::map<std::string, fs::path> best;
  std::map<std::string, std::ptrdiff_t> levels;
  std::error_code none;
  for (const auto &entry : fs::directory_iterator(plugin_directory(), none)) {
    if (entry.path().extension() != ".so") continue;
    const fs::path stem = entry.path().stem();
    const std::string level = stem.extension().string(), name = stem.stem().string();
    const std::ptrdiff_t place = level.empty() ? 0 : level_of(level.substr(1));
    if (place > level_of(target) || (best.contains(name) && place < levels[name])) continue;
    best[name] = entry.path();
    levels[name] = place;
  }
  return best;
}

using Entry = decltype(actinide_peer);

const peers::Peer *open(const fs::path &plugin, const peers::Setup &setup) {
  void *const library = dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) user_error("the peer {} can't be opened: {}", plugin.stem().string(), dlerror());
  auto *const entry = reinterpret_cast<Entry *>(dlsym(library, "actinide_peer"));
  internal_check(entry, "{} is no plug-in", plugin.string());
  return entry(setup);
}

// A task that owns what it refers to, and the work made of it.
struct PeerWork {
  std::string activation, pass, dtype;
  std::vector<double> parameters;
  peers::Task task = {};
  std::unique_ptr<peers::Work> work = {};
};

// Every parameter's value, and how many there are up to the last that hasn't its default.
void set_parameters(PeerWork &work, const KernelRequest &request) {
  for (const Parameter &parameter : definition_of(*request.row).parameters) {
    const auto bound = std::ranges::find(request.bound, parameter.name, [](const auto &pair) { return pair.first; });
    const Rational value = bound == request.bound.end() ? parameter.default_value : bound->second;
    work.parameters.push_back(value.get_d());
    if (value != parameter.default_value) work.task.parameter_count = work.parameters.size();
  }
  work.task.parameters = work.parameters.data();
}

// Peers know the rows of the table, in one dtype and by themselves.
bool may_have_peers(const KernelRequest &request) {
  return request.row && request.form == Form() && !request.dtypes.mixed();
}

}  // namespace

std::vector<std::string> installed_peers(const std::string &target) {
  std::vector<std::string> names;
  for (const auto &[name, plugin] : plugins(target)) names.push_back(name);
  return names;
}

std::vector<OpenPeer> open_peers(std::span<const std::string> names, const std::string &target, unsigned threads) {
  static std::map<std::string, const peers::Peer *> opened;
  static const std::string setup_target = target;
  static const peers::Setup setup{setup_target.c_str(), threads};
  internal_check(setup_target == target && setup.threads == threads, "peers were opened for another target");
  const std::map<std::string, fs::path> installed = plugins(target);
  std::vector<OpenPeer> result;
  for (const std::string &name : names) {
    if (std::ranges::find(result, name, &OpenPeer::name) != result.end())
      user_error("the peer {} is named twice", name);
    const auto plugin = installed.find(name);
    if (plugin == installed.end())
      user_error("there is no peer '{}' for {} here; there {}; docs/benchmark.md tells of all", name, target,
                 installed.empty() ? "is none" : fmt::format("are {}", fmt::join(installed_peers(target), ", ")));
    const auto [place, is_new] = opened.try_emplace(name, nullptr);
    // OpenMP's threads, too, of whichever of our threads calls a peer: read where the plug-in loads its library.
    if (is_new) setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 1);
    if (is_new) place->second = open(plugin->second, setup);
    if (place->second) result.push_back({name, place->second});
  }
  return result;
}

std::optional<speed::Contender> peer_contender(const OpenPeer &peer, const KernelRequest &request,
                                               const Extents &extents, void *const *buffers) {
  if (!may_have_peers(request)) return std::nullopt;
  const auto work = std::make_shared<PeerWork>(PeerWork{
      std::string(request.row->name), std::string(to_string(request.pass)), std::string(to_string(request.dtype)), {}});
  work->task = {.activation = work->activation.c_str(),
                .pass = work->pass.c_str(),
                .dtype = work->dtype.c_str(),
                .parameters = nullptr,
                .parameter_count = 0,
                .rows = extents.outer,
                .columns = extents.channels * extents.inner,
                .buffers = buffers};
  set_parameters(*work, request);
  work->work.reset(peer.peer->start(work->task));
  if (!work->work) return std::nullopt;
  return speed::Contender{peer.name, [work] { work->work->run(); }};
}

}  // namespace actinide::bench
