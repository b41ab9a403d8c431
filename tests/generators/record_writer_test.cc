#include "generators/record_writer.h"

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

#include "generators/dataset.h"
#include "tests/generators/campaign_fixture.h"

namespace weir {
namespace {

RecordSchema EveryType() {
  RecordSchema schema;
  schema.name = "every_type";
  schema.fields = {{"text", FieldType::kText},
                   {"integer", FieldType::kInt64},
                   {"real", FieldType::kDouble},
                   {"boolean", FieldType::kBool},
                   {"at", FieldType::kTimestamp}};
  return schema;
}

Record MakeRecord(std::string_view text, int64_t integer, double real, bool boolean, int64_t at) {
  Record record;
  record.Reset(5, 0);
  record.Set(0, Value::Text(text));
  record.Set(1, Value::Integer(integer));
  record.Set(2, Value::Real(real));
  record.Set(3, Value::Bool(boolean));
  record.Set(4, Value::Integer(at));
  return record;
}

std::string Write(RecordFormat format, const Record& record) {
  const RecordSchema schema = EveryType();
  std::string out;
  RecordWriter(schema, format).Write(record, &out);
  return out;
}

TEST(RecordWriter, JsonLineHoldsEveryTypeInOrder) {
  EXPECT_EQ(Write(RecordFormat::kJsonLines, MakeRecord("a", -5, 0.1, true, 1'735'689'600'000'001)),
            "{\"text\":\"a\",\"integer\":-5,\"real\":0.1,\"boolean\":true,"
            "\"at\":\"2025-01-01T00:00:00.000001Z\"}\n");
}

TEST(RecordWriter, JsonParsersReadTheSameText) {
  std::string every_byte;
  for (char c = 1; c < 127; ++c) every_byte.push_back(c);
  const int64_t least = std::numeric_limits<int64_t>::min();
  for (const std::string& text : {every_byte, std::string("größe 東京 🚲"), std::string("\\\"\\")}) {
    const auto parsed = nlohmann::json::parse(
        Write(RecordFormat::kJsonLines, MakeRecord(text, least, 1e300, false, 0)));
    EXPECT_EQ(parsed["text"], text);
    EXPECT_EQ(parsed["integer"], least);
    EXPECT_EQ(parsed["real"], 1e300);
    EXPECT_EQ(parsed["boolean"], false);
  }
}

TEST(RecordWriter, JsonHasNoInfinity) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(nlohmann::json::parse(
                  Write(RecordFormat::kJsonLines, MakeRecord("", 0, infinity, false, 0)))["real"]
                  .is_null());
}

TEST(RecordWriter, EveryLogRecordIsOneLineOfValidJson) {
  v1::Dataset settings;
  settings.set_records(1000);
  *settings.mutable_logs() = DefaultLogs();
  const auto dataset = *MakeDataset(settings, 9);
  const RecordSchema& schema = dataset->schema();
  const RecordWriter writer(schema, RecordFormat::kJsonLines);
  Record record;
  for (uint64_t i = 0; i < 1000; ++i) {
    dataset->Make(i, 0, &record);
    std::string line;
    writer.Write(record, &line);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const auto parsed = nlohmann::json::parse(line);
    ASSERT_EQ(parsed.size(), schema.fields.size());
    for (size_t f = 0; f < schema.fields.size(); ++f) {
      const auto& value = parsed[schema.fields[f].name];
      if (schema.fields[f].type == FieldType::kText) {
        ASSERT_EQ(value, record[f].text());
      }
      if (schema.fields[f].type == FieldType::kInt64) {
        ASSERT_EQ(value, record[f].integer());
      }
    }
  }
}

TEST(RecordWriter, CsvQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(Write(RecordFormat::kCsv, MakeRecord("plain; it's", 1, 2, true, 0)),
            "plain; it's,1,2,true,1970-01-01T00:00:00.000000Z\n");
  EXPECT_EQ(Write(RecordFormat::kCsv, MakeRecord("say \"a,b\"\nand", 1, 2.5, false, 0)),
            "\"say \"\"a,b\"\"\nand\",1,2.5,false,1970-01-01T00:00:00.000000Z\n");
}

TEST(RecordWriter, OnlyCsvHasAHeader) {
  const RecordSchema schema = EveryType();
  std::string header;
  RecordWriter(schema, RecordFormat::kJsonLines).WriteHeader(&header);
  EXPECT_EQ(header, "");
  RecordWriter(schema, RecordFormat::kCsv).WriteHeader(&header);
  EXPECT_EQ(header, "text,integer,real,boolean,at\n");
}

TEST(RecordWriter, TimestampsCoverTheCalendar) {
  const auto text = [](int64_t seconds, int64_t us) {
    std::string out;
    AppendTimestamp(seconds * 1'000'000 + us, &out);
    return out;
  };
  EXPECT_EQ(text(951'782'399, 999'999), "2000-02-28T23:59:59.999999Z");
  EXPECT_EQ(text(951'782'400, 0), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(text(4'107'542'400, 0), "2100-03-01T00:00:00.000000Z");
  EXPECT_EQ(text(-1, 999'999), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(text(1'767'225'599, 5), "2025-12-31T23:59:59.000005Z");
}

TEST(RecordWriter, UnknownFormatsAreRefused) {
  EXPECT_EQ(*RecordFormatNamed("csv"), RecordFormat::kCsv);
  EXPECT_EQ(*RecordFormatNamed("jsonl"), RecordFormat::kJsonLines);
  EXPECT_EQ(RecordFormatNamed("xml").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir
