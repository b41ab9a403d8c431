#include "generators/logs_dataset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "backends/api/record_digest.h"
#include "generators/record_writer.h"
#include "tests/generators/campaign_fixture.h"

namespace weir {
namespace {

constexpr uint64_t kRecords = 100000;

LogsDataset MakeLogs(uint64_t seed = 1, const std::string& changes = "") {
  v1::LogsDataset settings = DefaultLogs();
  settings.MergeFrom(FromText<v1::LogsDataset>(changes));
  return LogsDataset(settings, kRecords, seed);
}

std::string Json(const LogsDataset& logs, uint64_t index, uint64_t revision = 0) {
  Record record;
  logs.Make(index, revision, &record);
  std::string json;
  RecordWriter(logs.schema(), RecordFormat::kJsonLines).Write(record, &json);
  return json;
}

RecordDigest Digest(const LogsDataset& logs, uint64_t first, uint64_t end, uint64_t step = 1) {
  RecordDigest digest;
  Record record;
  for (uint64_t i = first; i < end; i += step) {
    logs.Make(i, 0, &record);
    digest.Add(logs.schema(), record);
  }
  return digest;
}

// A seed means the same on every machine and for ever. When this fails, do not change the test:
// what all earlier results were measured with would be lost.
TEST(LogsDataset, RecordsArePinned) {
  const LogsDataset logs = MakeLogs(42);
  EXPECT_EQ(Digest(logs, 0, 20000).ToString(), "651132dbc0f8b8e7");
  EXPECT_EQ(Digest(MakeLogs(42,
                            "message_bytes: 500 services: 1000 hosts: 200000 regions: 30 "
                            "users: 1000000000 user_theta: 1.5 records_per_trace: 3 "
                            "records_per_second: 777777"),
                   1'000'000'000, 1'000'005'000)
                .ToString(),
            "2312a0a3bccc7ce4");
  EXPECT_EQ(Json(logs, 0),
            "{\"id\":\"000000000000fb40\",\"timestamp\":\"2025-01-01T00:00:00.010436Z\","
            "\"service\":\"session-api\",\"region\":\"us-east-1\",\"host\":\"use1-n00055\","
            "\"level\":\"INFO\",\"trace_id\":\"dd9e5733c18b1a4ee8e3f1880b656bf9\",\"user_id\":315,"
            "\"method\":\"POST\",\"path\":\"/v1/"
            "session\",\"status\":200,\"latency_us\":71946,\"bytes\":357,\"message\":\"upload "
            "ab5b1daa0f0c7617 complete: 357 bytes in 1488.6ms\"}\n");
  EXPECT_EQ(Json(logs, 12345),
            "{\"id\":\"0000000030396285\",\"timestamp\":\"2025-01-01T00:00:12.354107Z\","
            "\"service\":\"fraud-worker\",\"region\":\"us-east-1\",\"host\":\"use1-n00051\","
            "\"level\":\"INFO\",\"trace_id\":\"ca2001fce9b813082b4a87542ffa8589\",\"user_id\":46,"
            "\"method\":\"GET\",\"path\":\"/v1/"
            "fraud\",\"status\":200,\"latency_us\":6306,\"bytes\":1016,\"message\":\"payment "
            "dc085e86d7cbba26 authorised, amount 9642.00 EUR\"}\n");
  EXPECT_EQ(
      Json(logs, 12345, 7),
      "{\"id\":\"0000000030396285\",\"timestamp\":\"2025-01-01T00:00:12.354107Z\",\"service\":"
      "\"fraud-worker\",\"region\":\"us-east-1\",\"host\":\"use1-n00051\",\"level\":\"INFO\","
      "\"trace_id\":\"ca2001fce9b813082b4a87542ffa8589\",\"user_id\":46,\"method\":\"GET\","
      "\"path\":\"/v1/fraud\",\"status\":200,\"latency_us\":5753,\"bytes\":471,\"message\":\"order "
      "631be69f9f3cdb7b accepted, 7572 lines\"}\n");
  EXPECT_EQ(
      Json(logs, 999'999'999'999),
      "{\"id\":\"00e8d4a50fff565b\",\"timestamp\":\"2056-09-09T01:46:40.000243Z\",\"service\":"
      "\"orders-api\",\"region\":\"us-west-2\",\"host\":\"usw2-n00020\",\"level\":\"INFO\",\"trace_"
      "id\":\"bae9e6f9616c77370489936d401e67e2\",\"user_id\":41407,\"method\":\"GET\",\"path\":\"/"
      "v1/orders/{id}\",\"status\":200,\"latency_us\":63877,\"bytes\":626,\"message\":\"user 41407 "
      "searched for \\\"50% off, today\\\", 8921 results\"}\n");
}

TEST(LogsDataset, SameSeedSameRecordsInAnyShares) {
  const LogsDataset logs = MakeLogs(5);
  const RecordDigest whole = Digest(logs, 0, 5000);
  for (uint64_t shares : {3, 7}) {
    RecordDigest sum;
    for (uint64_t share = 0; share < shares; ++share) sum.Add(Digest(logs, share, 5000, shares));
    EXPECT_EQ(sum, whole);
  }
  EXPECT_EQ(Digest(MakeLogs(5), 0, 5000), whole);
}

TEST(LogsDataset, OtherSeedOtherRecords) {
  const LogsDataset one = MakeLogs(1);
  const LogsDataset two = MakeLogs(2);
  int same = 0;
  for (uint64_t i = 0; i < 1000; ++i) same += Json(one, i) == Json(two, i);
  EXPECT_EQ(same, 0);
}

TEST(LogsDataset, IdsAreUniqueAndInOrderOfTime) {
  const LogsDataset logs = MakeLogs();
  Record record;
  std::string last;
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    logs.Make(i, 0, &record);
    ASSERT_EQ(record[kLogsId].text().size(), 16u);
    ASSERT_LT(last, record[kLogsId].text()) << i;
    last = record[kLogsId].text();
  }
}

TEST(LogsDataset, ARevisionKeepsWhoWhereAndWhen) {
  const LogsDataset logs = MakeLogs();
  Record first;
  Record second;
  int changed = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    logs.Make(i, 0, &first);
    logs.Make(i, i + 1, &second);
    for (int field : {kLogsId, kLogsService, kLogsRegion, kLogsHost, kLogsTraceId}) {
      ASSERT_EQ(first[field].text(), second[field].text());
    }
    ASSERT_EQ(first[kLogsTimestamp].integer(), second[kLogsTimestamp].integer());
    ASSERT_EQ(first[kLogsUserId].integer(), second[kLogsUserId].integer());
    changed += first[kLogsLatencyUs].integer() != second[kLogsLatencyUs].integer();
  }
  EXPECT_GT(changed, 950);
}

TEST(LogsDataset, LevelsHaveTheirShares) {
  const LogsDataset logs = MakeLogs();
  std::map<std::string_view, double> shares;
  Record record;
  for (uint64_t i = 0; i < 200000; ++i) {
    logs.Make(i, 0, &record);
    shares[record[kLogsLevel].text()] += 1.0 / 200000;
  }
  EXPECT_NEAR(shares["DEBUG"], 0.12, 0.005);
  EXPECT_NEAR(shares["INFO"], 0.78, 0.01);
  EXPECT_NEAR(shares["WARN"], 0.07, 0.005);
  EXPECT_NEAR(shares["ERROR"], 0.03, 0.005);
  EXPECT_NEAR(shares["FATAL"], 0.002, 0.001);
}

TEST(LogsDataset, ErrorsComeInBursts) {
  // With four services a burst is easy to see: share of errors by service and 5 s.
  const LogsDataset logs = MakeLogs(1, "services: 4");
  std::map<std::pair<std::string_view, uint64_t>, std::pair<int, int>> windows;
  Record record;
  for (uint64_t i = 0; i < 300000; ++i) {
    logs.Make(i, 0, &record);
    auto& [errors, all] = windows[{record[kLogsService].text(), i / 5000}];
    errors += record[kLogsLevel].text() == "ERROR";
    ++all;
  }
  int burst = 0;
  int calm = 0;
  for (const auto& [window, counts] : windows) {
    const double share = static_cast<double>(counts.first) / counts.second;
    burst += share > 0.3;
    calm += share < 0.06;
  }
  // 15 windows of 20 s, a third with a burst of 10 s of one service: about 5 to 10 of 240.
  EXPECT_GE(burst, 3);
  EXPECT_LE(burst, 25);
  EXPECT_GE(calm, 205);
}

TEST(LogsDataset, TimestampsFollowTheTrendAndSomeAreLate) {
  const LogsDataset logs = MakeLogs();
  constexpr int64_t kBaseUs = 1'735'689'600'000'000;
  Record record;
  int late = 0;
  int by_minutes = 0;
  int out_of_order = 0;
  int64_t last = 0;
  for (int64_t i = 0; i < 200000; ++i) {
    logs.Make(static_cast<uint64_t>(i), 0, &record);
    const int64_t off = record[kLogsTimestamp].integer() - (kBaseUs + i * 1000);
    ASSERT_LT(off, 20000);
    ASSERT_GT(off, -300'000'000);
    late += off < -500'000;
    by_minutes += off < -60'000'000;
    if (off < -500'000) continue;
    ASSERT_GE(off, 0);
    out_of_order += record[kLogsTimestamp].integer() < last;
    last = record[kLogsTimestamp].integer();
  }
  EXPECT_NEAR(late, 1000, 130);
  EXPECT_GT(by_minutes, 100);
  EXPECT_GT(out_of_order, 1000);
}

TEST(LogsDataset, TracesHaveTheirSizeAndLieCloseTogether) {
  for (uint64_t size : {1, 3, 8, 100}) {
    const LogsDataset logs = MakeLogs(1, "records_per_trace: " + std::to_string(size));
    std::map<std::string, std::vector<uint64_t>> traces;
    Record record;
    for (uint64_t i = 0; i < size * 16 * 20; ++i) {
      logs.Make(i, 0, &record);
      ASSERT_EQ(record[kLogsTraceId].text().size(), 32u);
      traces[std::string(record[kLogsTraceId].text())].push_back(i);
    }
    EXPECT_EQ(traces.size(), 16u * 20);
    for (const auto& [trace, indices] : traces) {
      ASSERT_EQ(indices.size(), size);
      ASSERT_LT(indices.back() - indices.front(), size * 16);
    }
  }
}

TEST(LogsDataset, OneTraceIsOneUserInOneRegionAcrossServices) {
  const LogsDataset logs = MakeLogs();
  std::map<std::string, std::set<std::string>> services;
  std::map<std::string, std::set<int64_t>> users;
  std::map<std::string, std::set<std::string>> regions;
  Record record;
  for (uint64_t i = 0; i < 128; ++i) {
    logs.Make(i, 0, &record);
    const std::string trace(record[kLogsTraceId].text());
    services[trace].insert(std::string(record[kLogsService].text()));
    users[trace].insert(record[kLogsUserId].integer());
    regions[trace].insert(std::string(record[kLogsRegion].text()));
  }
  for (const auto& [trace, names] : services) {
    EXPECT_GT(names.size(), 3u);
    EXPECT_EQ(users[trace].size(), 1u);
    EXPECT_EQ(regions[trace].size(), 1u);
  }
}

TEST(LogsDataset, CardinalitiesAreWhatIsSet) {
  const LogsDataset logs = MakeLogs(1, "services: 500 hosts: 90 regions: 25 users: 1000");
  std::set<std::string> services;
  std::map<std::string, std::set<std::string>> regions_of_host;
  std::set<std::string> regions;
  std::set<std::string> paths;
  Record record;
  for (uint64_t i = 0; i < 100000; ++i) {
    logs.Make(i, 0, &record);
    services.emplace(record[kLogsService].text());
    regions.emplace(record[kLogsRegion].text());
    paths.emplace(record[kLogsPath].text());
    regions_of_host[std::string(record[kLogsHost].text())].emplace(record[kLogsRegion].text());
    ASSERT_GE(record[kLogsUserId].integer(), 1);
    ASSERT_LE(record[kLogsUserId].integer(), 1000);
  }
  EXPECT_EQ(services.size(), 500u);
  EXPECT_EQ(regions.size(), 25u);
  EXPECT_EQ(regions_of_host.size(), 90u);
  EXPECT_LE(paths.size(), 400u);
  for (const auto& [host, in] : regions_of_host) EXPECT_EQ(in.size(), 1u) << host;
}

TEST(LogsDataset, UsersFollowZipfsLaw) {
  const LogsDataset logs = MakeLogs(1, "records_per_trace: 1 user_theta: 0.8");
  std::map<int64_t, double> counts;
  Record record;
  for (uint64_t i = 0; i < 300000; ++i) {
    logs.Make(i, 0, &record);
    counts[record[kLogsUserId].integer()] += 1;
  }
  double sum = 0;
  for (int k = 1; k <= 100000; ++k) sum += std::pow(k, -0.8);
  for (int user : {1, 2, 3, 10, 50}) {
    const double expected = 300000 * std::pow(user, -0.8) / sum;
    EXPECT_NEAR(counts[user], expected, 5 * std::sqrt(expected)) << user;
  }
}

TEST(LogsDataset, LatencyIsLogNormalByService) {
  const LogsDataset logs = MakeLogs(1, "services: 3");
  std::map<std::string, std::vector<double>> latencies;
  Record record;
  for (uint64_t i = 0; i < 300000; ++i) {
    logs.Make(i, 0, &record);
    latencies[std::string(record[kLogsService].text())].push_back(
        static_cast<double>(record[kLogsLatencyUs].integer()));
  }
  for (uint32_t s = 0; s < 3; ++s) {
    std::vector<double>& values = latencies[std::string(logs.fleet().ServiceName(s))];
    std::sort(values.begin(), values.end());
    const double median = logs.fleet().MedianLatencyUs(s);
    const double sigma = logs.fleet().LatencySigma(s);
    const double n = static_cast<double>(values.size());
    for (const auto& [q, z] :
         {std::pair{0.1, -1.28155}, {0.5, 0.0}, {0.9, 1.28155}, {0.99, 2.32635}}) {
      // The standard error of a sample's quantile, relative, is σ·√(q(1−q)/n)/φ(z).
      const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
      const double error = sigma * std::sqrt(q * (1 - q) / n) / density;
      EXPECT_NEAR(values[static_cast<size_t>(q * n)] / (median * std::exp(sigma * z)), 1,
                  4.5 * error + 0.002)
          << "service " << s << " quantile " << q;
    }
  }
}

TEST(LogsDataset, StatusFitsLevelAndMethod) {
  const LogsDataset logs = MakeLogs();
  Record record;
  for (uint64_t i = 0; i < 20000; ++i) {
    logs.Make(i, 0, &record);
    const std::string_view level = record[kLogsLevel].text();
    const int64_t hundreds = record[kLogsStatus].integer() / 100;
    if (level == "WARN") {
      ASSERT_EQ(hundreds, 4);
    } else if (level == "ERROR" || level == "FATAL") {
      ASSERT_EQ(hundreds, 5);
    } else {
      ASSERT_LE(hundreds, 3);
    }
  }
}

TEST(LogsDataset, MessagesArePaddedToTheirLength) {
  const LogsDataset plain = MakeLogs();
  const LogsDataset padded = MakeLogs(1, "message_bytes: 9000");
  Record record;
  std::set<std::string> tails;
  for (uint64_t i = 0; i < 500; ++i) {
    padded.Make(i, 0, &record);
    const std::string message(record[kLogsMessage].text());
    EXPECT_EQ(message.size(), 9000u);
    tails.insert(message.substr(8900));
    plain.Make(i, 0, &record);
    EXPECT_EQ(message.substr(0, record[kLogsMessage].text().size()), record[kLogsMessage].text());
  }
  EXPECT_GT(tails.size(), 400u);
}

TEST(LogsDataset, MessagesVaryAndHoldWhatEncodersTripOver) {
  const LogsDataset logs = MakeLogs();
  Record record;
  std::unordered_set<std::string> messages;
  std::string all;
  for (uint64_t i = 0; i < 20000; ++i) {
    logs.Make(i, 0, &record);
    messages.emplace(record[kLogsMessage].text());
    all += record[kLogsMessage].text();
  }
  EXPECT_GT(messages.size(), 15000u);
  for (const char* special : {"\"", "\\", "\n", "\t", "'", "東京", "🚲", "<b>", ",", ";"}) {
    EXPECT_NE(all.find(special), all.npos) << special;
  }
  EXPECT_EQ(all.find('\0'), all.npos);
  EXPECT_EQ(all.find('{'), all.find("{id}")) << "a slot left unfilled";
}

TEST(LogsDataset, TypicalJsonBytesIsTheMeanLine) {
  const LogsDataset logs = MakeLogs();
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < 5000; ++i) bytes += Json(logs, i).size() - 1;
  EXPECT_NEAR(static_cast<double>(logs.TypicalJsonBytes()), static_cast<double>(bytes) / 5000, 10);
}

TEST(LogsDataset, MistakesAreNamed) {
  v1::LogsDataset settings = DefaultLogs();
  settings.set_users(0);
  EXPECT_THAT(std::string(MakeLogsDataset(settings, 1, 1).status().message()),
              ::testing::HasSubstr("users must be at least 1"));
  EXPECT_THAT(std::string(MakeDataset(v1::Dataset(), 1).status().message()),
              ::testing::HasSubstr("there are: logs"));
}

// ---------------------------------------------------------------------------------- queries

bool Matches(const QuerySpec& query, const Parameters& parameters, const Record& record) {
  return std::all_of(query.where.begin(), query.where.end(), [&](const Condition& condition) {
    const Value& value = record[condition.field];
    const Value& parameter = parameters[condition.parameter];
    switch (condition.comparison) {
      case Comparison::kEqual:
        return value.text() == parameter.text();
      case Comparison::kGreaterOrEqual:
        return value.integer() >= parameter.integer();
      default:
        return value.integer() < parameter.integer();
    }
  });
}

// Rows that a query's conditions find among the first `records`, for some records to be near to.
std::vector<int> RowsFound(const LogsDataset& logs, const std::string& name, uint64_t records) {
  const QuerySpec& query = *logs.schema().FindQuery(name);
  std::vector<Parameters> drawn(12);
  std::vector<int> rows(drawn.size());
  for (uint64_t i = 0; i < drawn.size(); ++i) {
    DrawStream draws(3, i);
    logs.MakeParameters(query, records / 4 + i * records / 24, draws, &drawn[i]);
  }
  Record record;
  for (uint64_t r = 0; r < records; ++r) {
    logs.Make(r, 0, &record);
    for (size_t i = 0; i < drawn.size(); ++i) rows[i] += Matches(query, drawn[i], record);
  }
  return rows;
}

TEST(LogsQueries, ATraceThatExistsIsDrawnWithAllItsRecords) {
  for (int rows : RowsFound(MakeLogs(), "trace", 20000)) EXPECT_EQ(rows, 8);
}

TEST(LogsQueries, RangesHoldHundredsOfRowsWhateverTheSize) {
  for (const char* query : {"level_counts", "top_paths"}) {
    for (uint64_t records : {60000, 150000}) {
      const std::vector<int> rows = RowsFound(MakeLogs(), query, records);
      EXPECT_GT(*std::min_element(rows.begin(), rows.end()), 50) << query;
      EXPECT_LT(*std::max_element(rows.begin(), rows.end()), 1000) << query;
    }
  }
}

TEST(LogsQueries, RecentErrorsFindMoreThanTheyReturn) {
  const std::vector<int> rows = RowsFound(MakeLogs(1, "services: 8"), "recent_errors", 150000);
  EXPECT_GT(*std::min_element(rows.begin(), rows.end()), 30);
  EXPECT_LT(*std::max_element(rows.begin(), rows.end()), 3000);
}

TEST(LogsQueries, ParametersDependOnTheirArgumentsOnly) {
  const LogsDataset logs = MakeLogs();
  const QuerySpec& query = *logs.schema().FindQuery("top_paths");
  Parameters first;
  Parameters second;
  DrawStream draws(1, 1);
  DrawStream again(1, 1);
  logs.MakeParameters(query, 500'000, draws, &first);
  logs.MakeParameters(query, 500'000, again, &second);
  EXPECT_EQ(first[0].text(), second[0].text());
  EXPECT_EQ(first[1].integer(), second[1].integer());
  logs.MakeParameters(query, 500'000, again, &second);
  EXPECT_NE(first[1].integer(), second[1].integer());
}

TEST(LogsQueries, SayWhetherTheyStayInOnePartition) {
  const RecordSchema schema = MakeLogsSchema();
  const auto stays = [&schema](const char* name) {
    return StaysInOnePartition(*schema.FindQuery(name), schema.partition_field);
  };
  EXPECT_TRUE(stays("recent_errors"));
  EXPECT_TRUE(stays("top_paths"));
  EXPECT_FALSE(stays("trace"));
  EXPECT_FALSE(stays("level_counts"));
}

TEST(LogsQueries, IndexesLeadWithTheFieldsOfTheirConditions) {
  const RecordSchema schema = MakeLogsSchema();
  for (const QuerySpec& query : schema.queries) {
    const bool served = std::any_of(
        schema.indexes.begin(), schema.indexes.end(), [&query](const std::vector<int>& index) {
          std::set<int> conditions;
          for (const Condition& condition : query.where) conditions.insert(condition.field);
          return conditions.size() <= index.size() &&
                 std::all_of(index.begin(), index.begin() + static_cast<long>(conditions.size()),
                             [&](int field) { return conditions.count(field) > 0; });
        });
    EXPECT_TRUE(served) << query.name;
  }
}

}  // namespace
}  // namespace weir
