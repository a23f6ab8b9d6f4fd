// A host whose configuration says what to compute:
//
//   activation = x * tanh(softplus(x))
//   tier = faithful
//
// It reads numbers from standard input and writes one result a line.
#include <actinide/jit.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <vector>

namespace {

std::string trimmed(const std::string &text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::map<std::string, std::string> read_configuration(const std::string &path) {
  std::ifstream file(path);
  if (!file) throw actinide::UserError("can't read " + path + "; name a readable file");
  std::map<std::string, std::string> values;
  for (std::string line; std::getline(file, line);) {
    const auto sign = line.find('=');
    if (sign != line.npos && line[0] != '#') values[trimmed(line.substr(0, sign))] = trimmed(line.substr(sign + 1));
  }
  return values;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: configuration FILE\n");
    return 2;
  }
  try {
    auto configuration = read_configuration(argv[1]);
    const std::string &tier = configuration["tier"];
    // The expression becomes a definition of the host's own name. A wrong one is the user's to mend: the message says
    // where and how.
    const auto activation = actinide::Compiler().elementwise<double>(
        "configured(x) = " + configuration["activation"], actinide::Pass::forward,
        {.tier = tier.empty() ? actinide::Tier::standard : actinide::parse_tier(tier)});
    std::vector<double> x;
    for (double value; std::cin >> value;) x.push_back(value);
    std::vector<double> y(x.size());
    activation(x, y);
    for (const double value : y) std::printf("%.17g\n", value);
  } catch (const actinide::UserError &error) {
    std::fprintf(stderr, "configuration: %s\n", error.what());
    return 1;
  }
}
