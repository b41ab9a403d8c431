// Whatever lies in a results store as a run and its seconds: it is refused as damaged, or every
// writer of reports can write it. In one input, each preceded by its length: the run, and its
// seconds, each behind a byte for its leg and one for its stage.
#include <algorithm>

#include "base/check.h"
#include "measure/tally.h"
#include "reports/cost.h"
#include "reports/gate.h"
#include "reports/history.h"
#include "reports/report.h"
#include "reports/run_comparison.h"
#include "reports/stored_run.h"
#include "tests/fuzz/byte_list.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/reports/hostile_texts.h"
#include "tests/reports/sample_prices.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/sample_search.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

constexpr size_t kLargestSeed = 60'000;  // less than what ./dev fuzz makes inputs of

std::unique_ptr<ResultsStore> NewStore() { return *OpenResultsStore(":memory:"); }

void AppendSecond(const std::string& run, const std::string& bytes, ResultsStore* store) {
  v1::Interval interval;
  if (bytes.size() < 2 || !interval.ParseFromString(bytes.substr(2))) return;
  const auto stage = static_cast<v1::Phase>(static_cast<uint8_t>(bytes[1]));
  // The same second again is refused, whatever it is.
  (void)store->AppendInterval(run, static_cast<uint8_t>(bytes[0]), stage, interval);
}

// The run was looked at; its seconds are as they are read, and may be refused then.
void ExpectWritten(const absl::Status& status) {
  WEIR_CHECK(status.ok() || absl::IsDataLoss(status));
}

void WriteAll(const ResultsStore& store, const v1::RunResult& run) {
  static const test::TemporaryFolder folder;
  const std::string path = folder.File("report");
  ExpectWritten(HtmlReport(store, run).status());
  ExpectWritten(WriteJsonReport(store, run, path));
  ExpectWritten(WriteHlog(store, run, path));
  for (const auto write : {WriteCsvReport, WriteComparisonCsv, WriteCostCsv, WriteCapacityCsv}) {
    WEIR_CHECK(write(run, path).ok());
  }
  WEIR_CHECK(!MarkdownReport(run).empty());
  WEIR_CHECK(!TextReport(store, run, 100, true).empty());
}

void CompareAll(const v1::RunResult& run) {
  const std::vector<GateCheck> checks = CheckRun(run, &run, {});
  WEIR_CHECK(!GateJUnit(run, checks).empty() && !GateMarkdown(run, checks).empty());
  WEIR_CHECK(WhatDiffers(run, run).empty());
  const std::vector<v1::RunResult> runs(4, run);
  const std::vector<History> histories = HistoryOf(runs, ComparedMetrics());
  (void)HistoryText(histories, 100);
  WEIR_CHECK(!HistoryCsv(histories).empty());
  (void)JudgeThresholds(run);
}

void PriceAgain(const ResultsStore& store, v1::RunResult run) {
  const auto cost = ComputeCost(store, run, test::SamplePrices(), "home");
  ExpectWritten(cost.status());
  if (!cost.ok()) return;
  *run.mutable_cost() = *cost;
  WriteAll(store, run);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::vector<std::string> parts = weir::BytesIn(bytes, size);
  weir::v1::RunResult stored;
  if (parts.empty() || !stored.ParseFromString(parts[0])) return 0;
  const auto store = weir::NewStore();
  WEIR_CHECK(store->SaveRun(stored).ok());
  for (size_t i = 1; i < parts.size(); ++i) {
    weir::AppendSecond(stored.id(), parts[i], store.get());
  }
  const auto run = store->LoadRun("latest");
  WEIR_CHECK(run.ok() || absl::IsDataLoss(run.status()));
  if (!run.ok()) return 0;
  weir::WriteAll(*store, *run);
  weir::CompareAll(*run);
  weir::PriceAgain(*store, *run);
  return 0;
}

namespace weir {
namespace {

// Histograms that say the same by fewer bytes.
void Shrink(v1::Tally* tally) {
  Tally whole;
  WEIR_CHECK(whole.Add(*tally).ok());
  Tally few;
  few.counts() = whole.counts();
  for (const auto histogram : {&Tally::response, &Tally::charge, &Tally::failed_response}) {
    const Histogram& from = whole.*histogram;
    if (!from.empty()) (few.*histogram).RecordTimes(from.ValueAtQuantile(0.5), from.count());
  }
  *tally = few.ToProto();
}

void Shrink(v1::RunResult* run) {
  for (v1::Leg& leg : *run->mutable_legs()) {
    for (v1::PhaseResult& result : *leg.mutable_results()) Shrink(result.mutable_total());
    for (v1::AgentShare& share : *leg.mutable_shares()) Shrink(share.mutable_total());
  }
}

// Every field of the schema once, as far as a run can have it.
v1::RunResult WithEverything() {
  v1::RunResult run = test::HostileRun("");
  for (v1::Leg& leg : *run.mutable_legs()) {
    for (v1::LostShare& lost : *leg.mutable_lost_shares()) {
      lost.set_stage(v1::PHASE_MEASURE);
      lost.set_share_count(1);
    }
  }
  return run;
}

std::string SecondOf(uint32_t leg, v1::Phase stage, v1::Interval interval) {
  for (v1::OperationInterval& part : *interval.mutable_operations()) Shrink(part.mutable_tally());
  return std::string({static_cast<char>(leg), static_cast<char>(stage)}) +
         interval.SerializeAsString();
}

// The first seconds of each stage of the sample run, with the run. What is refused at once would be
// no seed.
std::string WithSeconds(v1::RunResult run) {
  WEIR_CHECK(CheckStoredRun(run).ok());
  const auto store = NewStore();
  WEIR_CHECK(test::SaveSampleRun(*store).ok());
  const std::string sample = test::SampleRun().id();
  Shrink(&run);
  std::vector<std::string> parts = {run.SerializeAsString()};
  for (const v1::Leg& leg : run.legs()) {
    const auto add = [&](v1::Phase stage, const v1::Interval& interval) {
      if (interval.second() < 3) parts.push_back(SecondOf(leg.index(), stage, interval));
      return absl::OkStatus();
    };
    WEIR_CHECK(store->ForEachInterval(sample, leg.index(), add).ok());
  }
  return AsInput(parts);
}

}  // namespace

std::vector<std::string> FuzzSeeds() {
  v1::RunResult search = test::SampleSearch();
  Shrink(&search);
  v1::RunResult least;
  least.set_id("r");
  std::vector<std::string> seeds = {WithSeconds(test::SampleRun()), WithSeconds(WithEverything()),
                                    AsInput({search.SerializeAsString()}),
                                    AsInput({least.SerializeAsString()})};
  for (const std::string& seed : seeds) WEIR_CHECK(seed.size() < kLargestSeed);
  return seeds;
}

}  // namespace weir
