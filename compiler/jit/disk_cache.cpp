#include "jit/disk_cache.h"

#define XXH_INLINE_ALL
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace actinide::jit {
namespace {

constexpr std::string_view magic = "actinide kernel 1\n";
constexpr std::string_view suffix = ".kernel";
constexpr std::string_view temporary_suffix = ".tmp";
constexpr std::size_t digits = 32;  // of a digest

struct Digest {
  XXH128_canonical_t bytes;
  static Digest of(std::string_view text) {
    Digest digest;
    XXH128_canonicalFromHash(&digest.bytes, XXH3_128bits(text.data(), text.size()));
    return digest;
  }
  std::string_view view() const { return {reinterpret_cast<const char *>(bytes.digest), sizeof bytes.digest}; }
  std::string hex() const {
    std::string text;
    for (const unsigned char byte : bytes.digest) {
      constexpr std::string_view hexadecimal = "0123456789abcdef";
      text += hexadecimal[byte >> 4];
      text += hexadecimal[byte & 15];
    }
    return text;
  }
};

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor &&other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor &operator=(Descriptor &&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  operator int() const { return number_; }

 private:
  int number_;
};

bool is_ours(std::string_view name) {
  const bool digest = name.size() > digits && name.find_first_not_of("0123456789abcdef") == digits;
  return digest && (name.ends_with(suffix) || name.ends_with(temporary_suffix));
}

/// The directory, and why it can't be used (then the descriptor is none).
struct Opened {
  Descriptor directory;
  std::string refusal;
};

Opened open_directory(const std::string &path) {
  if (path.empty()) return {Descriptor(), "no directory is known for it"};
  Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory < 0) return {Descriptor(), std::strerror(errno)};
  struct stat status {};
  if (fstat(directory, &status) != 0) return {Descriptor(), std::strerror(errno)};
  // Whoever could put a file there could have us run it.
  if (status.st_uid != geteuid()) return {Descriptor(), "it belongs to another user"};
  if (status.st_mode & (S_IWGRP | S_IWOTH)) return {Descriptor(), "others may write into it"};
  return {std::move(directory), ""};
}

Opened make_directory(const std::string &path) {
  namespace fs = std::filesystem;
  std::error_code reason;
  if (!path.empty() && !fs::exists(path, reason)) {
    fs::create_directories(fs::path(path).parent_path(), reason);
    if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return {Descriptor(), std::strerror(errno)};
  }
  return open_directory(path);
}

/// Not of more than `limit` bytes: no entry is that long.
std::optional<std::string> read_file(int directory, const std::string &name, std::uint64_t limit) {
  const Descriptor file(openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) return std::nullopt;
  if (static_cast<std::uint64_t>(status.st_size) > limit) return std::nullopt;
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t count = 0;
  while (count < content.size()) {
    const ssize_t got = read(file, content.data() + count, content.size() - count);
    if (got == 0 || (got < 0 && errno != EINTR)) return std::nullopt;
    if (got > 0) count += static_cast<std::size_t>(got);
  }
  timespec times[2] = {{0, UTIME_OMIT}, {}};  // it was used now; the file system's own clock is coarser
  clock_gettime(CLOCK_REALTIME, &times[1]);
  futimens(file, times);
  return content;
}

/// False if nothing, or not all, could be written.
bool write_file(int directory, const std::string &name, std::string_view content) {
  const Descriptor file(
      openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file < 0) return false;
  while (!content.empty()) {
    const ssize_t put = write(file, content.data(), content.size());
    if (put < 0 && errno != EINTR) return false;
    if (put > 0) content.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

struct Entry {
  std::string name;
  std::uint64_t bytes;
  timespec used;
};

std::vector<Entry> entries_of(int directory) {
  std::vector<Entry> entries;
  DIR *stream = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!stream) return entries;
  while (const dirent *item = readdir(stream)) {
    struct stat status {};
    if (!is_ours(item->d_name) || fstatat(directory, item->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    entries.push_back({item->d_name, static_cast<std::uint64_t>(status.st_size), status.st_mtim});
  }
  closedir(stream);
  return entries;
}

DiskCacheContent total(const std::vector<Entry> &entries) {
  DiskCacheContent content{entries.size(), 0};
  for (const Entry &entry : entries) content.bytes += entry.bytes;
  return content;
}

// Some room is made at once, so that not every further entry has to.
void evict(int directory, std::uint64_t limit) {
  std::vector<Entry> entries = entries_of(directory);
  std::uint64_t bytes = total(entries).bytes;
  if (bytes <= limit) return;
  std::ranges::sort(entries, {}, [](const Entry &entry) { return std::pair(entry.used.tv_sec, entry.used.tv_nsec); });
  for (const Entry &entry : entries) {
    if (bytes <= limit / 8 * 7) return;
    if (unlinkat(directory, entry.name.c_str(), 0) == 0) bytes -= entry.bytes;
  }
}

}  // namespace

// A file: the magic words, the digest of what follows, the size of the key, the key, the content.
std::optional<std::string> DiskCache::find(std::string_view key) const {
  const Opened opened = open_directory(directory_);
  if (opened.directory < 0) return std::nullopt;
  std::optional<std::string> file = read_file(opened.directory, Digest::of(key).hex() + std::string(suffix), limit_);
  constexpr std::size_t head = magic.size() + sizeof(XXH128_canonical_t);
  if (!file || !file->starts_with(magic) || file->size() < head + sizeof(std::uint64_t)) return std::nullopt;
  std::string_view rest = std::string_view(*file).substr(head);
  if (Digest::of(rest).view() != std::string_view(*file).substr(magic.size(), head - magic.size())) return std::nullopt;
  std::uint64_t key_size = 0;
  std::memcpy(&key_size, rest.data(), sizeof key_size);
  rest.remove_prefix(sizeof key_size);
  if (rest.substr(0, key_size) != key) return std::nullopt;
  return std::string(rest.substr(key_size));
}

void DiskCache::store(std::string_view key, std::string_view content) {
  const std::uint64_t key_size = key.size();
  std::string rest(reinterpret_cast<const char *>(&key_size), sizeof key_size);
  rest.append(key).append(content);
  const std::string file = std::string(magic).append(Digest::of(rest).view()).append(rest);
  if (file.size() > limit_) return;
  const Opened opened = make_directory(directory_);
  if (opened.directory < 0) return;
  static std::atomic<unsigned> count = 0;
  const std::string digest = Digest::of(key).hex();
  const std::string name = digest + std::string(suffix);
  const std::string temporary =
      digest + "." + std::to_string(getpid()) + "." + std::to_string(count++) + std::string(temporary_suffix);
  if (!write_file(opened.directory, temporary, file) ||
      renameat(opened.directory, temporary.c_str(), opened.directory, name.c_str()) != 0) {
    unlinkat(opened.directory, temporary.c_str(), 0);
    return;
  }
  // Counting takes a look at each file: it is done at first, and whenever much has been added since.
  const std::uint64_t before = unseen_.load();
  const std::uint64_t unseen = before > UINT64_MAX - file.size() ? UINT64_MAX : before + file.size();
  unseen_ = unseen > limit_ / 16 ? 0 : unseen;
  if (unseen > limit_ / 16) evict(opened.directory, limit_);
}

DiskCacheContent DiskCache::content() const {
  const Opened opened = open_directory(directory_);
  return opened.directory < 0 ? DiskCacheContent{} : total(entries_of(opened.directory));
}

DiskCacheContent DiskCache::clear() {
  DiskCacheContent removed;
  const Opened opened = open_directory(directory_);
  if (opened.directory < 0) return removed;
  for (const Entry &entry : entries_of(opened.directory)) {
    if (unlinkat(opened.directory, entry.name.c_str(), 0) != 0) continue;
    ++removed.entries;
    removed.bytes += entry.bytes;
  }
  return removed;
}

std::string DiskCache::refusal() const {
  std::error_code ignored;
  if (!directory_.empty() && !std::filesystem::exists(directory_, ignored)) return {};
  return open_directory(directory_).refusal;
}

std::string default_cache_directory() {
  // A program with more rights than its caller listens to no environment.
  if (const char *directory = secure_getenv("ACTINIDE_CACHE_DIR")) return directory;
  const char *caches = secure_getenv("XDG_CACHE_HOME");
  if (caches && *caches == '/') return std::string(caches) + "/actinide";
  const char *home = secure_getenv("HOME");
  return home && *home == '/' ? std::string(home) + "/.cache/actinide" : std::string();
}

}  // namespace actinide::jit
