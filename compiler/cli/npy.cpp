#include "cli/npy.h"

#include "cli/npy_header.h"
#include "error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>

#include <unistd.h>

namespace actinide::cli {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "files are little endian and are read as they are");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;           // of the data in the file
constexpr std::size_t kLargestHeader = 1 << 16;  // NumPy itself writes hundreds of bytes at most

// A reader that knows how much is left, so that no size in the file is believed before it is checked.
class File {
 public:
  explicit File(const fs::path &path) {
    std::error_code error;
    if (fs::exists(path, error) && !fs::is_regular_file(path, error)) user_error("it is not a regular file");
    stream_.open(path, std::ios::binary);
    if (!stream_) user_error("it cannot be read: {}", std::strerror(errno));
    left_ = fs::file_size(path);
  }

  std::size_t left() const { return left_; }

  template <typename Bytes>
  Bytes take(std::size_t count, std::string_view what) {
    if (count > left_) user_error("it ends within its {}; it is truncated, save it again", what);
    Bytes bytes(count, {});
    if (!stream_.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(count)))
      user_error("reading its {} failed: {}", what, std::strerror(errno));
    left_ -= count;
    return bytes;
  }

 private:
  std::ifstream stream_;
  std::size_t left_ = 0;
};

// Version 1 has a length of two bytes, later ones of four.
std::size_t take_header_length(File &file) {
  const std::string version = file.take<std::string>(2, "version");
  const int major = static_cast<unsigned char>(version[0]);
  if (major < 1 || major > 3)
    user_error("it has format version {}; versions 1 to 3 are read: save it with a current NumPy", major);
  const std::string bytes = file.take<std::string>(major == 1 ? 2 : 4, "header");
  std::size_t length = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  if (length > kLargestHeader) user_error("its header claims {} bytes; it is corrupt, save it again", length);
  return length;
}

std::string descr_of(DType dtype) {
  return fmt::format("<{}{}", dtype == DType::bf16 ? 'u' : 'f', size_of(dtype));
}

DType dtype_of(const NpyHeader &header, std::optional<DType> wanted) {
  for (const DType dtype : {DType::f32, DType::f64, DType::f16})
    if (header.descr == descr_of(dtype)) return dtype;
  const bool patterns = header.descr == descr_of(DType::bf16);
  if (patterns && wanted && is_16_bit(*wanted)) return *wanted;
  user_error(
      "it holds elements of type {}; float16, float32 and float64 in little-endian order are read, and uint16 with "
      "--dtype bf16: convert it with numpy.astype",
      header.descr);
}

// The bytes of all elements. Lengths beside a 0 must fit the address space, too, for results may have those axes alone;
// nothing where they don't.
std::optional<std::size_t> byte_count(const std::vector<std::size_t> &shape, std::size_t element) {
  std::size_t bytes = element;
  for (const std::size_t length : shape) {
    if (length > std::numeric_limits<std::ptrdiff_t>::max() / bytes) return std::nullopt;
    bytes *= std::max<std::size_t>(length, 1);
  }
  return std::ranges::find(shape, std::size_t{0}) == shape.end() ? bytes : 0;
}

NpyArray read(const fs::path &path, std::optional<DType> wanted) {
  File file(path);
  if (file.left() < kMagic.size() || file.take<std::string>(kMagic.size(), "magic") != kMagic)
    user_error("it is no .npy file; write one with numpy.save");
  const std::size_t header_length = take_header_length(file);
  const NpyHeader header = parse_npy_header(file.take<std::string>(header_length, "header"));
  NpyArray array{.dtype = dtype_of(header, wanted), .shape = header.shape, .data = {}};
  if (header.fortran_order && header.shape.size() > 1)
    user_error("it is in Fortran order; C order is read: save numpy.ascontiguousarray of it");
  const std::optional<std::size_t> bytes = byte_count(array.shape, size_of(array.dtype));
  if (!bytes) user_error("its shape {} is impossible; it is corrupt, save it again", shape_text(array.shape));
  if (*bytes != file.left())
    user_error("its shape {} needs {} bytes of data, but it has {}; it is {}, save it again", shape_text(array.shape),
               *bytes, file.left(), *bytes > file.left() ? "truncated" : "corrupt");
  array.data = file.take<std::vector<std::byte>>(*bytes, "data");
  return array;
}

// Magic, version 1, length, dictionary, spaces up to a line feed that ends on a multiple of the alignment.
std::string head_of(const NpyArray &array) {
  std::string text = to_text(NpyHeader{descr_of(array.dtype), false, array.shape});
  const std::size_t fixed = kMagic.size() + 4;
  text.append(kAlignment - 1 - (fixed + text.size()) % kAlignment, ' ');
  text += '\n';
  std::string head(kMagic);
  head += {'\1', '\0', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return head + text;
}

void write(const fs::path &path, const NpyArray &array) {
  std::ofstream stream(path, std::ios::binary);
  const std::string head = head_of(array);
  stream.write(head.data(), static_cast<std::streamsize>(head.size()));
  stream.write(reinterpret_cast<const char *>(array.data.data()), static_cast<std::streamsize>(array.data.size()));
  stream.close();
  if (!stream) throw fs::filesystem_error("", path, std::error_code(errno, std::generic_category()));
}

// Where a file of this name is, or will be: links lead there and stay.
fs::path behind_links(fs::path file) {
  constexpr int most_links = 40;  // that Linux follows
  std::error_code ignored;
  for (int i = 0; fs::is_symlink(file, ignored); ++i) {
    if (i == most_links) user_error("{}: its symbolic links lead nowhere; name another output", file.string());
    file = file.parent_path() / fs::read_symlink(file);
  }
  return file;
}

}  // namespace

std::string shape_text(const std::vector<std::size_t> &shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

NpyArray zeros(DType dtype, const std::vector<std::size_t> &shape) {
  const std::optional<std::size_t> bytes = byte_count(shape, size_of(dtype));
  if (!bytes) user_error("a tensor of shape {} is larger than any memory", shape_text(shape));
  return {.dtype = dtype, .shape = shape, .data = std::vector<std::byte>(*bytes)};
}

NpyArray read_npy(const fs::path &file, std::optional<DType> wanted) {
  try {
    return read(file, wanted);
  } catch (const UserError &error) {
    throw UserError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

void write_npy(const fs::path &file, const NpyArray &array) {
  std::error_code ignored;
  if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored))
    user_error("{}: it is not a regular file; name another output", file.string());
  const fs::path target = behind_links(file);
  const fs::path part = fmt::format("{}.{}.part", target.string(), getpid());
  try {
    write(part, array);
    fs::rename(part, target);
  } catch (const fs::filesystem_error &error) {
    fs::remove(part, ignored);
    user_error("{}: it cannot be written: {}; name a directory that exists and is yours", file.string(),
               error.code().message());
  }
}

}  // namespace actinide::cli
