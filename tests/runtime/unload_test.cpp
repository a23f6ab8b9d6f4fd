// A plug-in with the runtime inside is loaded, used and unloaded: its threads end before their code goes.
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

namespace {

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

TEST(Unload, EndsTheThreads) {
  const std::ptrdiff_t before = threads();
  for (int round = 0; round < 20; ++round) {
    void *plugin = dlopen(ACTINIDE_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(plugin, nullptr) << dlerror();
    const auto run = reinterpret_cast<int (*)()>(dlsym(plugin, "run_in_parallel"));
    ASSERT_NE(run, nullptr);
    ASSERT_EQ(run(), 0);
    EXPECT_EQ(threads(), before + 3) << "the pool's";
    ASSERT_EQ(dlclose(plugin), 0);
    if (dlopen(ACTINIDE_PLUGIN, RTLD_NOW | RTLD_NOLOAD) != nullptr)
      GTEST_SKIP() << "the plug-in can't be unloaded here";
    // A joined thread leaves the kernel's list a moment later.
    for (int wait = 0; wait < 1000 && threads() != before; ++wait) usleep(1000);
    ASSERT_EQ(threads(), before) << "round " << round;
    // Nothing of the plug-in is left to be called in the child of a fork.
    const pid_t child = fork();
    if (child == 0) _exit(0);
    int status = -1;
    waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
  }
}

}  // namespace
