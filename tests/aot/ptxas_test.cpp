// How a ptxas is found and understood, by scripts in its place; what the real one says is tests/ptx/assembler_test.cpp.
#include "aot/ptxas.h"
#include "error.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>

namespace actinide::aot {
namespace {
namespace fs = std::filesystem;

constexpr const char *ptx = ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry f() { ret; }\n";

/// A directory with a script called ptxas. `assemble` is what it does with PTX, whose path is in $file.
class Toolkit {
 public:
  Toolkit(const std::string &version, const std::string &assemble) {
    fs::create_directories(root_ / "bin");
    std::ofstream(root_ / "bin/ptxas") << "#!/bin/sh\nif [ \"$1\" = --version ]; then " << version
                                       << "; exit; fi\nfor file; do :; done\n"
                                       << assemble << "\n";
    fs::permissions(root_ / "bin/ptxas", fs::perms::owner_all);
  }
  Toolkit(const Toolkit &) = delete;
  Toolkit &operator=(const Toolkit &) = delete;

  const fs::path &root() const { return root_; }
  fs::path bin() const { return root_ / "bin"; }

 private:
  const actinide::ScratchDirectory scratch_;
  const fs::path root_ = scratch_.path();
};

std::string prints_version(const std::string &version) {
  return "echo 'ptxas: NVIDIA (R) Ptx optimizing assembler'; echo 'Cuda compilation tools, release 9.9, V" + version +
         "'";
}

/// Sets a variable of the environment, and back.
class Environment {
 public:
  Environment(const char *name, const std::string &value) : name_(name) {
    if (const char *old = std::getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  Environment(const Environment &) = delete;
  Environment &operator=(const Environment &) = delete;

 private:
  const char *name_;
  std::optional<std::string> old_;
};

std::string found_version() {
  const std::optional<Ptxas> ptxas = Ptxas::find();
  return ptxas ? ptxas->version() : "none";
}

TEST(Ptxas, IsTheFirstThatRuns) {
  const Toolkit first(prints_version("9.9.1"), ""), second(prints_version("9.9.2"), ""), broken("exit 1", ""),
      other("echo something else", "");
  const std::string path = std::getenv("PATH");
  const Environment home("CUDA_HOME", second.root()), cuda_path("CUDA_PATH", first.root());
  {
    const Environment environment("PATH", first.bin().string() + ":" + path);
    EXPECT_EQ(found_version(), "9.9.1") << "the PATH goes before CUDA_HOME";
  }
  {
    const Environment environment("PATH", broken.bin().string() + ":" + other.bin().string());
    EXPECT_EQ(found_version(), "9.9.2") << "what can't say its version is passed over, then CUDA_HOME";
  }
  {
    const Environment environment("PATH", ""), no_home("CUDA_HOME", "");
    EXPECT_EQ(found_version(), "9.9.1") << "CUDA_PATH comes last of the variables";
  }
}

/// What a script in the place of ptxas makes of `ptx`.
std::optional<std::vector<EntryUsage>> assemble(const std::string &script) {
  const Toolkit toolkit(prints_version("9.9.1"), script);
  const Environment environment("PATH", toolkit.bin().string() + ":" + std::getenv("PATH"));
  return Ptxas::find().value().assemble(ptx, parse_target("cuda-sm80"));
}

TEST(Ptxas, TellsWhatEveryEntryUses) {
  const auto usage = assemble(R"(cat <<'END'
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'f' for 'sm_80'
ptxas info    : Function properties for f
    16 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads
ptxas info    : Used 40 registers, used 0 barriers, 372 bytes cmem[0]
ptxas info    : Function properties for f__elements
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 21 registers, used 0 barriers, 372 bytes cmem[0]
END)");
  ASSERT_TRUE(usage);
  ASSERT_EQ(usage->size(), 2u);
  const EntryUsage &first = usage->front(), &second = usage->back();
  EXPECT_EQ(first.entry, "f");
  EXPECT_EQ(first.registers, 40);
  EXPECT_EQ(first.stack_bytes, 16);
  EXPECT_EQ(first.spill_bytes, 12);
  EXPECT_EQ(second.entry, "f__elements");
  EXPECT_EQ(second.registers, 21);
  EXPECT_EQ(second.stack_bytes, 0);
  EXPECT_EQ(second.spill_bytes, 0);
}

TEST(Ptxas, IsAskedForTheTargetOfThePtx) {
  const auto usage = assemble(R"(case "$*" in *-arch=sm_80*) echo "Function properties for $*";; esac)");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->size(), 1u);
}

TEST(Ptxas, SaysNothingWhereItDoesNotKnowTheTarget) {
  EXPECT_FALSE(assemble("echo \"ptxas fatal   : Value 'sm_80' is not defined for option 'gpu-name'\"; exit 255"));
}

TEST(Ptxas, SaysNothingWhereItCrashes) {
  EXPECT_FALSE(assemble("kill -9 $$"));
}

TEST(Ptxas, ThatRefusesOurPtxIsABug) {
  try {
    assemble("if grep -q entry $file; then echo 'ptxas info : hm'; echo 'line 4; error: no such thing'; exit 1; fi");
    ADD_FAILURE() << "nothing was thrown";
  } catch (const InternalError &error) {
    EXPECT_NE(std::string(error.what()).find("ptxas 9.9.1 refuses the PTX for cuda-sm80: line 4; error: no such thing"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace actinide::aot
