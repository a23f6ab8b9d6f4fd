// The page on the language against ops.def.
#include "expression/expression.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>

namespace actinide {
namespace {

TEST(LanguagePage, ListsEveryFunction) {
  std::ifstream stream(ACTINIDE_SOURCE_DIR "/docs/language.md");
  std::string listed;
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with("| choice |") || line.starts_with("| functions |")) listed += line;
  ASSERT_FALSE(listed.empty()) << "docs/language.md has no table of functions";
  for (const Op op : all_operations()) {
    if (!is_function(info(op).kind)) continue;
    const std::string name(info(op).name);
    EXPECT_TRUE(std::regex_search(listed, std::regex("\\b" + name + "\\b")))
        << "docs/language.md lists the functions without " << name;
  }
}

}  // namespace
}  // namespace actinide
