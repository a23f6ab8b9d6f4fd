// Dependencies point one way (docs/design_decisions.md): reads every #include of ours and fails on one that goes
// backwards.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// What each folder may include of ours. `.` is compiler/ itself: see kTopLevel.
const std::map<std::string, std::set<std::string>> kAllowed = {
    {"expression", {}},
    {"derivative", {"expression"}},
    {"simplify", {"expression", "derivative"}},
    {"approximation", {"expression", "derivative", "simplify"}},
    {"schedules", {}},
    {"lowering", {"approximation", "schedules"}},
    {"codegen", {"expression", "approximation", "lowering", "runtime"}},
    {"accuracy", {"expression"}},
    {"measure", {"accuracy", "schedules"}},
    {"pipeline",
     {"expression", "derivative", "simplify", "approximation", "lowering", "codegen", "schedules", "runtime"}},
    {"aot", {"expression", "approximation", "codegen", "schedules", "pipeline", "runtime"}},
    {"jit", {"expression", "approximation", "codegen", "schedules", "pipeline", "runtime"}},
    {"peers", {}},
    {"bench", {"expression", "codegen", "pipeline", "accuracy", "measure", "jit", "peers", "runtime"}},
    {"cli",
     {"expression", "simplify", "approximation", "codegen", "schedules", "pipeline", "accuracy", "measure", "aot",
      "jit", "bench", "runtime"}},
    {"runtime", {}},
};

// Files of compiler/ itself. Every stage may use the common ones; `activations` and `pipeline` belong to the stage
// "pipeline".
const std::set<std::string> kCommon = {"element.h", "error.h", "exceptions.h", "vocabulary.h"};
const std::set<std::string> kPipeline = {
    "activations", "activation_names", "call_limits", "contract", "cost",        "cuda_kernel",    "facts",
    "from_output", "kernel_functions", "names",       "passes",   "pipeline",    "request",        "row_text",
    "rows",        "shapes",           "signature",   "swept",    "swept_table", "symbolic_kernel"};

// Halide is used by lowering, schedules/apply and the visitor of codegen; LLVM by codegen and those that link or load
// its code.
const std::set<std::string> kMayUseHalide = {"lowering", "schedules", "codegen"};
const std::set<std::string> kMayUseLlvm = {"codegen", "aot", "jit"};

struct Include {
  fs::path file;
  std::string text;
};

std::vector<Include> includes_below(const fs::path &root) {
  static const std::regex directive(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<Include> found;
  for (const char *top : {"compiler", "runtime", "schedules"})
    for (const auto &entry : fs::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp" && extension != ".c" && extension != ".def") continue;
      std::ifstream stream(entry.path());
      for (std::string line; std::getline(stream, line);) {
        std::smatch match;
        if (std::regex_search(line, match, directive))
          found.push_back({fs::relative(entry.path(), root), match[1].str()});
      }
    }
  return found;
}

// The stage that a source file belongs to.
std::string stage_of(const fs::path &file) {
  auto part = file.begin();
  if (*part == "runtime" || *part == "schedules") return *part;
  ++part;
  if (std::next(part) != file.end()) return *part;
  return kPipeline.contains(file.stem()) ? "pipeline" : "common";
}

// The stage that an include names, "common" for the shared headers, empty for headers that aren't ours.
std::string stage_of_include(const std::string &text) {
  const fs::path path(text);
  if (kCommon.contains(text)) return "common";
  if (path.begin() == path.end()) return {};
  const std::string first = *path.begin();
  if (first == "actinide") {
    if (path.filename() == "jit.h") return "jit";
    return path.filename() == "exceptions.h" || path.filename() == "vocabulary.h" ? "common" : "runtime";
  }
  if (std::next(path.begin()) == path.end()) return kPipeline.contains(path.stem()) ? "pipeline" : "";
  return kAllowed.contains(first) ? first : "";
}

std::vector<std::string> violations(const std::vector<Include> &includes) {
  std::vector<std::string> list;
  for (const auto &[file, text] : includes) {
    const std::string from = stage_of(file), to = stage_of_include(text);
    const std::string where = file.string() + " includes " + text;
    if (text.starts_with("Halide") && !kMayUseHalide.contains(from))
      list.push_back(where + ": Halide is not for " + from);
    if (text.starts_with("llvm/") && !kMayUseLlvm.contains(from)) list.push_back(where + ": LLVM is not for " + from);
    if (to.empty() || to == "common" || to == from) continue;
    if (from == "common" || !kAllowed.at(from).contains(to)) list.push_back(where + ": " + from + " may not use " + to);
  }
  return list;
}

TEST(Layering, EveryIncludePointsForward) {
  const std::vector<Include> includes = includes_below(ACTINIDE_SOURCE_DIR);
  ASSERT_GT(includes.size(), 100u) << "the reader found hardly any includes";
  for (const std::string &violation : violations(includes)) ADD_FAILURE() << violation;
}

TEST(Layering, EveryFolderHasARule) {
  for (const auto &entry : fs::directory_iterator(fs::path(ACTINIDE_SOURCE_DIR) / "compiler"))
    if (entry.is_directory()) {
      EXPECT_TRUE(kAllowed.contains(entry.path().filename())) << entry.path().filename();
    }
}

TEST(Layering, WrongWaysAreCaught) {
  const std::vector<Include> wrong = {{"compiler/expression/parser.cpp", "derivative/derivative.h"},
                                      {"compiler/derivative/derivative.cpp", "approximation/evaluate.h"},
                                      {"compiler/approximation/evaluate.cpp", "activations.h"},
                                      {"compiler/simplify/simplify.cpp", "Halide.h"},
                                      {"compiler/lowering/lower.cpp", "llvm/IR/Module.h"},
                                      {"compiler/codegen/module.cpp", "pipeline.h"},
                                      {"runtime/src/kernel.c", "expression/expression.h"},
                                      {"schedules/schedule.cpp", "activations.h"},
                                      {"compiler/expression/parser.cpp", "actinide/jit.h"}};
  for (const Include &include : wrong)
    EXPECT_EQ(violations({include}).size(), 1u) << include.file << " includes " << include.text;
}

TEST(Layering, FilesStayReadable) {
  constexpr int kMostLines = 450;
  for (const char *top : {"compiler", "runtime", "schedules", "tests", "examples", "tools"})
    for (const auto &entry : fs::recursive_directory_iterator(fs::path(ACTINIDE_SOURCE_DIR) / top)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp" && extension != ".c" && extension != ".py") continue;
      std::ifstream stream(entry.path());
      int lines = 0;
      for (std::string line; std::getline(stream, line);) ++lines;
      // Tables of numbers are as long as they are.
      if (entry.path().filename() != "coefficients.cpp") {
        EXPECT_LE(lines, kMostLines) << entry.path();
      }
    }
}

}  // namespace
