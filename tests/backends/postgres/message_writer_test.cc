#include "backends/postgres/message_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "backends/postgres/copy_binary.h"
#include "tests/support/sample_records.h"

namespace weir {
namespace {

using namespace std::string_literals;

TEST(MessageWriter, ParseNamesAStatementItsTextAndItsTypes) {
  std::string out;
  MessageWriter(&out).Parse("s1", "SELECT $1", {25, 20});
  EXPECT_EQ(out, "P\0\0\0\x1bs1\0SELECT $1\0\0\x02\0\0\0\x19\0\0\0\x14"s);
}

TEST(MessageWriter, BindHasTheParametersInTheirBinaryFormats) {
  std::string out;
  MessageWriter writer(&out);
  writer.BeginBind("s1", 3);
  writer.AddValue(FieldType::kText, Value::Text("héé"));
  writer.AddValue(FieldType::kInt64, Value::Integer(-2));
  writer.AddValue(FieldType::kBool, Value::Bool(true));
  writer.EndBind();
  EXPECT_EQ(out,
            "B\0\0\0\x2c\0s1\0\0\x01\0\x01\0\x03"
            "\0\0\0\x05h\xc3\xa9\xc3\xa9"
            "\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xfe"
            "\0\0\0\x01\x01"
            "\0\x01\0\x01"s);
}

TEST(MessageWriter, ExecuteSyncAndQueryAreWholeMessages) {
  std::string out;
  MessageWriter writer(&out);
  writer.Execute();
  writer.Sync();
  writer.Query("BEGIN");
  EXPECT_EQ(out,
            "E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04Q\0\0\0\x0a"
            "BEGIN\0"s);
}

TEST(MessageWriter, CopyDataHasTheLengthOfWhatIsAppended) {
  std::string out = "before";
  MessageWriter writer(&out);
  writer.BeginCopyData()->append("rows");
  writer.EndCopyData();
  writer.CopyDone();
  EXPECT_EQ(out, "befored\0\0\0\x08rowsc\0\0\0\x04"s);
}

// The piece on the stack and the long way round write the same.
TEST(AppendFields, WritesALongRecordAsItWritesAShortOne) {
  const SampleRecords records;
  const RecordSchema& schema = records.schema();
  Record record;
  records.Make(7, 0, &record);
  std::string text(5000, 'x');
  int long_field = -1;
  for (size_t i = 0; i < record.size(); ++i) {
    if (schema.fields[i].type == FieldType::kText) long_field = static_cast<int>(i);
  }
  std::string short_fields;
  AppendFields(schema, record, &short_fields);
  const std::string before(record[long_field].text());
  record.Set(long_field, Value::Text(text));
  std::string long_fields;
  AppendFields(schema, record, &long_fields);
  ASSERT_EQ(long_fields.size(), short_fields.size() + text.size() - before.size());
  // Everything but that field and its length.
  const size_t at = long_fields.find(text);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(long_fields.substr(0, at - 4), short_fields.substr(0, at - 4));
  EXPECT_EQ(long_fields.substr(at + text.size()), short_fields.substr(at + before.size()));
  EXPECT_EQ(short_fields.substr(at, before.size()), before);
}

}  // namespace
}  // namespace weir
