// What belongs to a CUDA device, freed with its owner. Every failure of the driver is a std::runtime_error.
#pragma once

#include "driver.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace actinide::gpu {

/// The first device, with its primary context, which is current on the thread that opens it.
class Device {
 public:
  Device();

  std::string name;
  int compute_capability = 0;  ///< 90 for 9.0
  int driver_version = 0;      ///< of CUDA, 12040 for 12.4
  bool accesses_host_memory = false;
  cuda_device handle = 0;
  cuda_context context = nullptr;

  static std::size_t free_memory();

 private:
  int attribute(int number) const;
};

class Memory {
 public:
  explicit Memory(std::size_t bytes);
  ~Memory() { driver().memory_free(address_); }
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  /// The byte at `offset`.
  void *at(std::size_t offset = 0) const { return reinterpret_cast<void *>(address_ + offset); }
  std::size_t size() const { return bytes_; }

  void upload(const std::vector<unsigned char> &content);
  std::vector<unsigned char> download() const;
  /// Repeats the first `bytes` to the end.
  void repeat(std::size_t bytes);

 private:
  cuda_pointer address_ = 0;
  std::size_t bytes_;
};

class Stream {
 public:
  Stream() { check(driver().stream_create(&handle_, 0), "creating a stream"); }
  ~Stream() { driver().stream_destroy(handle_); }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  cuda_stream handle() const { return handle_; }
  void wait() const { check(driver().stream_synchronize(handle_), "waiting for a stream"); }

  /// Captures what `queue` puts on this stream in a graph, and launches the graph on it.
  void run_captured(const std::function<void()> &queue) const;

  /// Milliseconds that the device takes for what `queue` puts on this stream.
  double milliseconds(const std::function<void()> &queue) const;

 private:
  cuda_stream handle_ = nullptr;
};

}  // namespace actinide::gpu
