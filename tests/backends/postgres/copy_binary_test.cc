#include "backends/postgres/copy_binary.h"

#include <gtest/gtest.h>

#include <string>

#include "backends/api/record_digest.h"
#include "tests/support/sample_records.h"

namespace weir {
namespace {

std::string Encoded(const SampleRecords& records, uint64_t first, uint64_t count) {
  std::string message;
  Record record;
  AppendCopyHeader(&message);
  for (uint64_t index = first; index < first + count; ++index) {
    records.Make(index, 0, &record);
    AppendCopyTuple(records.schema(), record, &message);
  }
  AppendCopyTrailer(&message);
  return message;
}

TEST(CopyBinary, DecodesWhatItEncodes) {
  const SampleRecords records;
  RecordDigest expected;
  Record record;
  for (uint64_t index = 0; index < 100; ++index) {
    records.Make(index, 0, &record);
    expected.Add(records.schema(), record);
  }
  RecordDigest decoded;
  const absl::Status status =
      DecodeCopyMessage(records.schema(), Encoded(records, 0, 100),
                        [&](const Record& each) { decoded.Add(records.schema(), each); });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(decoded, expected);
}

TEST(CopyBinary, WritesTheDocumentedBytes) {
  RecordSchema schema;
  schema.fields = {{"b", FieldType::kBool}, {"i", FieldType::kInt64}, {"t", FieldType::kTimestamp}};
  Record record;
  record.Reset(3, 0);
  record.Set(0, Value::Bool(true));
  record.Set(1, Value::Integer(258));
  record.Set(2, Value::Integer(946'684'800'000'001));  // 2000-01-01 and a microsecond
  std::string tuple;
  AppendCopyTuple(schema, record, &tuple);
  EXPECT_EQ(tuple, std::string("\0\3"
                               "\0\0\0\1\1"
                               "\0\0\0\10\0\0\0\0\0\0\1\2"
                               "\0\0\0\10\0\0\0\0\0\0\0\1",
                               2 + 5 + 12 + 12));
}

TEST(CopyBinary, RefusesMessagesCutAnywhereWithoutReadingPastTheirEnd) {
  const SampleRecords records;
  const std::string message = Encoded(records, 0, 3);
  int boundaries = 0;
  for (size_t size = 0; size < message.size(); ++size) {
    const std::string cut = message.substr(0, size);  // its own memory, for the sanitizer
    int visited = 0;
    const absl::Status status =
        DecodeCopyMessage(records.schema(), cut, [&](const Record&) { ++visited; });
    // Between tuples a message may end; within one it may not.
    EXPECT_TRUE(visited < 3 || status.ok() || size + 2 > message.size()) << size;
    boundaries += status.ok() ? 1 : 0;
  }
  EXPECT_EQ(boundaries, 5);  // nothing, the header, and after each of three tuples
}

TEST(CopyBinary, RefusesNullsAndOtherTypes) {
  RecordSchema schema;
  schema.fields = {{"n", FieldType::kInt64}};
  const auto ignore = [](const Record&) {};
  EXPECT_FALSE(DecodeCopyMessage(schema, std::string("\0\1\377\377\377\377", 6), ignore).ok());
  EXPECT_FALSE(DecodeCopyMessage(schema, std::string("\0\1\0\0\0\4\0\0\0\1", 10), ignore).ok());
  EXPECT_FALSE(DecodeCopyMessage(schema, std::string("\0\2\0\0\0\1\0", 7), ignore).ok());
}

}  // namespace
}  // namespace weir
