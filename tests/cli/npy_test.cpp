// .npy files: what is read, and the one clear line for everything else.
#include "cli/npy.h"

#include "exceptions.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

namespace actinide::cli {
namespace {

namespace fs = std::filesystem;

fs::path scratch(const std::string &name) {
  const fs::path folder = fs::path(testing::TempDir()) / "actinide_npy_test";
  fs::create_directories(folder);
  return folder / name;
}

fs::path write_bytes(const std::string &name, const std::string &bytes) {
  const fs::path file = scratch(name);
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

// A file of the given version with this dictionary and so many bytes of data.
std::string npy(const std::string &dictionary, std::size_t data_bytes, int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  const int length_bytes = version == 1 ? 2 : 4;
  for (int i = 0; i < length_bytes; ++i) bytes += static_cast<char>(dictionary.size() >> (8 * i) & 0xff);
  return bytes + dictionary + std::string(data_bytes, '\0');
}

std::string dictionary(const std::string &descr, const std::string &order, const std::string &shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

struct Good {
  std::string name, bytes;
  DType dtype;
  std::vector<std::size_t> shape;
};

class ReadNpy : public testing::TestWithParam<Good> {};

TEST_P(ReadNpy, IsUnderstood) {
  const NpyArray array = read_npy(write_bytes(GetParam().name + ".npy", GetParam().bytes));
  EXPECT_EQ(array.dtype, GetParam().dtype);
  EXPECT_EQ(array.shape, GetParam().shape);
}

INSTANTIATE_TEST_SUITE_P(
    Files, ReadNpy,
    testing::Values(Good{"version_1_f4", npy(dictionary("<f4", "False", "(3,)"), 12), DType::f32, {3}},
                    Good{"version_2_f8", npy(dictionary("<f8", "False", "(2, 2)"), 32, 2), DType::f64, {2, 2}},
                    Good{"version_1_f2", npy(dictionary("<f2", "False", "(3,)"), 6), DType::f16, {3}},
                    Good{"version_3", npy(dictionary("<f4", "False", "(1, 2, 3)"), 24, 3), DType::f32, {1, 2, 3}},
                    Good{"scalar", npy(dictionary("<f8", "False", "()"), 8), DType::f64, {}},
                    Good{"empty", npy(dictionary("<f4", "False", "(0, 5)"), 0), DType::f32, {0, 5}},
                    Good{"fortran_order_of_one_dimension", npy(dictionary("<f4", "True", "(4,)"), 16), DType::f32, {4}},
                    Good{"other_order_double_quotes_no_commas",
                         npy("{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}", 24),
                         DType::f32,
                         {2, 3}}),
    [](const auto &test) { return test.param.name; });

struct Broken {
  std::string name, bytes, message;
};

class BrokenNpy : public testing::TestWithParam<Broken> {};

TEST_P(BrokenNpy, GivesOneClearLine) {
  const fs::path file = write_bytes(GetParam().name + ".npy", GetParam().bytes);
  try {
    read_npy(file);
    ADD_FAILURE() << "read without an error";
  } catch (const UserError &error) {
    EXPECT_EQ(error.what(), file.string() + ": " + GetParam().message);
  }
}

const std::string kF4x3 = dictionary("<f4", "False", "(3,)");

INSTANTIATE_TEST_SUITE_P(
    Files, BrokenNpy,
    testing::Values(
        Broken{"nothing", "", "it is no .npy file; write one with numpy.save"},
        Broken{"text", "0.5 1.5 2.5\n", "it is no .npy file; write one with numpy.save"},
        Broken{"zip", "PK\3\4abcdefgh", "it is no .npy file; write one with numpy.save"},
        Broken{"magic_only", "\x93NUMPY", "it ends within its version; it is truncated, save it again"},
        Broken{"version_9", npy(kF4x3, 12, 9),
               "it has format version 9; versions 1 to 3 are read: save it with a current NumPy"},
        Broken{"no_length", std::string("\x93NUMPY\1\0\x10", 9),
               "it ends within its header; it is truncated, save it again"},
        Broken{"header_cut", npy(kF4x3, 0).substr(0, 30), "it ends within its header; it is truncated, save it again"},
        Broken{"header_oversized", std::string("\x93NUMPY\2\0\xff\xff\xff\x7f", 12) + kF4x3,
               "its header claims 2147483647 bytes; it is corrupt, save it again"},
        Broken{"header_without_brace", npy("'descr': '<f4'", 12),
               "its header is malformed: '{' expected before ''descr': '<f4''"},
        Broken{"header_garbage", npy("\xff\x01", 12), "its header is malformed: '{' expected before '?\?'"},
        Broken{"header_unclosed", npy("{'descr': '<f4', ", 12),
               "its header is malformed: a quoted string expected at its end"},
        Broken{"header_more", npy(kF4x3 + "x", 12), "its header is malformed: nothing more expected before 'x'"},
        Broken{"no_shape", npy("{'descr': '<f4', 'fortran_order': False}", 12),
               "its header is malformed: no entry 'shape'"},
        Broken{"unknown_entry", npy("{'descr': '<f4', 'colour': True}", 12),
               "its header is malformed: unknown entry 'colour'"},
        Broken{"negative_length", npy(dictionary("<f4", "False", "(-3,)"), 12),
               "its header is malformed: a length expected before '-3,), }'"},
        Broken{"huge_length", npy(dictionary("<f4", "False", "(99999999999999999999,)"), 12),
               "its header is malformed: a length expected before '99999999999999999999'"},
        Broken{"overflowing_shape", npy(dictionary("<f4", "False", "(4294967296, 4294967296)"), 12),
               "its shape (4294967296, 4294967296) is impossible; it is corrupt, save it again"},
        Broken{"too_large_but_for_a_0", npy(dictionary("<f4", "False", "(9223372036854775807, 0)"), 0),
               "its shape (9223372036854775807, 0) is impossible; it is corrupt, save it again"},
        Broken{"integers", npy(dictionary("<i4", "False", "(3,)"), 12),
               "it holds elements of type <i4; float16, float32 and float64 in little-endian order are read, and "
               "uint16 with --dtype bf16: convert it with numpy.astype"},
        Broken{"big_endian", npy(dictionary(">f4", "False", "(3,)"), 12),
               "it holds elements of type >f4; float16, float32 and float64 in little-endian order are read, and "
               "uint16 with --dtype bf16: convert it with numpy.astype"},
        Broken{"patterns", npy(dictionary("<u2", "False", "(3,)"), 6),
               "it holds elements of type <u2; float16, float32 and float64 in little-endian order are read, and "
               "uint16 with --dtype bf16: convert it with numpy.astype"},
        Broken{"records", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }\n", 12),
               "it holds elements of type a record; float16, float32 and float64 in little-endian order are read, "
               "and uint16 with --dtype bf16: convert it with numpy.astype"},
        Broken{"fortran_order", npy(dictionary("<f4", "True", "(2, 3)"), 24),
               "it is in Fortran order; C order is read: save numpy.ascontiguousarray of it"},
        Broken{"data_truncated", npy(kF4x3, 11),
               "its shape (3,) needs 12 bytes of data, but it has 11; it is truncated, save it again"},
        Broken{"data_too_long", npy(kF4x3, 13),
               "its shape (3,) needs 12 bytes of data, but it has 13; it is corrupt, save it again"},
        Broken{"terabytes_claimed", npy(dictionary("<f8", "False", "(1000000, 1000000)"), 16),
               "its shape (1000000, 1000000) needs 8000000000000 bytes of data, but it has 16; it is truncated, save "
               "it again"}),
    [](const auto &test) { return test.param.name; });

TEST(Npy, MissingFileAndDirectoryAreNamed) {
  const auto message = [](const fs::path &file) {
    try {
      read_npy(file);
    } catch (const UserError &error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message("no/such.npy"), "no/such.npy: it cannot be read: No such file or directory");
  EXPECT_EQ(message(scratch("")), scratch("").string() + ": it is not a regular file");
}

TEST(Npy, EveryPrefixAndEveryFlippedByteIsHandled) {
  const std::string good = npy(kF4x3, 12);
  const auto attempt = [](const std::string &bytes) {
    try {
      return read_npy(write_bytes("mutant.npy", bytes)).data.size();
    } catch (const UserError &) {
      return std::size_t{0};
    }
  };
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_EQ(attempt(good.substr(0, length)), 0u) << length << " bytes";
  std::mt19937 random(20261123);
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int i = 0; i < 8; ++i) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(random());
      EXPECT_LE(attempt(bytes), 12u) << "seed 20261123, byte " << at << " = " << int{bytes[at]};
    }
}

class RoundTrip : public testing::TestWithParam<std::vector<std::size_t>> {};

TEST_P(RoundTrip, KeepsEveryBit) {
  for (const DType dtype : all_dtypes()) {
    std::size_t bytes = size_of(dtype);
    for (const std::size_t length : GetParam()) bytes *= length;
    NpyArray array{.dtype = dtype, .shape = GetParam(), .data = std::vector<std::byte>(bytes)};
    for (std::size_t i = 0; i < bytes; ++i) array.data[i] = static_cast<std::byte>(37 * i + 11);
    const fs::path file = scratch("round_trip.npy");
    write_npy(file, array);
    EXPECT_EQ((fs::file_size(file) - bytes) % 64, 0u) << "the data should be aligned";
    const NpyArray again = read_npy(file, dtype);
    EXPECT_EQ(again.dtype, array.dtype);
    EXPECT_EQ(again.shape, array.shape);
    EXPECT_EQ(again.data, array.data);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RoundTrip,
                         testing::Values(std::vector<std::size_t>{}, std::vector<std::size_t>{1},
                                         std::vector<std::size_t>{1003}, std::vector<std::size_t>{0, 3},
                                         std::vector<std::size_t>{7, 1, 5}));

// The target may not be there yet.
TEST(Npy, IsWrittenToWhereLinksLead) {
  const fs::path folder = scratch("links");
  fs::remove_all(folder);
  fs::create_directories(folder / "below");
  fs::create_symlink("second.npy", folder / "first.npy");
  fs::create_symlink(folder / "below/real.npy", folder / "second.npy");
  for (const std::size_t length : {1, 2}) {
    write_npy(folder / "first.npy", zeros(DType::f32, {length}));
    EXPECT_TRUE(fs::is_symlink(folder / "first.npy") && fs::is_symlink(folder / "second.npy"));
    EXPECT_FALSE(fs::is_symlink(folder / "below/real.npy"));
    EXPECT_EQ(read_npy(folder / "below/real.npy").shape, std::vector<std::size_t>{length});
  }
  fs::create_symlink("circle.npy", folder / "circle.npy");
  EXPECT_THROW(write_npy(folder / "circle.npy", zeros(DType::f32, {1})), UserError);
}

TEST(Npy, FailedWriteLeavesNothing) {
  const NpyArray array{.dtype = DType::f32, .shape = {1}, .data = std::vector<std::byte>(4)};
  EXPECT_THROW(write_npy(scratch("no_such_folder/y.npy"), array), UserError);
  EXPECT_FALSE(fs::exists(scratch("no_such_folder")));
  EXPECT_THROW(write_npy(scratch(""), array), UserError);
  EXPECT_THROW(write_npy("/dev/full", array), UserError);

  const fs::path folder = scratch("replaced");
  fs::create_directories(folder);
  write_npy(folder / "y.npy", array);
  write_npy(folder / "y.npy", array);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1) << "a part file was left behind";
}

}  // namespace
}  // namespace actinide::cli
