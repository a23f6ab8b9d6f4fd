#include "cli/measured_kernels.h"

#include "element.h"
#include "error.h"

#include <algorithm>
#include <memory>
#include <mutex>

namespace actinide::cli {
namespace {

// Tensors of as many elements as a sweep asks for at once.
template <typename T>
struct Tensors {
  std::vector<std::vector<T>> of;
  std::vector<void *> buffers;

  Tensors(std::span<const double> inputs, std::size_t outputs, std::size_t n) {
    for (const double input : inputs) of.emplace_back(n, static_cast<T>(input));
    for (std::size_t i = 0; i < outputs; ++i) of.emplace_back(n);
    for (std::vector<T> &tensor : of) buffers.push_back(tensor.data());
  }
};

template <typename T>
void evaluate(const Kernel &kernel, const Place &place, std::span<const double> x, std::span<double> y) {
  const KernelInfo &info = kernel.info();
  Tensors<T> tensors(place.inputs, info.outputs.size(), x.size());
  std::ranges::transform(x, tensors.of[place.varying].begin(), [](double value) { return static_cast<T>(value); });
  const int status = kernel.run(tensors.buffers.data(), x.size());
  internal_check(status == ACTINIDE_OK, "{}: {}", info.name, actinide_status_string(status));
  std::ranges::transform(tensors.of[place.inputs.size() + place.output], y.begin(),
                         [](T value) { return static_cast<double>(value); });
}

// A peer's work is made ready for one set of tensors, and does one thread's at a time.
template <typename T>
struct PeerWork {
  static constexpr std::size_t n = 1 << 12;
  Tensors<T> tensors;
  std::optional<speed::Contender> contender;

  PeerWork(const bench::OpenPeer &peer, const KernelRequest &request, std::span<const double> inputs,
           std::size_t outputs)
      : tensors(inputs, outputs, n),
        contender(bench::peer_contender(peer, request, {1, 1, n}, tensors.buffers.data())) {}
};

template <typename T>
class PeerKernel {
 public:
  PeerKernel(bench::OpenPeer peer, KernelRequest request, Place place, std::size_t outputs)
      : peer_(std::move(peer)), request_(std::move(request)), place_(std::move(place)), outputs_(outputs) {
    idle_.push_back(make());
  }

  bool exists() const { return idle_.front()->contender.has_value(); }

  void run(std::span<const double> x, std::span<double> y) {
    auto work = take();
    for (std::size_t first = 0; first < x.size(); first += Work::n) {
      const std::size_t count = std::min(Work::n, x.size() - first);
      T *const inputs = work->tensors.of[place_.varying].data();
      for (std::size_t i = 0; i < count; ++i) inputs[i] = static_cast<T>(x[first + i]);
      work->contender->run();
      const T *const outputs = work->tensors.of[place_.inputs.size() + place_.output].data();
      for (std::size_t i = 0; i < count; ++i) y[first + i] = static_cast<double>(outputs[i]);
    }
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(work));
  }

 private:
  using Work = PeerWork<T>;

  std::unique_ptr<Work> make() const { return std::make_unique<Work>(peer_, request_, place_.inputs, outputs_); }
  std::unique_ptr<Work> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return make();
    auto work = std::move(idle_.back());
    idle_.pop_back();
    return work;
  }

  const bench::OpenPeer peer_;
  const KernelRequest request_;
  const Place place_;
  const std::size_t outputs_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Work>> idle_;
};

}  // namespace

MeasuredKernel kernel_at(const Kernel &kernel, const Place &place) {
  return [kernel, place](std::span<const double> x, std::span<double> y) {
    with_element(kernel.info().dtypes.outputs, [&]<typename T>(T) { evaluate<T>(kernel, place, x, y); });
  };
}

std::optional<MeasuredKernel> peer_at(const bench::OpenPeer &peer, const KernelRequest &request, const Place &place) {
  KernelRequest asked = request;
  Place where = place;
  if (request.pass == Pass::derivative) {
    asked.pass = Pass::backward;
    where.inputs.insert(where.inputs.begin(), 1);
    ++where.varying;
  }
  const std::size_t outputs = signature_of(asked).outputs.size();
  return with_element(request.dtype, [&]<typename T>(T) -> std::optional<MeasuredKernel> {
    const auto kernel = std::make_shared<PeerKernel<T>>(peer, asked, where, outputs);
    if (!kernel->exists()) return std::nullopt;
    return [kernel](std::span<const double> x, std::span<double> y) { kernel->run(x, y); };
  });
}

}  // namespace actinide::cli
