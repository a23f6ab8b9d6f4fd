#include "codegen/image.h"

#include "error.h"

#include <llvm/ExecutionEngine/RTDyldMemoryManager.h>
#include <llvm/ExecutionEngine/RuntimeDyld.h>
#include <llvm/Object/ObjectFile.h>

#include <memory>

namespace actinide {
namespace {

// Distances may be counted in pages (AArch64): sections lie as far from the begin of a page as they will when they run.
constexpr std::uint64_t page = 4096;

/// Puts sections one behind the other.
class Sections final : public llvm::RTDyldMemoryManager {
 public:
  bool needsToReserveAllocationSpace() override { return true; }
  bool allowStubAllocation() const override { return false; }  // nothing outside is called
  void reserveAllocationSpace(std::uintptr_t code, llvm::Align, std::uintptr_t constants, llvm::Align,
                              std::uintptr_t variables, llvm::Align) override {
    internal_check(variables == 0, "image: a kernel has {} bytes of variables", variables);
    capacity_ = code + constants + page;  // a page for the gaps that alignment leaves
    memory_ = std::make_unique<std::uint8_t[]>(capacity_ + page);
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    begin_ = memory_.get() + (page - address % page) % page;
  }
  std::uint8_t *allocateCodeSection(std::uintptr_t size, unsigned alignment, unsigned, llvm::StringRef) override {
    return allocate(size, alignment);
  }
  std::uint8_t *allocateDataSection(std::uintptr_t size, unsigned alignment, unsigned, llvm::StringRef, bool) override {
    return allocate(size, alignment);
  }
  void registerEHFrames(std::uint8_t *, std::uint64_t, std::size_t) override {}  // a kernel throws nothing
  void deregisterEHFrames() override {}
  bool finalizeMemory(std::string *) override { return false; }

  /// Says to `linker` that the sections will lie at `base`.
  void move(llvm::RuntimeDyld &linker, std::uint64_t base) const {
    for (const std::uint8_t *section : sections_)
      linker.mapSectionAddress(section, base + static_cast<std::uint64_t>(section - begin_));
  }
  std::string bytes() const { return {reinterpret_cast<const char *>(begin_), used_}; }

 private:
  std::uint8_t *allocate(std::size_t size, std::size_t alignment) {
    alignment = std::max<std::size_t>(alignment, 1);
    const std::size_t offset = (used_ + alignment - 1) / alignment * alignment;
    internal_check(offset + size <= capacity_, "image: sections of more than the {} bytes announced", capacity_);
    used_ = offset + size;
    return sections_.emplace_back(begin_ + offset);
  }

  std::unique_ptr<std::uint8_t[]> memory_;
  std::uint8_t *begin_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<std::uint8_t *> sections_;
};

CodeImage image_at(std::uint64_t base, const llvm::object::ObjectFile &object,
                   const std::vector<std::string> &symbols) {
  Sections sections;
  llvm::RuntimeDyld linker(sections, sections);
  linker.loadObject(object);
  sections.move(linker, base);
  linker.resolveRelocations();
  internal_check(!linker.hasError(), "image: {}", linker.getErrorString().str());
  CodeImage image{sections.bytes(), {}};
  for (const std::string &symbol : symbols) {
    const std::uint64_t address = linker.getSymbol(symbol).getAddress();
    internal_check(address >= base && address < base + image.bytes.size(), "image: no function {}", symbol);
    image.functions.push_back(static_cast<std::uint32_t>(address - base));
  }
  return image;
}

}  // namespace

CodeImage make_image(const std::vector<char> &object, const std::vector<std::string> &symbols) {
  auto file = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(object.data(), object.size()), symbols.at(0)));
  if (!file) throw InternalError("image: unreadable object: " + llvm::toString(file.takeError()));
  CodeImage image = image_at(16 * page, **file, symbols);
  // What doesn't change with the place refers to no place.
  internal_check(image.bytes == image_at(0x7f00'0000'0000, **file, symbols).bytes, "image: {} depends on its place",
                 symbols[0]);
  return image;
}

}  // namespace actinide
