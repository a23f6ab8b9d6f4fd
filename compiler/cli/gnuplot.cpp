#include "cli/gnuplot.h"

#include "aot/child_process.h"
#include "aot/files.h"
#include "error.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iterator>

namespace actinide::cli {
namespace {

namespace fs = std::filesystem;

std::string terminal_of(const fs::path &file, int width, int height) {
  const std::string kind = file.extension().string();
  if (kind == ".svg") return fmt::format("svg size {},{} dynamic background rgb 'white' font 'sans,13'", width, height);
  if (kind == ".png") return fmt::format("pngcairo size {},{} font 'sans,11'", width, height);
  if (kind == ".pdf") return fmt::format("pdfcairo size {}cm,{}cm font 'sans,11'", width / 50, height / 50);
  user_error("{}: the name must end in .svg, .png or .pdf", file.string());
}

std::string read(const fs::path &file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' || c == '\\' ? fmt::format("\\{}", c) : std::string(1, c);
  return result + "\"";
}

void check_picture_name(const fs::path &file) {
  terminal_of(file, 1, 1);
}

void draw(const std::string &script, const fs::path &file, int width, int height) {
  const aot::ScratchDirectory scratch;
  const fs::path input = scratch.path() / "script", picture = scratch.path() / "picture";
  std::ofstream(input) << "set terminal " << terminal_of(file, width, height) << '\n' << script;
  const auto result = aot::run_program(
      "/usr/bin/env", {"gnuplot", "-e", fmt::format("set output {}", quoted(picture.string())), input.string()},
      std::chrono::seconds(60));
  constexpr int not_found = 127;
  if (!result || result->status == not_found)
    user_error("plots are drawn by gnuplot, which isn't here; install the package gnuplot-nox");
  if (result->status != 0 || !fs::exists(picture)) throw InternalError(fmt::format("gnuplot: {}", result->output));
  aot::StagedFiles files;
  files.add(file, read(picture));
  files.commit();
}

}  // namespace actinide::cli
