#include "jit/loader.h"

#include "error.h"

#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/ExecutorProcessControl.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/Support/MemoryBuffer.h>

#include <atomic>

namespace actinide::jit {
namespace {

// An object that Actinide has made must link: anything else is a bug of ours.
template <typename T>
T expect(llvm::Expected<T> result, const std::string &what) {
  if (result) return std::move(*result);
  throw InternalError(fmt::format("{}: {}", what, llvm::toString(result.takeError())));
}

void expect(llvm::Error error, const std::string &what) {
  if (error) throw InternalError(fmt::format("{}: {}", what, llvm::toString(std::move(error))));
}

}  // namespace

struct Loader::Impl {
  llvm::orc::ExecutionSession session{
      expect(llvm::orc::SelfExecutorProcessControl::Create(), "starting the just-in-time linker")};
  llvm::orc::ObjectLinkingLayer layer{session};
  std::atomic<unsigned> count{0};

  ~Impl() { llvm::consumeError(session.endSession()); }
};

Loader::Loader() : impl_(std::make_unique<Impl>()) {}
Loader::~Loader() = default;

actinide_kernel_function Loader::load(const std::vector<char> &object, const std::string &symbol) {
  // Each object is a library of its own, so that kernels of the same name for different targets live side by side.
  const std::string library = fmt::format("{}#{}", symbol, impl_->count++);
  llvm::orc::JITDylib &dylib = impl_->session.createBareJITDylib(library);
  expect(impl_->layer.add(dylib, llvm::MemoryBuffer::getMemBufferCopy({object.data(), object.size()}, library)),
         "adding " + library);
  const llvm::orc::ExecutorSymbolDef address =
      expect(impl_->session.lookup({&dylib}, impl_->session.intern(symbol)), "linking " + library);
  return address.getAddress().toPtr<actinide_kernel_function>();
}

}  // namespace actinide::jit
