#include "device.h"

#include <algorithm>

namespace actinide::gpu {
namespace {

class Event {
 public:
  Event() { check(driver().event_create(&handle_, 0), "creating an event"); }
  ~Event() { driver().event_destroy(handle_); }
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;

  void record(cuda_stream stream) const { check(driver().event_record(handle_, stream), "recording an event"); }
  double milliseconds_since(const Event &start) const {
    check(driver().event_synchronize(handle_), "waiting for an event");
    float milliseconds = 0;
    check(driver().event_elapsed_time(&milliseconds, start.handle_, handle_), "reading an event");
    return milliseconds;
  }

 private:
  cuda_event handle_ = nullptr;
};

}  // namespace

Device::Device() {
  check(driver().device_get(&handle, 0), "finding the device");
  char text[256] = "";
  check(driver().device_get_name(text, sizeof text, handle), "naming the device");
  name = text;
  check(driver().driver_get_version(&driver_version), "asking for the driver's version");
  compute_capability = attribute(CUDA_COMPUTE_CAPABILITY_MAJOR) * 10 + attribute(CUDA_COMPUTE_CAPABILITY_MINOR);
  accesses_host_memory = attribute(CUDA_PAGEABLE_MEMORY_ACCESS) != 0;
  check(driver().primary_context_retain(&context, handle), "making a context");
  check(driver().context_set_current(context), "making the context current");
}

int Device::attribute(int number) const {
  int value = 0;
  check(driver().device_get_attribute(&value, number, handle), "asking for an attribute of the device");
  return value;
}

std::size_t Device::free_memory() {
  std::size_t free = 0, total = 0;
  check(driver().memory_get_info(&free, &total), "asking for free memory");
  return free;
}

Memory::Memory(std::size_t bytes) : bytes_(bytes) {
  check(driver().memory_alloc(&address_, bytes), "allocating memory");
}

void Memory::upload(const std::vector<unsigned char> &content) {
  check(driver().copy_to_device(address_, content.data(), content.size()), "copying to the device");
}

std::vector<unsigned char> Memory::download() const {
  std::vector<unsigned char> content(bytes_);
  check(driver().copy_to_host(content.data(), address_, bytes_), "copying from the device");
  return content;
}

void Memory::repeat(std::size_t bytes) {
  for (std::size_t filled = bytes; filled < bytes_; filled *= 2)
    check(driver().copy_on_device(address_ + filled, address_, std::min(filled, bytes_ - filled), nullptr),
          "filling memory");
  check(driver().stream_synchronize(nullptr), "filling memory");
}

void Stream::run_captured(const std::function<void()> &queue) const {
  cuda_graph graph = nullptr;
  cuda_graph_exec exec = nullptr;
  constexpr int global_mode = 0;  // CU_STREAM_CAPTURE_MODE_GLOBAL, the strictest
  check(driver().stream_begin_capture(handle_, global_mode), "beginning to capture");
  queue();
  check(driver().stream_end_capture(handle_, &graph), "ending the capture");
  check(driver().graph_instantiate(&exec, graph, 0), "making a graph");
  check(driver().graph_launch(exec, handle_), "launching a graph");
  wait();
  check(driver().graph_exec_destroy(exec), "freeing a graph");
  check(driver().graph_destroy(graph), "freeing a graph");
}

double Stream::milliseconds(const std::function<void()> &queue) const {
  const Event start, end;
  start.record(handle_);
  queue();
  end.record(handle_);
  return end.milliseconds_since(start);
}

}  // namespace actinide::gpu
