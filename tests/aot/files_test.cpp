#include "aot/files.h"

#include "error.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace actinide {
namespace {
namespace fs = std::filesystem;

std::string read(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Files : public testing::Test {
 protected:
  std::set<std::string> tree() const {
    std::set<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator(root_))
      names.insert(fs::relative(entry.path(), root_).string());
    return names;
  }

  const ScratchDirectory scratch_;
  const fs::path root_ = scratch_.path();
};

TEST_F(Files, AppearTogether) {
  aot::StagedFiles files;
  files.add(root_ / "a/b/one", "1");
  files.add(root_ / "two", std::string("2\0\n", 3));
  EXPECT_FALSE(fs::exists(root_ / "a/b/one"));
  EXPECT_FALSE(fs::exists(root_ / "two"));
  files.commit();
  EXPECT_EQ(tree(), (std::set<std::string>{"a", "a/b", "a/b/one", "two"}));
  EXPECT_EQ(read(root_ / "a/b/one"), "1");
  EXPECT_EQ(read(root_ / "two"), std::string("2\0\n", 3));
}

TEST_F(Files, ReplaceOlderOnes) {
  std::ofstream(root_ / "one") << "old";
  aot::StagedFiles files;
  files.add(root_ / "one", "new");
  EXPECT_EQ(read(root_ / "one"), "old");
  files.commit();
  EXPECT_EQ(read(root_ / "one"), "new");
}

TEST_F(Files, LeaveNothingWithoutCommit) {
  fs::create_directory(root_ / "kept");
  {
    aot::StagedFiles files;
    files.add(root_ / "kept/one", "1");
    files.add(root_ / "made/here/two", "2");
  }
  EXPECT_EQ(tree(), std::set<std::string>{"kept"});
}

// Directories that nobody may write, whoever runs the test (root may write most): below a file, in /proc.
TEST_F(Files, RefuseWhereTheyCanNotBe) {
  std::ofstream(root_ / "file") << "x";
  fs::create_directory(root_ / "directory");
  for (const fs::path &path :
       {root_ / "file/one", root_ / "file/deep/one", root_ / "directory", fs::path("/proc/actinide/one")}) {
    try {
      aot::StagedFiles files;
      files.add(root_ / "new/first", "1");
      files.add(path, "2");
      files.commit();
      ADD_FAILURE() << path << " was written";
    } catch (const UserError &error) {
      const std::string text = error.what();
      EXPECT_TRUE(text.starts_with("can't write ")) << text;
      EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    }
    EXPECT_EQ(tree(), (std::set<std::string>{"directory", "file"})) << path;
  }
}

}  // namespace
}  // namespace actinide
