#include "aot/files.h"

#include "error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace actinide::aot {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path &path, const std::error_code &reason) {
  user_error("can't write {}: {}; choose a directory that you may write", path.string(), reason.message());
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

/// A name in the same directory that no other writer uses.
fs::path temporary_for(const fs::path &path) {
  static std::atomic<unsigned> count = 0;
  return path.parent_path() / fmt::format(".{}.{}.{}.tmp", path.filename().string(), getpid(), count++);
}

void write(const fs::path &path, const std::string &content) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file) refuse(path.parent_path(), last_error());
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const std::error_code reason = last_error();
  if (std::fclose(file) != 0) refuse(path.parent_path(), last_error());
  if (!written) refuse(path.parent_path(), reason);
}

}  // namespace

StagedFiles::~StagedFiles() {
  std::error_code ignored;  // what can't be removed now can't be helped
  for (const File &file : files_) fs::remove(file.temporary, ignored);
  for (auto directory = made_directories_.rbegin(); directory != made_directories_.rend(); ++directory)
    fs::remove(*directory, ignored);
}

void StagedFiles::make_directory(const fs::path &directory) {
  if (directory.empty()) return;
  std::error_code reason;
  if (fs::is_directory(directory, reason)) return;
  make_directory(directory.parent_path());
  if (fs::create_directory(directory, reason)) made_directories_.push_back(directory);
  if (!reason && !fs::is_directory(directory)) reason = std::make_error_code(std::errc::not_a_directory);
  if (reason) refuse(directory, reason);
}

void StagedFiles::add(const fs::path &path, const std::string &content) {
  make_directory(path.parent_path());
  if (fs::is_directory(path)) refuse(path, std::make_error_code(std::errc::is_a_directory));
  files_.push_back({path, temporary_for(path)});
  write(files_.back().temporary, content);
}

void StagedFiles::commit() {
  for (const File &file : files_) {
    std::error_code reason;
    fs::rename(file.temporary, file.path, reason);
    if (reason) refuse(file.path, reason);
  }
  files_.clear();
  made_directories_.clear();
}

// Where a file system has no locks, writers may lose what others add, but no file is ever half of anything.
DirectoryLock::DirectoryLock(const fs::path &directory) {
  const fs::path place = directory.empty() ? fs::path(".") : directory;
  std::error_code reason;
  fs::create_directories(place, reason);
  if (reason) refuse(place, reason);
  descriptor_ = open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) refuse(place, last_error());
  while (flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) continue;
}

DirectoryLock::~DirectoryLock() {
  close(descriptor_);
}

}  // namespace actinide::aot
