#include "tests/benchmark/jit.h"

#include "bench/peers.h"
#include "error.h"
#include "measure/tensors.h"
#include "tests/benchmark/markdown.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>

namespace actinide::speed {
namespace {

using Json = nlohmann::ordered_json;

// What a program prints.
Json output_of(const std::string &command) {
  FILE *pipe = popen(command.c_str(), "r");
  internal_check(pipe != nullptr, "can't run {}", command);
  std::string text;
  char part[4096];
  while (const std::size_t got = fread(part, 1, sizeof part, pipe)) text.append(part, got);
  if (pclose(pipe) != 0) user_error("'{}' failed", command);
  return Json::parse(text);
}

// Microseconds until oneDNN's primitive for the activation is ready, for the first time in this process and again.
void add_onednn(Json &row, const bench::OpenPeer &onednn) {
  constexpr std::size_t rows = 64, columns = 64;
  const KernelRequest request = parse_kernel_request(row.at("activation"), Pass::forward, DType::f32, Tier::standard);
  const std::vector<TensorPlan> plans(3, {DType::f32, rows * columns, Distribution::zero});
  const Tensors tensors(plans);
  for (const char *field : {"onednn_first_us", "onednn_again_us"}) {
    const auto start = std::chrono::steady_clock::now();
    const auto primitive = bench::peer_contender(onednn, request, {rows, 1, columns}, tensors.buffers().data());
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    if (primitive) row[field] = time.count();
  }
}

// A number, or why there is none.
std::string cell(const Json &where, const char *field, double unit = 1) {
  if (where.is_string()) return "not here";
  return where.contains(field) ? fmt::format("{:.2f}", where.at(field).get<double>() / unit) : "-";
}

std::string note(const char *what, const Json &measured) {
  return measured.is_string() ? fmt::format(" {} can't be measured here: {}.", what, measured.get<std::string>()) : "";
}

std::string scale_table(const Json &measured) {
  std::vector<Cells> rows;
  for (const auto &[way, name] : {std::pair("scale_compiled", "compiled"), std::pair("scale_on_disk", "from disk")})
    for (const Json &at : measured.at(way))
      rows.push_back({fmt::format("{} {}", at.at("kernels").get<int>(), name), cell(at, "us_each", 1000),
                      cell(at, "kib_each"), cell(at, "find_ns")});
  return table({"kernels in a process", "ms each", "KiB each", "ns to find one again"}, rows);
}

}  // namespace

Json measure_jit(std::size_t definitions) {
  Json measured = output_of(fmt::format("{} --definitions {}", ACTINIDE_JIT_LATENCY, definitions));
  const std::string target = host_target().name;
  for (const std::string &name : bench::installed_peers(target)) {
    if (name != "onednn") continue;
    const bench::OpenPeer onednn = bench::open_peers(std::vector{name}, target, 1).at(0);
    for (Json &row : measured.at("rows")) add_onednn(row, onednn);
  }
  measured.update(output_of(fmt::format("{} {}", ACTINIDE_PYTHON, ACTINIDE_TORCH_COMPILE)));
  return measured;
}

std::string jit_text(const Json &measured) {
  std::vector<Cells> rows;
  for (const Json &row : measured.at("rows")) {
    const std::string name = row.at("activation");
    rows.push_back({name, cell(row, "compiled_us", 1000), cell(row, "on_disk_us"), cell(row, "in_process_ns"),
                    cell(row, "onednn_first_us", 1000), cell(row, "onednn_again_us"),
                    cell(measured.at("torch_compile"), name.c_str()), cell(measured.at("triton"), name.c_str())});
  }
  return fmt::format(
      "How long a host program waits for a kernel: `compiled` in a process that has compiled another one, found `on "
      "disk`, found `in the process`; each the middle of five processes, the CPU's time of the thread. The first "
      "kernel of "
      "a process takes {:.1f} ms to compile and {} us from disk. oneDNN's primitive, made ready for the first call, "
      "for "
      "the first time in the process and again; torch.compile and Triton until their first result, by the clock on the "
      "wall.{}{}\n\n{}\n"
      "What many different definitions cost one process, compiled and then found on disk by the next one; each line "
      "counts from the one before.\n\n{}",
      measured.at("first_compiled_us").get<double>() / 1000, cell(measured, "first_on_disk_us"),
      note("torch.compile", measured.at("torch_compile")), note("Triton", measured.at("triton")),
      table({"f32 forward", "compiled: ms", "on disk: us", "in the process: ns", "oneDNN first: ms", "oneDNN again: us",
             "torch.compile: ms", "Triton: ms"},
            rows),
      scale_table(measured));
}

}  // namespace actinide::speed
