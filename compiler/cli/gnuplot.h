// Pictures drawn by gnuplot.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace actinide::cli {

/// Colours that people who see colours differently tell apart (Okabe and Ito, Color Universal Design, 2008).
inline constexpr std::string_view kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                "#e69f00", "#56b4e9", "#000000"};

/// A text of a script: in double quotes gnuplot reads escapes.
std::string quoted(const std::string &text);

/// Throws UserError unless the name ends in .svg, .png or .pdf.
void check_picture_name(const std::filesystem::path &file);

/// Draws what the script says, but for the terminal, which is of the kind that the file's name says and so many points
/// wide and high. The file appears whole or not at all.
void draw(const std::string &script, const std::filesystem::path &file, int width, int height);

}  // namespace actinide::cli
