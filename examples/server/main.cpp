// A server whose clients bring activations of their own, `ACTIVATION ; x, x, ...` a line of standard input. Several
// threads serve: the first to need a kernel compiles it, others that need the same one wait for it, and a wrong request
// is answered with what is wrong.
#include <actinide/jit.h>

#include <atomic>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

namespace {

std::string answer(const actinide::Compiler &compiler, const std::string &request) {
  const auto end = request.rfind(';');
  if (end == request.npos) return "error: write ACTIVATION ; x, x, ...";
  std::vector<float> x;
  std::istringstream numbers(request.substr(end + 1));
  for (float value; numbers >> value; numbers.ignore(1, ',')) x.push_back(value);
  // Clients don't throw: the error is part of the answer, its first line.
  const auto kernel = compiler.try_elementwise<float>(request.substr(0, end));
  if (!kernel) return "error: " + kernel.error().message.substr(0, kernel.error().message.find('\n'));
  void *buffers[] = {x.data(), x.data()};
  if (kernel->info().inputs.size() != 1) return "error: an activation of one input is served";
  if (const int status = kernel->kernel().run(buffers, x.size()); status != ACTINIDE_OK)
    return std::string("error: ") + actinide_status_string(status);
  std::ostringstream text;
  for (std::size_t i = 0; i < x.size(); ++i) text << (i ? ", " : "") << x[i];
  return text.str();
}

}  // namespace

int main() {
  std::vector<std::string> requests;
  for (std::string line; std::getline(std::cin, line);) requests.push_back(line);
  std::vector<std::string> answers(requests.size());
  const actinide::Compiler compiler;
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 4; ++worker)
      workers.emplace_back([&] {
        for (std::size_t i = next++; i < requests.size(); i = next++) answers[i] = answer(compiler, requests[i]);
      });
  }
  for (const std::string &line : answers) std::cout << line << '\n';
}
