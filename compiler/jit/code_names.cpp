#include "jit/code_names.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

// The interface between a program and gdb, as gdb's manual gives it ("JIT Compilation Interface"): gdb finds both by
// their names, stops in the function and reads the list.
extern "C" {

enum { jit_no_action = 0, jit_register = 1, jit_unregister = 2 };

struct jit_code_entry {
  jit_code_entry *next, *previous;
  const char *file;
  std::uint64_t bytes;
};

struct jit_descriptor {
  std::uint32_t version;
  std::uint32_t action;
  jit_code_entry *relevant, *first;
};

extern jit_descriptor __jit_debug_descriptor;
jit_descriptor __jit_debug_descriptor = {1, jit_no_action, nullptr, nullptr};

void __jit_debug_register_code();
[[gnu::noinline]] void __jit_debug_register_code() {
  asm volatile("" ::: "memory");
}
}

namespace actinide::jit {
namespace {

bool wanted(const char *variable) {
  const char *value = secure_getenv(variable);
  return value && std::string_view(value) == "1";
}

void add_to_perf_map(const void *code, std::size_t bytes, const std::string &name) {
  // /tmp is everybody's: only a file of this user's own is written.
  const int file = open(fmt::format("/tmp/perf-{}.map", getpid()).c_str(),
                        O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return;
  struct stat status {};
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid()) {
    // One write: lines of several threads don't mix.
    const std::string line = fmt::format("{:x} {:x} {}\n", reinterpret_cast<std::uintptr_t>(code), bytes, name);
    [[maybe_unused]] const ssize_t written = write(file, line.data(), line.size());
  }
  close(file);
}

// Names of sections, and behind them that of the function.
constexpr std::string_view section_names("\0.text\0.symtab\0.strtab\0", 23);
constexpr Elf64_Word text_name = 1, symbols_name = 7, strings_name = 15, function_name = 23;

/// An object file that says no more than: at `code` begins the function `name`.
std::string object_file(const void *code, std::size_t bytes, const std::string &name) {
  const std::string strings = std::string(section_names) + name + '\0';
  struct {
    Elf64_Ehdr header;
    Elf64_Shdr sections[4];  // none, .text, .symtab, .strtab
    Elf64_Sym symbols[2];    // none, the function
  } file{};
  const auto address = reinterpret_cast<std::uintptr_t>(code);
  std::memcpy(file.header.e_ident, ELFMAG, SELFMAG);
  file.header.e_ident[EI_CLASS] = ELFCLASS64;
  file.header.e_ident[EI_DATA] = ELFDATA2LSB;
  file.header.e_ident[EI_VERSION] = EV_CURRENT;
  file.header.e_type = ET_EXEC;
#if defined(__aarch64__)
  file.header.e_machine = EM_AARCH64;
#else
  file.header.e_machine = EM_X86_64;
#endif
  file.header.e_version = EV_CURRENT;
  file.header.e_shoff = offsetof(decltype(file), sections);
  file.header.e_ehsize = sizeof file.header;
  file.header.e_shentsize = sizeof file.sections[0];
  file.header.e_shnum = 4;
  file.header.e_shstrndx = 3;
  file.sections[1] = {text_name, SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, address, 0, bytes, 0, 0, 16, 0};
  file.sections[2] = {symbols_name,        SHT_SYMTAB, 0, 0, offsetof(decltype(file), symbols),
                      sizeof file.symbols, 3,          1, 8, sizeof file.symbols[0]};
  file.sections[3] = {strings_name, SHT_STRTAB, 0, 0, sizeof file, strings.size(), 0, 0, 1, 0};
  file.symbols[1] = {function_name, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_DEFAULT, 1, address, bytes};
  return std::string(reinterpret_cast<const char *>(&file), sizeof file) + strings;
}

std::mutex &descriptor_mutex() {
  static auto *mutex = new std::mutex;  // never destroyed: kernels may be, when the process exits
  return *mutex;
}

void tell_gdb(std::uint32_t action, jit_code_entry &entry) {
  __jit_debug_descriptor.action = action;
  __jit_debug_descriptor.relevant = &entry;
  __jit_debug_register_code();
}

}  // namespace

struct CodeName::DebugObject {
  explicit DebugObject(std::string object) : file(std::move(object)) {
    const std::lock_guard lock(descriptor_mutex());
    entry = {__jit_debug_descriptor.first, nullptr, file.data(), file.size()};
    if (entry.next) entry.next->previous = &entry;
    __jit_debug_descriptor.first = &entry;
    tell_gdb(jit_register, entry);
  }
  ~DebugObject() {
    const std::lock_guard lock(descriptor_mutex());
    (entry.previous ? entry.previous->next : __jit_debug_descriptor.first) = entry.next;
    if (entry.next) entry.next->previous = entry.previous;
    tell_gdb(jit_unregister, entry);
  }

  const std::string file;
  jit_code_entry entry{};
};

CodeName::CodeName(const void *code, std::size_t bytes, const std::string &name) {
  if (wanted("ACTINIDE_PERF_MAP")) add_to_perf_map(code, bytes, name);
  if (wanted("ACTINIDE_GDB")) debug_object_ = std::make_unique<DebugObject>(object_file(code, bytes, name));
}

CodeName::~CodeName() = default;

}  // namespace actinide::jit
