#include "data_set.h"

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace digits {
namespace {

Sample parse(const std::string &line, const std::string &where) {
  std::istringstream stream(line);
  Sample sample{};
  char comma = 0;
  for (float &pixel : sample.pixels) {
    int value = -1;
    if (!(stream >> value >> comma) || value < 0 || value > 16 || comma != ',')
      throw std::runtime_error(where + ": expected 64 pixels from 0 to 16 and a digit, separated by commas");
    pixel = static_cast<float>(value) / 16;
  }
  if (!(stream >> sample.digit) || sample.digit < 0 || sample.digit >= kClasses)
    throw std::runtime_error(where + ": expected a digit from 0 to 9 at the end");
  return sample;
}

}  // namespace

DataSet load(const std::string &path, std::size_t held_out, std::uint64_t seed) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path);
  std::vector<Sample> all;
  for (std::string line; std::getline(file, line);)
    all.push_back(parse(line, path + ":" + std::to_string(all.size() + 1)));
  if (all.size() <= held_out) throw std::runtime_error(path + ": too few images");
  std::mt19937_64 random(seed);
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random() % i]);
  const auto border = all.end() - static_cast<long>(held_out);
  return {{all.begin(), border}, {border, all.end()}};
}

}  // namespace digits
