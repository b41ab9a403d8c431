// Whether targets promise the same: what survives a crash, what a read may miss, which fields are
// indexed, how much one operation writes (R36). Who ranks targets that differ in one of these ranks
// the promises; that is refused unless the campaign acknowledges the difference. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

struct Promise {
  std::string kept;   // what can be relied on; targets are alike when it is the same
  std::string words;  // and what makes it so: "synchronous_commit off"
  bool open = false;  // nothing is promised, so that it differs from nothing
};

struct FairnessRow {
  v1::Fairness aspect = v1::FAIRNESS_UNSPECIFIED;
  std::string name;               // "durability"
  std::vector<Promise> promises;  // in the order of the targets
  bool differs = false;
  bool acknowledged = false;  // by the campaign
};

// What one target is found at: its place in the campaign, and the conditions that it disclosed, if
// any yet.
struct FairnessTarget {
  const v1::Target* target = nullptr;
  const v1::Leg* leg = nullptr;  // null: only the campaign's settings speak
};

// Every aspect, in the order in which reports show them. Borrows nothing.
std::vector<FairnessRow> FairnessLedger(const v1::Comparison& comparison,
                                        const std::vector<FairnessTarget>& targets);

// Of a scenario of a run, each target with the first leg that disclosed anything.
std::vector<FairnessTarget> FairnessTargets(const v1::RunResult& run, const std::string& scenario);

// Why targets must not be ranked: "durability: durable: kept (synchronous_commit on); lazy: …".
// Empty when they are alike, or when the campaign acknowledges how they differ.
std::string RankingRefusal(const std::vector<FairnessRow>& ledger,
                           const std::vector<FairnessTarget>& targets);

// One row that differs, in words: "durable: kept (synchronous_commit on); lazy: …".
std::string DifferenceWords(const FairnessRow& row, const std::vector<FairnessTarget>& targets);

}  // namespace weir
