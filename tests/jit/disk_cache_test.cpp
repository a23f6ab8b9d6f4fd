// The cache on disk: what was stored is found as it was, by whoever may; anything else is not found.
#include "jit/disk_cache.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

namespace actinide::jit {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kLimit = 1 << 20;

std::string read(const fs::path &file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path &file, std::string_view content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

std::vector<fs::path> files_in(const fs::path &directory) {
  return {fs::directory_iterator(directory), fs::directory_iterator()};
}

class DiskCacheTest : public testing::Test {
 protected:
  fs::path directory() const { return scratch_.path() / "cache"; }
  DiskCache cache(std::uint64_t limit = kLimit) const { return {directory().string(), limit}; }
  fs::path only_file() const {
    const std::vector<fs::path> files = files_in(directory());
    EXPECT_EQ(files.size(), 1u);
    return files.at(0);
  }

  ScratchDirectory scratch_;
};

TEST_F(DiskCacheTest, FindsWhatWasStored) {
  EXPECT_EQ(cache().find("key"), std::nullopt);
  EXPECT_FALSE(fs::exists(directory())) << "looking makes nothing";
  const std::string content("a\0b", 3);
  cache().store("key", content);
  cache().store("empty", "");
  EXPECT_EQ(cache().find("key"), content);
  EXPECT_EQ(cache().find("empty"), "");
  EXPECT_EQ(cache().find("keys"), std::nullopt);
  cache().store("key", "other");
  EXPECT_EQ(cache().find("key"), "other");
  EXPECT_EQ(cache().content().entries, 2u);
}

TEST_F(DiskCacheTest, IsPrivateToTheUser) {
  cache().store("key", "content");
  EXPECT_EQ(fs::status(directory()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(only_file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(DiskCacheTest, NoByteMayChange) {
  cache().store("key", "content");
  const fs::path file = only_file();
  const std::string stored = read(file);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string tampered = stored;
    tampered[i] = static_cast<char>(tampered[i] ^ (1 << i % 8));
    write(file, tampered);
    EXPECT_EQ(cache().find("key"), std::nullopt) << "byte " << i;
  }
  for (std::size_t size = 0; size < stored.size(); ++size) {
    write(file, stored.substr(0, size));
    EXPECT_EQ(cache().find("key"), std::nullopt) << size << " bytes";
  }
  write(file, stored + '\0');
  EXPECT_EQ(cache().find("key"), std::nullopt);
  cache().store("key", "content");
  EXPECT_EQ(cache().find("key"), "content") << "stored again in the place of what was spoilt";
}

TEST_F(DiskCacheTest, AnEntryServesItsOwnKeyOnly) {
  cache().store("key", "content");
  const fs::path mine = only_file();
  cache().store("other", "other content");
  for (const fs::path &file : files_in(directory()))
    if (file != mine) fs::copy_file(mine, file, fs::copy_options::overwrite_existing);
  EXPECT_EQ(cache().find("other"), std::nullopt);
}

TEST_F(DiskCacheTest, OnlyPlainFilesAreRead) {
  cache().store("key", "content");
  const fs::path file = only_file(), elsewhere = scratch_.path() / "elsewhere";
  fs::rename(file, elsewhere);
  fs::create_symlink(elsewhere, file);
  EXPECT_EQ(cache().find("key"), std::nullopt) << "a link";
  fs::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), S_IRUSR | S_IWUSR), 0);
  EXPECT_EQ(cache().find("key"), std::nullopt) << "a pipe";
  fs::remove(file);
  write(file, "");
  fs::resize_file(file, std::uintmax_t{1} << 40);
  EXPECT_EQ(cache().find("key"), std::nullopt) << "longer than the memory";
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_EQ(cache().find("key"), std::nullopt) << "a directory";
  cache().store("key", "content");
  EXPECT_EQ(files_in(directory()).size(), 1u) << "nothing half-written is left";
}

TEST_F(DiskCacheTest, CanBeMoved) {
  cache().store("key", "content");
  const fs::path moved = scratch_.path() / "moved";
  fs::rename(directory(), moved);
  EXPECT_EQ(cache().find("key"), std::nullopt);
  EXPECT_EQ(DiskCache(moved.string(), kLimit).find("key"), "content");
}

struct Unusable {
  std::string name;
  std::function<void(const fs::path &)> make;
  std::string refusal;
};

class UnusableDirectory : public DiskCacheTest, public testing::WithParamInterface<Unusable> {};

TEST_P(UnusableDirectory, FindsAndStoresNothing) {
  if (GetParam().name == "of_another_user" && geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  cache().store("key", "content");
  GetParam().make(directory());
  EXPECT_EQ(cache().find("key"), std::nullopt);
  cache().store("second", "content");
  EXPECT_EQ(cache().find("second"), std::nullopt);
  EXPECT_EQ(cache().content().entries, 0u);
  EXPECT_EQ(cache().clear().entries, 0u);
  EXPECT_EQ(cache().refusal(), GetParam().refusal);
}

INSTANTIATE_TEST_SUITE_P(
    Directories, UnusableDirectory,
    testing::Values(Unusable{"writable_by_all", [](const fs::path &path) { chmod(path.c_str(), 0777); },
                             "others may write into it"},
                    Unusable{"writable_by_the_group", [](const fs::path &path) { chmod(path.c_str(), 0770); },
                             "others may write into it"},
                    Unusable{"of_another_user",
                             [](const fs::path &path) { EXPECT_EQ(chown(path.c_str(), 65534, 65534), 0); },
                             "it belongs to another user"},
                    Unusable{"a_file",
                             [](const fs::path &path) {
                               fs::remove_all(path);
                               write(path, "");
                             },
                             "Not a directory"}),
    [](const auto &test) { return test.param.name; });

TEST(DiskCache, WithoutADirectoryThereIsNone) {
  for (const char *path : {"", "/dev/null/cache", "/proc/cache"}) {
    DiskCache cache(path, kLimit);
    cache.store("key", "content");
    EXPECT_EQ(cache.find("key"), std::nullopt) << path;
  }
}

TEST_F(DiskCacheTest, AReadOnlyDirectoryServesWhatItHas) {
  cache().store("key", "content");
  chmod(directory().c_str(), 0500);
  EXPECT_EQ(cache().find("key"), "content");
  cache().store("second", "content");
  if (geteuid() != 0) {
    EXPECT_EQ(cache().find("second"), std::nullopt);
  }
  chmod(directory().c_str(), 0700);
}

TEST_F(DiskCacheTest, WhatWasUsedLongestAgoGivesWay) {
  const std::string content(1000, 'c');
  cache().store("used", content);
  cache().store("unused", content);
  for (const fs::path &file : files_in(directory()))
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(24));
  const std::uint64_t limit = 10'000;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(cache(limit).find("used"), content) << i;
    cache(limit).store("key " + std::to_string(i), content);
    EXPECT_LE(cache().content().bytes, limit) << i;
  }
  EXPECT_EQ(cache().find("unused"), std::nullopt);
  EXPECT_EQ(cache().find("key 0"), std::nullopt);
  EXPECT_EQ(cache().find("key 49"), content);
  cache(limit).store("large", std::string(limit, 'c'));
  EXPECT_EQ(cache().find("large"), std::nullopt) << "larger than all that it would push out";
}

TEST_F(DiskCacheTest, OneObjectCountsWhatItStores) {
  DiskCache one(directory().string(), 100'000);
  for (int i = 0; i < 300; ++i) {
    one.store("key " + std::to_string(i), std::string(1000, 'c'));
    EXPECT_LE(one.content().bytes, 100'000 + 100'000 / 16);
  }
}

TEST_F(DiskCacheTest, ClearRemovesEntriesAndNothingElse) {
  cache().store("a", "1");
  cache().store("b", "2");
  write(directory() / "notes.kernel", "mine");
  write(directory() / std::string(32, 'a'), "mine");
  const DiskCacheContent before = cache().content();
  EXPECT_EQ(before.entries, 2u);
  const DiskCacheContent removed = cache().clear();
  EXPECT_EQ(removed.entries, 2u);
  EXPECT_EQ(removed.bytes, before.bytes);
  EXPECT_EQ(files_in(directory()).size(), 2u);
}

// Everyone stores and finds the same keys; whatever is found is whole.
void store_and_find(DiskCache &cache, unsigned seed, std::set<std::string> &wrong) {
  for (unsigned i = 0; i < 400; ++i) {
    seed = seed * 1664525 + 1013904223;
    const std::string key = "key " + std::to_string(seed >> 28);
    std::string content;
    for (int repeat = 0; repeat < 300; ++repeat) content += key;
    if (seed & 1024) cache.store(key, content);
    const auto found = cache.find(key);
    if (found && *found != content) wrong.insert(key);
    if ((seed & 0xff00) == 0) cache.clear();
  }
}

TEST_F(DiskCacheTest, ManyThreadsAndProcesses) {
  std::vector<pid_t> children;
  for (unsigned child = 0; child < 3; ++child)
    if (children.emplace_back(fork()) == 0) {
      DiskCache own = cache(50'000);
      std::set<std::string> wrong;
      store_and_find(own, child, wrong);
      _exit(wrong.empty() ? 0 : 1);
    }
  DiskCache shared = cache(50'000);
  std::vector<std::set<std::string>> wrong(4);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < wrong.size(); ++i)
      threads.emplace_back([&, i] { store_and_find(shared, 100 + i, wrong[i]); });
  }
  for (const auto &keys : wrong) EXPECT_TRUE(keys.empty());
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  for (const fs::path &file : files_in(directory())) EXPECT_NE(file.extension(), ".tmp") << "left behind";
}

TEST(DefaultCacheDirectory, FollowsTheEnvironment) {
  const auto set = [](const char *name, const char *value) { value ? setenv(name, value, 1) : unsetenv(name); };
  const auto directory = [&](const char *own, const char *xdg, const char *home) {
    set("ACTINIDE_CACHE_DIR", own);
    set("XDG_CACHE_HOME", xdg);
    set("HOME", home);
    return default_cache_directory();
  };
  EXPECT_EQ(directory("/own", "/xdg", "/home"), "/own");
  EXPECT_EQ(directory("", "/xdg", "/home"), "") << "none is wanted";
  EXPECT_EQ(directory(nullptr, "/xdg", "/home"), "/xdg/actinide");
  EXPECT_EQ(directory(nullptr, "relative", "/home"), "/home/.cache/actinide");
  EXPECT_EQ(directory(nullptr, nullptr, "/home"), "/home/.cache/actinide");
  EXPECT_EQ(directory(nullptr, nullptr, nullptr), "");
}

}  // namespace
}  // namespace actinide::jit
