#include "coordinator/live/live_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

constexpr size_t kPlenty = 1 << 20;

std::string All(const LiveFeed& feed, uint64_t* after, size_t most_bytes = kPlenty) {
  std::string all;
  for (std::string news = feed.NewsSince(after, most_bytes); !news.empty();
       news = feed.NewsSince(after, most_bytes)) {
    all += news;
  }
  return all;
}

TEST(LiveFeed, GivesEverySecondAndOnlyTheLatestState) {
  LiveFeed feed;
  feed.Replace("now", "1");
  feed.Append("second", "{}");
  feed.Replace("now", "2");
  uint64_t after = 0;
  EXPECT_EQ(All(feed, &after), "id: 2\nevent: second\ndata: {}\n\nid: 3\nevent: now\ndata: 2\n\n");
  EXPECT_FALSE(feed.HasNewsSince(after));
}

TEST(LiveFeed, GoesOnFromTheEventThatAReaderSawLast) {
  LiveFeed feed;
  for (int i = 0; i < 5; ++i) feed.Append("second", std::to_string(i));
  uint64_t after = 3;
  EXPECT_EQ(All(feed, &after),
            "id: 4\nevent: second\ndata: 3\n\nid: 5\nevent: second\ndata: 4\n\n");
  EXPECT_TRUE(All(feed, &after).empty());
}

TEST(LiveFeed, GivesTheSameInPiecesAsAtOnce) {
  LiveFeed feed;
  for (int i = 0; i < 200; ++i) {
    feed.Append(i % 7 == 0 ? "line" : "second", std::string(static_cast<size_t>(i % 50), 'x'));
    feed.Replace(i % 2 == 0 ? "run" : "now", std::to_string(i));
  }
  uint64_t at_once = 0;
  const std::string whole = All(feed, &at_once);
  for (const size_t piece : {size_t{1}, size_t{100}, size_t{999}}) {
    uint64_t after = 0;
    EXPECT_EQ(All(feed, &after, piece), whole) << piece;
    EXPECT_EQ(after, at_once);
  }
}

TEST(LiveFeed, ForgetsTheOldestOfASeriesAndNeverAState) {
  LiveFeed feed(3);
  feed.Replace("run", "{}");
  for (int i = 0; i < 10; ++i) feed.Append("second", std::to_string(i));
  uint64_t after = 0;
  const std::string all = All(feed, &after);
  EXPECT_THAT(all, testing::HasSubstr("event: run"));
  EXPECT_THAT(all, testing::Not(testing::HasSubstr("data: 6\n")));
  EXPECT_THAT(all, testing::HasSubstr("data: 7\n"));
}

TEST(LiveFeed, KeepsNoMoreThanSoManyBytesHoweverLargeASecondIs) {
  LiveFeed feed(100, 5'000);
  for (int i = 0; i < 10; ++i) feed.Append("second", std::string(2'000, 'x'));
  uint64_t after = 0;
  EXPECT_LT(All(feed, &after).size(), 5'000u);
  EXPECT_EQ(after, 10u);
  feed.Append("second", std::string(9'000, 'y'));
  EXPECT_GT(All(feed, &after).size(), 9'000u);
}

TEST(LiveFeed, TakesAnEventOfAnotherRunForNone) {
  LiveFeed feed;
  feed.Append("second", "{}");
  uint64_t after = 77;
  EXPECT_TRUE(feed.HasNewsSince(after));
  EXPECT_THAT(All(feed, &after), testing::HasSubstr("event: second"));
  EXPECT_EQ(after, 1u);
}

TEST(LiveFeed, KeepsADocumentForWhoIsStillReadingIt) {
  LiveFeed feed;
  EXPECT_EQ(feed.Document("metrics"), nullptr);
  feed.Publish("metrics", "one");
  const auto held = feed.Document("metrics");
  feed.Publish("metrics", "two");
  EXPECT_EQ(*held, "one");
  EXPECT_EQ(*feed.Document("metrics"), "two");
}

}  // namespace
}  // namespace weir
