#include "backends/postgres/server_message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace weir {
namespace {

using namespace std::string_literals;

// What a server answers to a select of two rows, then to an insert that fails.
std::string TwoAnswers() {
  return "2\0\0\0\x04"s +
         "D\0\0\0\x13\0\x02\0\0\0\x05"
         "first\xff\xff\xff\xff"s +
         "D\0\0\0\x0f\0\x01\0\0\0\x05"
         "other"s +
         "C\0\0\0\x0dSELECT 2\0"s + "Z\0\0\0\x05I"s +
         "E\0\0\0\x30VERROR\0"
         "C23505\0Mduplicate key\0tweir_records\0\0"s +
         "Z\0\0\0\x05I"s;
}

struct Read {
  std::string types;
  std::vector<std::string> bodies;
  bool operator==(const Read&) const = default;
};

// Given in two pieces, as two receives may bring it.
Read ReadInPieces(const std::string& bytes, size_t split) {
  Read read;
  std::string kept;
  for (const std::string& piece : {bytes.substr(0, split), bytes.substr(split)}) {
    kept += piece;
    std::string_view view = kept;
    ServerMessage message;
    while (TakeMessage(&view, &message) == Taken::kMessage) {
      read.types += static_cast<char>(message.type);
      read.bodies.emplace_back(message.body);
    }
    kept = view;
  }
  EXPECT_EQ(kept, "");
  return read;
}

TEST(ServerMessage, IsTheSameWhereverTheBytesAreSplit) {
  const std::string bytes = TwoAnswers();
  const Read whole = ReadInPieces(bytes, 0);
  EXPECT_EQ(whole.types, "2DDCZEZ");
  for (size_t split = 1; split < bytes.size(); ++split) {
    EXPECT_EQ(ReadInPieces(bytes, split), whole) << split;
  }
}

TEST(ServerMessage, RowBytesAreThoseOfTheValues) {
  const Read read = ReadInPieces(TwoAnswers(), 0);
  EXPECT_EQ(RowBytes(read.bodies[1]), 5u) << "a null counts for nothing";
  EXPECT_EQ(RowBytes(read.bodies[2]), 5u);
  EXPECT_EQ(RowBytes(""), 0u);
  EXPECT_EQ(RowBytes("\xff\xff"), 0u);
}

TEST(ServerMessage, TellsWhatACommandChanged) {
  EXPECT_EQ(ChangedRows("INSERT 0 100\0"s), 100u);
  EXPECT_EQ(ChangedRows("UPDATE 1\0"s), 1u);
  EXPECT_EQ(ChangedRows("DELETE 0\0"s), 0u);
  EXPECT_EQ(ChangedRows("COPY 5000\0"s), 5000u);
  EXPECT_EQ(ChangedRows("SELECT 3\0"s), 0u);
  EXPECT_EQ(ChangedRows("SET\0"s), 0u);
  EXPECT_EQ(ChangedRows("INSERT 0 x"), 0u);
}

TEST(ServerMessage, ReadsTheFieldsOfAnError) {
  const Read read = ReadInPieces(TwoAnswers(), 0);
  const ErrorFields error = ReadError(read.bodies[5]);
  EXPECT_EQ(error.severity, "ERROR");
  EXPECT_EQ(error.code, "23505");
  EXPECT_EQ(error.message, "duplicate key");
  EXPECT_EQ(error.table, "weir_records");
  EXPECT_EQ(ReadError("").code, "");
  EXPECT_EQ(ReadError("C").code, "");
}

TEST(ServerMessage, RefusesWhatNoServerSends) {
  for (const std::string& bytes :
       {"HTTP/1.1 400"s, "\0\0\0\0\0"s, "Z\0\0\0\x03"s, "D\x7f\0\0\0"s}) {
    std::string_view view = bytes;
    ServerMessage message;
    EXPECT_EQ(TakeMessage(&view, &message), Taken::kBad) << bytes;
  }
}

TEST(ServerMessage, LooksAtNothingBeyondItsBytes) {
  const std::string good = TwoAnswers();
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    std::string bytes = good.substr(0, 1 + Below(Draw(seed, 0), good.size()));
    for (int flips = 0; flips < 3; ++flips) {
      const uint64_t draw = Draw(seed, 1 + flips);
      bytes[Below(draw, bytes.size())] = static_cast<char>(draw);
    }
    const std::string exact(bytes);  // its own allocation: a sanitizer sees the end
    std::string_view view = exact;
    ServerMessage message;
    while (TakeMessage(&view, &message) == Taken::kMessage) {
      RowBytes(message.body);
      ChangedRows(message.body);
      ReadError(message.body);
    }
    EXPECT_LE(view.size(), exact.size());
  }
}

}  // namespace
}  // namespace weir
