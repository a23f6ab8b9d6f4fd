// Several files that appear together or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace actinide::aot {

/// Files are first written beside their places under temporary names. commit() moves them in place, each atomically;
/// without it, the destructor removes them and the directories made for them. Every failure is a UserError.
class StagedFiles {
 public:
  StagedFiles() = default;
  StagedFiles(const StagedFiles &) = delete;
  StagedFiles &operator=(const StagedFiles &) = delete;
  ~StagedFiles();

  void add(const std::filesystem::path &path, const std::string &content);
  void commit();

 private:
  struct File {
    std::filesystem::path path, temporary;
  };
  void make_directory(const std::filesystem::path &directory);

  std::vector<File> files_;
  std::vector<std::filesystem::path> made_directories_;
};

/// Held by one process at a time, for what is read, changed and written back. The directory is made if it isn't there.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::filesystem::path &directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock &) = delete;
  DirectoryLock &operator=(const DirectoryLock &) = delete;

 private:
  int descriptor_;
};

}  // namespace actinide::aot
