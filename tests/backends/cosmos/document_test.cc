#include "backends/cosmos/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "backends/api/record_digest.h"
#include "tests/support/sample_records.h"

namespace weir::cosmos {
namespace {

std::string DocumentOf(const DocumentForm& form, const SampleRecords& records, uint64_t index) {
  Record record;
  records.Make(index, 0, &record);
  std::string document;
  form.AppendDocument(record, &document);
  return document;
}

TEST(DocumentForm, HasEveryFieldByNameAndItsType) {
  const SampleRecords records;
  const DocumentForm form(records.schema(), SampleRecords::kRegion);
  Record record;
  records.Make(4, 0, &record);
  const nlohmann::json document = nlohmann::json::parse(DocumentOf(form, records, 4));
  EXPECT_EQ(document.size(), records.schema().fields.size());
  EXPECT_EQ(document["id"], "r-4");
  EXPECT_EQ(document["region"], std::string(record[SampleRecords::kRegion].text()));
  EXPECT_EQ(document["latency_us"], record[SampleRecords::kLatency].integer());
  EXPECT_EQ(document["ratio"], record[SampleRecords::kRatio].real());
  EXPECT_EQ(document["failed"], record[SampleRecords::kFailed].boolean());
  EXPECT_EQ(document["time"], "2023-11-14T22:13:26.800004Z");
  EXPECT_EQ(document["message"], std::string(record[SampleRecords::kMessage].text()));
}

// Short documents are put together in one piece, long ones are appended to: both the same.
TEST(DocumentForm, WritesTextOfAnyLength) {
  RecordSchema schema;
  schema.fields = {{"log_id", FieldType::kText}, {"message", FieldType::kText}};
  schema.id_field = 0;
  const DocumentForm form(schema, 0);
  for (const size_t size : {0, 1, 1000, 1350, 1365, 1400, 8192, 70'000}) {
    const std::string text(size, '\n');  // two bytes each
    Record record;
    record.Reset(2, 0);
    record.Set(0, Value::Text("i"));
    record.Set(1, Value::Text(text));
    std::string document = "before";
    form.AppendDocument(record, &document);
    const nlohmann::json read = nlohmann::json::parse(document.substr(6));
    EXPECT_EQ(read["message"], text) << size;
    EXPECT_EQ(read["id"], "i");
  }
}

TEST(DocumentForm, WritesTheIdFieldAsIdWhateverItsName) {
  RecordSchema schema;
  schema.fields = {{"trace", FieldType::kText}, {"log_id", FieldType::kText}};
  schema.id_field = 1;
  const DocumentForm form(schema, 1);
  Record record;
  record.Reset(2, 0);
  record.Set(0, Value::Text("t"));
  record.Set(1, Value::Text("i"));
  std::string document;
  form.AppendDocument(record, &document);
  EXPECT_EQ(document, R"({"trace":"t","id":"i"})");
  EXPECT_EQ(form.PropertyName(1), "id");
}

TEST(DocumentForm, PartitionKeyOfEachType) {
  const SampleRecords records;
  Record record;
  records.Make(1, 0, &record);
  const auto key = [&](int field, std::string* scratch) {
    return DocumentForm(records.schema(), field).KeyOf(record, scratch);
  };
  std::string scratch;
  EXPECT_EQ(key(SampleRecords::kId, &scratch), PartitionKeyValue::String("r-1"));
  EXPECT_EQ(
      key(SampleRecords::kLatency, &scratch),
      PartitionKeyValue::Number(static_cast<double>(record[SampleRecords::kLatency].integer())));
  EXPECT_EQ(key(SampleRecords::kFailed, &scratch),
            PartitionKeyValue::Bool(record[SampleRecords::kFailed].boolean()));
  EXPECT_EQ(key(SampleRecords::kTime, &scratch),
            PartitionKeyValue::String("2023-11-14T22:13:21.700001Z"));
}

TEST(DocumentReader, ReadsBackWhatWasWrittenInAnyOrderOfFields) {
  const SampleRecords records;
  const DocumentForm form(records.schema(), SampleRecords::kRegion);
  std::string page = R"({"_rid":"x","Documents":[)";
  RecordDigest written;
  for (uint64_t index = 0; index < 100; ++index) {
    Record record;
    records.Make(index, 0, &record);
    written.Add(records.schema(), record);
    // nlohmann sorts the fields by name, and the server adds its own.
    nlohmann::json document = nlohmann::json::parse(DocumentOf(form, records, index));
    document["_ts"] = 1;
    document["_etag"] = "\"0\"";
    page += (index == 0 ? "" : ",") + document.dump();
  }
  page += R"(],"_count":100})";
  RecordDigest read;
  DocumentReader reader(form);
  const absl::Status status = reader.ForEachRecord(
      &page, [&](const Record& record) { read.Add(records.schema(), record); });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(read, written);
}

TEST(DocumentReader, SaysWhatIsWrongWithADocument) {
  const SampleRecords records;
  const DocumentForm form(records.schema(), SampleRecords::kRegion);
  DocumentReader reader(form);
  const auto read = [&](std::string page) {
    return reader.ForEachRecord(&page, [](const Record&) {});
  };
  EXPECT_THAT(read(R"({"Documents":[{"id":"a"}]})").message(), ::testing::HasSubstr("region"));
  EXPECT_THAT(read(R"({"Documents":[{"id":7}]})").message(), ::testing::HasSubstr("id"));
  EXPECT_EQ(read(R"({"Items":[]})").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read("<html>").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read("").code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weir::cosmos
