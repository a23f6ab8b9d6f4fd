#include "jit/package.h"

#include <cstring>
#include <type_traits>

namespace actinide::jit {
namespace {

// Each type's fields, once: to write and to read.
template <typename Archive>
void fields(Archive &archive, DTypes &dtypes) {
  archive(dtypes.inputs, dtypes.outputs);
}
template <typename Archive>
void fields(Archive &archive, TensorLayout &layout) {
  archive(layout.dtype, layout.along, layout.parts, layout.members);
}
template <typename Archive>
void fields(Archive &archive, KernelParameter &parameter) {
  archive(parameter.name, parameter.default_value, parameter.least, parameter.greatest, parameter.integral,
          parameter.range);
}
template <typename Archive>
void fields(Archive &archive, KernelInfo &info) {
  archive(info.name, info.pass, info.dtypes, info.tier, info.inputs, info.outputs, info.parameters, info.formula,
          info.target, info.shape, info.layouts);
}
template <typename Archive>
void fields(Archive &archive, CodeImage &code) {
  archive(code.bytes, code.functions);
}
template <typename Archive>
void fields(Archive &archive, CudaEntry &entry) {
  archive(entry.name, entry.block_threads, entry.thread_elements, entry.alignment, entry.part, entry.inner_is_one,
          entry.teams);
}
template <typename Archive>
void fields(Archive &archive, KernelPackage &package) {
  archive(package.identity, package.info, package.cost, package.sum_words, package.stream_bytes, package.code);
}
template <typename Archive>
void fields(Archive &archive, CudaKernelPackage &package) {
  archive(package.identity, package.info, package.compute_capabilities, package.ptx, package.entries,
          package.multiprocessor_blocks, package.shaped, package.sum_words);
}

template <typename T>
constexpr bool is_plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

// Numbers as they lie in memory: packages stay on the machine. Strings and vectors begin with their size.
class Writer {
 public:
  template <typename... Fields>
  void operator()(Fields &...values) {
    (write(values), ...);
  }
  std::string bytes;

 private:
  void write(std::string &text) {
    write_size(text.size());
    bytes += text;
  }
  template <typename T>
  void write(std::vector<T> &values) {
    write_size(values.size());
    for (T &value : values) write(value);
  }
  template <typename T>
  void write(T &value) {
    if constexpr (is_plain<T>)
      bytes.append(reinterpret_cast<const char *>(&value), sizeof(T));
    else
      fields(*this, value);
  }
  void write_size(std::uint64_t size) { write(size); }
};

// Once something is missing, everything else stays as it is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <typename... Fields>
  void operator()(Fields &...values) {
    (read(values), ...);
  }
  /// All was there, and nothing else.
  bool done() const { return complete_ && rest_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    complete_ = complete_ && size <= rest_.size();
    if (!complete_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t read_size() {
    std::uint64_t size = 0;
    read(size);
    complete_ = complete_ && size <= rest_.size();  // an element has a byte at least
    return complete_ ? size : 0;
  }
  void read(std::string &text) { text = take(read_size()); }
  template <typename T>
  void read(std::vector<T> &values) {
    values.resize(read_size());
    for (T &value : values) read(value);
  }
  template <typename T>
  void read(T &value) {
    if constexpr (is_plain<T>) {
      const std::string_view bytes = take(sizeof(T));
      if (complete_) std::memcpy(&value, bytes.data(), sizeof(T));
    } else {
      fields(*this, value);
    }
  }

  std::string_view rest_;
  bool complete_ = true;
};

template <typename Package>
std::string written(Package package) {
  Writer writer;
  fields(writer, package);
  return std::move(writer.bytes);
}

}  // namespace

std::string to_bytes(const KernelPackage &package) {
  return written(package);
}
std::string to_bytes(const CudaKernelPackage &package) {
  return written(package);
}

template <typename Package>
std::optional<Package> from_bytes(std::string_view bytes) {
  Reader reader(bytes);
  Package package;
  fields(reader, package);
  return reader.done() ? std::optional(std::move(package)) : std::nullopt;
}
template std::optional<KernelPackage> from_bytes(std::string_view bytes);
template std::optional<CudaKernelPackage> from_bytes(std::string_view bytes);

}  // namespace actinide::jit
