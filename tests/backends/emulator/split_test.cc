#include <gtest/gtest.h>
#include <simdjson.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/query_continuation.h"
#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos::emulator {
namespace {

std::shared_ptr<Container> MakeContainer(int partitions = 1) {
  const ResourceIds ids{"AQAAAA==", "AQAAAIAAAAE=", std::string(8, '\1'), "d"};
  return Container::Create(R"({"id":"c","partitionKey":{"paths":["/pk"]}})", ids,
                           {.throughput = {.partitions = partitions}, .throttle = false},
                           ChargeModel(ChargeCoefficients()))
      .value();
}

// Writes items as a request does.
class Writer {
 public:
  explicit Writer(Container& container) : container_(container) {}

  ItemOutcome Create(const std::string& id, const std::string& pk) {
    std::string json = absl::StrCat(R"({"id":")", id, R"(","pk":")", pk, R"("})");
    json.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    EXPECT_EQ(reader_.Read(json, container_.policy(), false, &view_), nullptr);
    const EffectivePartitionKey key = container_.KeyOf(view_);
    const LockedPartition locked = container_.Lock(key);
    return locked.partition->Create(key, view_);
  }
  // The item's JSON with its system properties; empty when there is none.
  std::string Read(const std::string& id, const std::string& pk) {
    const EffectivePartitionKey key = HashPartitionKey(PartitionKeyValue::String(pk));
    const LockedPartition locked = container_.Lock(key);
    const ItemOutcome outcome = locked.partition->Read(key, id, {}, false);
    std::string json;
    if (outcome.document != nullptr) container_.properties().AppendJson(*outcome.document, &json);
    return json;
  }

 private:
  Container& container_;
  DocumentReader reader_;
  DocumentView view_;
};

TEST(Split, LeavesEveryItemAsItWasAndEmptiesTheParent) {
  const auto container = MakeContainer();
  Writer writer(*container);
  std::vector<std::string> before;
  for (int i = 0; i < 500; ++i) writer.Create(absl::StrCat("i", i), absl::StrCat("k", i % 50));
  for (int i = 0; i < 500; ++i) {
    before.push_back(writer.Read(absl::StrCat("i", i), absl::StrCat("k", i % 50)));
  }
  Partition& parent = *container->table().partitions()[0];
  ASSERT_TRUE(container->Split("0").ok());
  ASSERT_TRUE(container->Split("1").ok());

  for (int i = 0; i < 500; ++i) {  // with etag and _rid
    EXPECT_EQ(writer.Read(absl::StrCat("i", i), absl::StrCat("k", i % 50)), before[i]);
  }
  const auto partitions = container->table().partitions();
  ASSERT_EQ(partitions.size(), 3U);
  size_t documents = 0;
  for (const Partition* partition : partitions) {
    EXPECT_GT(partition->documents(), 0U);
    documents += partition->documents();
    uint64_t last = 0;
    auto walk = partition->ItemsAfter(0);
    while (const StoredDocument* item = walk.Next()) {
      EXPECT_TRUE(partition->range().Contains(item->logical()->key));
      EXPECT_GT(item->number(), last);
      last = item->number();
    }
  }
  EXPECT_EQ(documents, 500U);
  EXPECT_EQ(parent.documents(), 0U);
  EXPECT_EQ(parent.state(), Partition::State::kGone);
}

TEST(Split, GivesTheChildrenNewIdsTheirLineageAndTheParentsRange) {
  const auto container = MakeContainer(2);
  ASSERT_TRUE(container->Split("1").ok());
  ASSERT_TRUE(container->Split("3").ok());
  const auto partitions = container->table().partitions();
  ASSERT_EQ(partitions.size(), 4U);
  EXPECT_EQ(partitions[0]->id(), 0U);
  EXPECT_EQ(partitions[1]->id(), 2U);
  EXPECT_EQ(partitions[1]->parents(), (std::vector<uint32_t>{1}));
  EXPECT_EQ(partitions[2]->parents(), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(partitions[3]->range().high.ToHex(), "FF");
  for (size_t i = 1; i < partitions.size(); ++i) {
    EXPECT_EQ(partitions[i - 1]->range().high, partitions[i]->range().low);
  }
  EXPECT_EQ(container->Split("1").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(container->LockById("3").gone, substatus::kPartitionKeyRangeGone);
  EXPECT_NE(container->LockById("5").partition, nullptr);
}

TEST(Split, LosesNoWriteThatRunsBesideIt) {
  const auto container = MakeContainer();
  constexpr int kEach = 3000;
  std::atomic<int> written = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      Writer writer(*container);
      for (int i = 0; i < kEach; ++i) {
        const std::string id = absl::StrCat("t", t, "-", i);
        EXPECT_EQ(writer.Create(id, absl::StrCat("k", i % 97)).status, 201);
        written.fetch_add(1);
      }
    });
  }
  for (int split = 0; split < 6; ++split) {
    while (written.load() < (split + 1) * kEach / 4) std::this_thread::yield();
    const auto partitions = container->table().partitions();
    const auto id = absl::StrCat(partitions[static_cast<size_t>(split) % partitions.size()]->id());
    EXPECT_TRUE(container->Split(id).ok());
  }
  for (auto& thread : threads) thread.join();
  Writer reader(*container);
  std::set<std::string> rids;
  for (int t = 0; t < 2; ++t) {
    for (int i = 0; i < kEach; ++i) {
      const std::string json = reader.Read(absl::StrCat("t", t, "-", i), absl::StrCat("k", i % 97));
      ASSERT_FALSE(json.empty());
      rids.insert(json.substr(json.find("\"_rid\""), 40));
    }
  }
  EXPECT_EQ(rids.size(), 2U * kEach);  // also across partitions
}

TEST(QueryContinuation, OutlivesSplitsOfTheRangeItIsIn) {
  const KeyRange all{{}, EndOfKeySpace()};
  QueryContinuation before(all);
  ASSERT_TRUE(before.CutAt({{}, EvenBound(1, 2)}));
  before.position()->after = 7;
  auto after = QueryContinuation::Parse(before.Text());
  ASSERT_TRUE(after.has_value());

  // Its first partition has been split: both children go on after item 7, the rest from the start.
  EXPECT_TRUE(after->CutAt({{}, EvenBound(1, 4)}));
  EXPECT_EQ(after->position()->after, 7U);
  after->PopFirst();
  EXPECT_EQ(after->low(), EvenBound(1, 4));
  EXPECT_TRUE(after->CutAt({EvenBound(1, 4), EvenBound(1, 2)}));
  EXPECT_EQ(after->position()->after, 7U);
  after->PopFirst();
  EXPECT_EQ(after->low(), EvenBound(1, 2));
  EXPECT_EQ(after->position()->after, 0U);
  after->PopFirst();
  EXPECT_TRUE(after->IsDone());
}

TEST(QueryContinuation, RefusesAnOrderThatASplitHasTornApart) {
  QueryContinuation sorted(KeyRange{{}, EndOfKeySpace()});
  sorted.position()->rows = 3;
  EXPECT_TRUE(sorted.CutAt({{}, EndOfKeySpace()}));
  EXPECT_FALSE(sorted.CutAt({{}, EvenBound(1, 2)}));
}

TEST(QueryContinuation, RefusesMalformedTokens) {
  for (const char* text : {"x", "weir2:", "weir2:00:FF:1", "weir2:FF:00:1:1", "weir2:0g:FF:1:1"}) {
    EXPECT_FALSE(QueryContinuation::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace weir::cosmos::emulator
