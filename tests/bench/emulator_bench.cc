// What a request costs the emulator between its arrival and its answer, without sockets: bulk
// inserts of 100 log records, point creates, point reads. Items per second are of one core; the
// bytes of memory are what each stored record adds.
#include <benchmark/benchmark.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/document.h"
#include "backends/cosmos/emulator/service.h"
#include "backends/cosmos/json_text.h"
#include "backends/cosmos/wire/headers.h"
#include "backends/cosmos/wire/partition_key.h"
#include "backends/cosmos/wire/signature.h"
#include "base/clock.h"
#include "generators/dataset.h"
#include "tests/bench/sample_logs.h"

namespace weir::cosmos {
namespace {

using emulator::HttpRequest;
using emulator::HttpResponse;
using emulator::Service;

constexpr uint64_t kRecords = 200'000;
constexpr uint64_t kBatch = 100;
constexpr std::string_view kDocuments = "/dbs/d/colls/c/docs";

// The records as documents, with their partition keys as a header has them.
struct Documents {
  std::vector<std::string> json;
  std::vector<std::string> ids;
  std::vector<std::string> keys;
};

const Documents& AllDocuments() {
  static const auto* const documents = [] {
    const std::unique_ptr<Dataset> logs = MakeSampleLogs(kRecords);
    const DocumentForm form(logs->schema(), logs->schema().partition_field);
    auto* made = new Documents;
    Record record;
    std::string text;
    for (uint64_t i = 0; i < kRecords; ++i) {
      logs->Make(i, 0, &record);
      form.AppendDocument(record, &made->json.emplace_back());
      const PartitionKeyValue key = form.KeyOf(record, &text);
      AppendPartitionKeyHeader({&key, 1}, &made->keys.emplace_back());
      made->ids.emplace_back(form.IdOf(record));
    }
    return made;
  }();
  return *documents;
}

// Of this process.
double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

class Bench {
 public:
  Bench() : key_(*MasterKey::FromBase64(kWellKnownEmulatorKey)) {
    service_ = std::make_unique<Service>(key_, Service::Settings{.account = {.throttle = false}});
    date_ = HttpDate(WallUnixNs() / kNsPerSecond);
    Post("/dbs", "dbs", "", R"({"id":"d"})", {});
    Post("/dbs/d/colls", "colls", "dbs/d",
         R"({"id":"c","partitionKey":{"paths":["/service"],"kind":"Hash","version":2}})", {});
  }

  using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

  HttpResponse Post(std::string_view path, std::string_view type, std::string_view link,
                    std::string body, Headers headers) {
    return Send("POST", path, type, link, std::move(body), std::move(headers));
  }
  HttpResponse PostDocuments(std::string body, Headers headers) {
    return Post(kDocuments, "docs", "dbs/d/colls/c", std::move(body), std::move(headers));
  }
  HttpResponse Read(const std::string& id, std::string_view key) {
    const std::string link = absl::StrCat("dbs/d/colls/c/docs/", id);
    return Send("GET", "/" + link, "docs", link, "", {{header::kPartitionKey, key}});
  }

 private:
  HttpResponse Send(std::string_view method, std::string_view path, std::string_view type,
                    std::string_view link, std::string body, Headers headers) {
    const std::string token = key_.Token(method, type, link, date_);
    HttpRequest request{.method = method, .path = path, .headers = std::move(headers), .body = {}};
    request.headers.emplace_back("Host", "127.0.0.1:8081");
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back(header::kVersion, kApiVersion);
    request.headers.emplace_back(header::kDate, date_);
    request.headers.emplace_back(header::kAuthorization, token);
    request.body = std::move(body);
    request.body.reserve(request.body.size() + simdjson::SIMDJSON_PADDING);
    return service_->Answer(request);
  }

  const MasterKey key_;
  std::unique_ptr<Service> service_;
  std::string date_;
};

void Require(benchmark::State& state, const HttpResponse& response, int status) {
  if (response.status != status) state.SkipWithError(response.body.c_str());
}

std::string BulkBody(uint64_t first) {
  const Documents& documents = AllDocuments();
  std::string body;
  for (uint64_t i = first; i < first + kBatch; ++i) {
    absl::StrAppend(&body, i == first ? "[" : ",", R"({"operationType":"Create","partitionKey":)");
    AppendJsonString(documents.keys[i], &body);
    absl::StrAppend(&body, R"(,"resourceBody":)", documents.json[i], "}");
  }
  return body + "]";
}

void BM_BulkInsert(benchmark::State& state) {
  std::vector<std::string> bodies;
  for (uint64_t i = 0; i < kRecords; i += kBatch) bodies.push_back(BulkBody(i));
  const Bench::Headers headers = {{header::kPartitionKeyRangeId, "0"},
                                  {header::kIsBatchRequest, "true"},
                                  {header::kBatchAtomic, "false"},
                                  {header::kBatchContinueOnError, "true"},
                                  {header::kPrefer, kReturnMinimal}};
  auto bench = std::make_unique<Bench>();
  const double before = ResidentBytes();
  size_t at = 0;
  double bytes = 0;
  for (auto _ : state) {
    if (at == bodies.size()) {
      state.PauseTiming();
      bytes = std::max(bytes, ResidentBytes() - before);
      bench = std::make_unique<Bench>();
      at = 0;
      state.ResumeTiming();
    }
    Require(state, bench->PostDocuments(bodies[at++], headers), 200);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kBatch));
  state.counters["memory_per_record"] = bytes / kRecords;
}
BENCHMARK(BM_BulkInsert)->MinTime(1);

void BM_PointCreate(benchmark::State& state) {
  const Documents& documents = AllDocuments();
  auto bench = std::make_unique<Bench>();
  size_t at = 0;
  for (auto _ : state) {
    if (at == documents.json.size()) {
      state.PauseTiming();
      bench = std::make_unique<Bench>();
      at = 0;
      state.ResumeTiming();
    }
    const HttpResponse made =
        bench->PostDocuments(documents.json[at], {{header::kPartitionKey, documents.keys[at]}});
    Require(state, made, 201);
    ++at;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PointCreate);

void BM_PointRead(benchmark::State& state) {
  const Documents& documents = AllDocuments();
  constexpr size_t kRead = 10'000;
  Bench bench;
  for (size_t i = 0; i < kRead; ++i) {
    bench.PostDocuments(documents.json[i], {{header::kPartitionKey, documents.keys[i]}});
  }
  size_t at = 0;
  for (auto _ : state) {
    Require(state, bench.Read(documents.ids[at], documents.keys[at]), 200);
    at = (at + 7919) % kRead;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PointRead);

}  // namespace
}  // namespace weir::cosmos
