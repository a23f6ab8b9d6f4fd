#include "tests/ptx/memory.h"

#include "tests/ptx/error.h"

#include <cstring>

namespace actinide::ptx {
namespace {

/// Buffers lie this far apart, so that an address tells its buffer and no index leads from one into the next.
constexpr int buffer_bits = 40;
/// Free memory before each.
constexpr std::uint64_t margin = 1 << 16;

/// Who touched an element: thread or warp number n as n, or:
constexpr std::uint32_t nobody = 0xffffffff;
constexpr std::uint32_t several = 0xfffffffe;
constexpr std::uint32_t warp_threads = 32;

}  // namespace

std::uint64_t Memory::add(std::span<const std::uint8_t> bytes, std::size_t element_bytes, Access access,
                          std::size_t misalignment) {
  if (misalignment % element_bytes != 0) fail("a buffer must be aligned to its elements");
  const std::uint64_t address = (std::uint64_t{buffers_.size() + 1} << buffer_bits) + margin + misalignment;
  const std::vector<Touch> untouched(bytes.size() / element_bytes, Touch{nobody, nobody, 0});
  buffers_.push_back({address, {bytes.begin(), bytes.end()}, element_bytes, access, untouched, untouched});
  return address;
}

std::span<const std::uint8_t> Memory::content(std::uint64_t address) const {
  return buffers_.at((address >> buffer_bits) - 1).bytes;
}

Memory::Place Memory::find(std::uint64_t address, std::size_t element_bytes, std::size_t count) {
  const std::uint64_t index = (address >> buffer_bits) - 1;
  const std::size_t size = count * element_bytes;
  if (index >= buffers_.size()) fail("the address {:#x} lies in no buffer", address);
  Buffer &buffer = buffers_[index];
  // Wraps to something huge for an address before the buffer.
  const std::uint64_t offset = address - buffer.address;
  if (offset >= buffer.bytes.size() || buffer.bytes.size() - offset < size)
    fail("{} bytes at offset {} of a buffer of {} bytes", size, static_cast<std::int64_t>(offset), buffer.bytes.size());
  if (address % size != 0) fail("{} bytes at {:#x} are misaligned", size, address);
  const bool pairs = buffer.element_bytes == 2 && element_bytes == 4;
  if (buffer.element_bytes != element_bytes && !pairs && !wider_)
    fail("an element of {} bytes in a buffer of elements of {}", element_bytes, buffer.element_bytes);
  return {buffer, offset / buffer.element_bytes, (offset + size) / buffer.element_bytes, &buffer.bytes[offset]};
}

Memory::Touch Memory::touch_of(std::uint32_t thread) const {
  const std::uint32_t warp = thread / warp_threads;
  const auto epoch = epochs_.find(warp);
  return {thread, warp, epoch == epochs_.end() ? 0 : epoch->second};
}

bool Memory::conflict(const Touch &before, const Touch &now) {
  if (before.thread == nobody || before.thread == now.thread) return false;
  return before.warp != now.warp || before.epoch >= now.epoch;
}

void Memory::load(std::uint32_t thread, std::uint64_t address, std::size_t element_bytes,
                  std::span<std::uint64_t> elements) {
  const auto [buffer, first, end, bytes] = find(address, element_bytes, elements.size());
  if (buffer.access == Access::write) fail("a load from an output at {:#x}", address);
  const Touch now = touch_of(thread);
  for (std::size_t i = first; i < end; ++i) {
    const Touch &writer = buffer.writers[i];
    if (conflict(writer, now)) fail("thread {} reads what thread {} wrote", thread, writer.thread);
    Touch &reader = buffer.readers[i];
    const bool only_now = reader.thread == nobody || !conflict(reader, now);
    reader = only_now ? now : Touch{several, reader.warp == now.warp ? now.warp : several, now.epoch};
  }
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements[i] = 0;
    std::memcpy(&elements[i], bytes + i * element_bytes, element_bytes);
  }
}

void Memory::store(std::uint32_t thread, std::uint64_t address, std::size_t element_bytes,
                   std::span<const std::uint64_t> elements) {
  const auto [buffer, first, end, bytes] = find(address, element_bytes, elements.size());
  if (buffer.access == Access::read) fail("a store to an input at {:#x}", address);
  const Touch now = touch_of(thread);
  for (std::size_t i = first; i < end; ++i) {
    Touch &writer = buffer.writers[i];
    const Touch &reader = buffer.readers[i];
    if (conflict(writer, now)) fail("threads {} and {} write the same element", writer.thread, thread);
    if (conflict(reader, now) && reader.thread == several) fail("thread {} writes what several threads read", thread);
    if (conflict(reader, now)) fail("thread {} writes what thread {} read", thread, reader.thread);
    writer = now;
  }
  for (std::size_t i = 0; i < elements.size(); ++i) std::memcpy(bytes + i * element_bytes, &elements[i], element_bytes);
}

}  // namespace actinide::ptx
