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

std::vector<actinide_kernel_function> Loader::load(const std::vector<char> &object,
                                                   const std::vector<std::string> &symbols) {
  // Each object is a library of its own, so that kernels of the same name for different targets live side by side.
  const std::string library = fmt::format("{}#{}", symbols.at(0), impl_->count++);
  llvm::orc::JITDylib &dylib = impl_->session.createBareJITDylib(library);
  expect(impl_->layer.add(dylib, llvm::MemoryBuffer::getMemBufferCopy({object.data(), object.size()}, library)),
         "adding " + library);
  std::vector<actinide_kernel_function> functions;
  for (const std::string &symbol : symbols)
    functions.push_back(expect(impl_->session.lookup({&dylib}, impl_->session.intern(symbol)), "linking " + library)
                            .getAddress()
                            .toPtr<actinide_kernel_function>());
  return functions;
}

}  // namespace actinide::jit
