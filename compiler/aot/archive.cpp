#include "aot/archive.h"

#include "error.h"

#include <llvm/Object/ArchiveWriter.h>
#include <llvm/Support/MemoryBuffer.h>

namespace actinide::aot {
namespace {

llvm::object::Archive::Kind kind_of(ObjectFormat format) {
  switch (format) {
    case ObjectFormat::elf:
      return llvm::object::Archive::K_GNU;
    case ObjectFormat::macho:
      return llvm::object::Archive::K_DARWIN;
    case ObjectFormat::coff:
      return llvm::object::Archive::K_COFF;
    case ObjectFormat::ptx:
      break;
  }
  throw InternalError("aot: an object format without an archive");
}

}  // namespace

std::string archive_of(const std::vector<Member> &members, ObjectFormat format) {
  std::vector<llvm::NewArchiveMember> entries;
  for (const Member &member : members)
    entries.emplace_back(llvm::MemoryBufferRef({member.object.data(), member.object.size()}, member.name));
  auto buffer = llvm::writeArchiveToBuffer(entries, llvm::SymtabWritingMode::NormalSymtab, kind_of(format),
                                           /*Deterministic=*/true, /*Thin=*/false);
  if (!buffer) throw InternalError("aot: no archive: " + llvm::toString(buffer.takeError()));
  return (*buffer)->getBuffer().str();
}

}  // namespace actinide::aot
