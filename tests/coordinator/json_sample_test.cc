#include "coordinator/cli/json_sample.h"

#include <gtest/gtest.h>

#include <string>

#include "generators/dataset.h"
#include "generators/record_writer.h"
#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

v1::Campaign Logs(uint64_t records) {
  v1::Campaign campaign = ReadCampaignText(kRichCampaign, "f", {}).campaign;
  campaign.mutable_dataset()->set_records(records);
  return campaign;
}

double MeanOfAll(const v1::Campaign& campaign) {
  const auto dataset = MakeDataset(campaign.dataset(), campaign.seed());
  const RecordWriter writer((*dataset)->schema(), RecordFormat::kJsonLines);
  const uint64_t records = campaign.dataset().records();
  Record record;
  std::string text;
  for (uint64_t i = 0; i < records; ++i) {
    (*dataset)->Make(i, 0, &record);
    writer.Write(record, &text);
  }
  return static_cast<double>(text.size() - records) / static_cast<double>(records);
}

TEST(JsonBytesPerRecord, IsTheMeanOfAllWhereTheyAreFew) {
  const v1::Campaign campaign = Logs(300);
  EXPECT_DOUBLE_EQ(JsonBytesPerRecord(campaign), MeanOfAll(campaign));
}

TEST(JsonBytesPerRecord, IsCloseToTheMeanOfMany) {
  const v1::Campaign campaign = Logs(20'000);
  EXPECT_NEAR(JsonBytesPerRecord(campaign), MeanOfAll(campaign), 0.05 * MeanOfAll(campaign));
}

TEST(JsonBytesPerRecord, IsUnknownOfADatasetThatCannotBeMade) {
  EXPECT_EQ(JsonBytesPerRecord(v1::Campaign()), 0);
}

}  // namespace
}  // namespace weir
