// A CUDA driver without a device: a libcuda.so.1 that keeps contexts, streams, modules and ranges of memory, records
// each launch and runs none. A program that links it, or opens it by its path, finds it again as "libcuda.so.1", since
// the dynamic loader knows open libraries by that name. It is written from the manual, apart from the runtime's
// declarations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cuda_fake {

/// Opaque, as the driver's own handles.
using Context = void *;
using Stream = void *;

inline const Stream null_stream = nullptr, legacy = reinterpret_cast<Stream>(1),
                    per_thread = reinterpret_cast<Stream>(2);

struct Device {
  int compute_capability = 90;
  int multiprocessors = 132;
  bool accesses_pageable_memory = false;
  int ptx_version = 80;  ///< the newest that its driver reads, as 10 * major + minor
};

struct Launch {
  Context context;
  Stream stream;
  std::string target;  ///< of the image
  std::string entry;
  unsigned grid, block;
  std::vector<std::uintptr_t> buffers;
  std::uint32_t n;
  std::vector<double> parameters;
  std::vector<std::uint32_t> sizes = {};  ///< where there are more than n: all of them, the last of which is n

  bool operator==(const Launch &) const = default;
};

/// Forgets everything, also on the calling thread; from then on every context has this device.
void reset(const Device &device = {});

/// Creates a context and makes it current on the calling thread. The first free of a few addresses serves.
Context create_context();
void destroy(Context context);
void make_current(Context context);

Stream create_stream(Context context);
/// Of a green context of `primary`'s device.
Stream create_green_stream(Context primary);

/// As cuStreamBeginCapture in its default mode; end_capture is true if nothing forbidden was called meanwhile.
void begin_capture(Stream stream);
bool end_capture(Stream stream);

enum class Memory { device, managed, pinned, registered, pageable };
/// Addresses of `bytes` bytes, a multiple of 512, behind which there is nothing; of `registered` memory, the host's.
void *allocate(std::size_t bytes, Memory memory = Memory::device);
/// Where the device finds a byte of registered memory.
void *device_address(void *registered);

/// From now on the function of the driver returns `result` and does nothing else; 0 ends it.
void fail(const std::string &function, int result);
int calls(const std::string &function);
std::vector<Launch> launches();

/// Whether this driver has cuCtxGetId, cuFuncLoad and cuStreamGetCtx_v2.
bool is_recent();

}  // namespace cuda_fake

/// What cuInit returns; for programs that opened the library by its path.
extern "C" void cuda_fake_set_init_result(int result);
extern "C" int cuda_fake_init_calls();
/// create_context, and memory in it.
extern "C" void cuda_fake_create_context();
extern "C" void *cuda_fake_allocate(std::size_t bytes);
