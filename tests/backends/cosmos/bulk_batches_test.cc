#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "backends/cosmos/bulk_operation.h"
#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos {
namespace {

auto Writes(std::string json) {
  return [json = std::move(json)](std::string* body) { body->append(json); };
}

TEST(BulkBatches, GroupsByRangeInOrder) {
  BulkBatches batches;
  batches.Start(3);
  for (uint32_t i = 0; i < 7; ++i)
    batches.Add(i % 2 == 0 ? 2 : 0, i, Writes(R"({"i":)" + std::to_string(i) + "}"));
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].range, 2u);
  EXPECT_EQ(batches[0].positions, (std::vector<uint32_t>{0, 2, 4, 6}));
  EXPECT_EQ(batches[0].body + "]", R"([{"i":0},{"i":2},{"i":4},{"i":6}])");
  EXPECT_EQ(batches[1].positions, (std::vector<uint32_t>{1, 3, 5}));
}

TEST(BulkBatches, CutsAfterAHundredOperations) {
  BulkBatches batches;
  batches.Start(1);
  for (uint32_t i = 0; i < 250; ++i) batches.Add(0, i, Writes("{}"));
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[0].positions.size(), 100u);
  EXPECT_EQ(batches[1].positions.front(), 100u);
  EXPECT_EQ(batches[2].positions.size(), 50u);
}

TEST(BulkBatches, CutsBeforeTheSizeLimitAndSendsWhatIsLargerAlone) {
  BulkBatches batches;
  batches.Start(1);
  const std::string third = '"' + std::string(kSdkMaxBulkBytes / 3, 'x') + '"';
  const std::string huge = '"' + std::string(kSdkMaxBulkBytes + 5, 'x') + '"';
  for (uint32_t i = 0; i < 5; ++i) batches.Add(0, i, Writes(third));
  batches.Add(0, 5, Writes(huge));
  batches.Add(0, 6, Writes(third));
  std::vector<size_t> sizes;
  for (size_t i = 0; i < batches.size(); ++i) {
    sizes.push_back(batches[i].positions.size());
    const std::string body = batches[i].body + "]";
    EXPECT_TRUE(sizes.back() == 1 || body.size() <= size_t{kSdkMaxBulkBytes});
    EXPECT_EQ(nlohmann::json::parse(body).size(), sizes.back());
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{2, 2, 1, 1, 1}));
}

TEST(BulkBatches, ForgetsTheLastOperation) {
  BulkBatches batches;
  batches.Start(2);
  batches.Add(1, 0, Writes("{}"));
  batches.Start(2);
  EXPECT_EQ(batches.size(), 0u);
  batches.Add(1, 3, Writes("{}"));
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].body, "[{}");
}

}  // namespace
}  // namespace weir::cosmos
