#include "integrity/read_back.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/random.h"
#include "base/status.h"

namespace weir {
namespace {

bool SameValue(FieldType type, const Value& a, const Value& b) {
  if (type == FieldType::kText) return a.text() == b.text();
  if (type == FieldType::kDouble) {
    return std::bit_cast<uint64_t>(a.real()) == std::bit_cast<uint64_t>(b.real());
  }
  return a.integer() == b.integer();
}

class RecordCheck {
 public:
  RecordCheck(const Dataset& dataset, const ReplayedLedger& ledger, ReadBackReport* report)
      : dataset_(dataset), ledger_(ledger), report_(*report) {}

  std::string NameOf(uint64_t index) {
    dataset_.Make(index, 0, &made_);
    return absl::StrCat("id ", Text(made_[dataset_.schema().id_field]), " (record ", index, ")");
  }

  // A record that is allowed to be there, against each of its revisions.
  void Check(uint64_t index, const Record& found) {
    std::vector<std::string> closest;
    for (const uint64_t revision : ledger_.records.RevisionsOf(index)) {
      const std::vector<std::string> fields = Differing(index, revision, found);
      if (fields.empty()) return;
      if (closest.empty() || fields.size() < closest.size()) closest = fields;
    }
    report_.altered.Add(absl::StrCat(NameOf(index), ": ", absl::StrJoin(closest, ", ")));
  }

 private:
  static std::string Text(const Value& value) { return std::string(value.text()); }

  std::vector<std::string> Differing(uint64_t index, uint64_t revision, const Record& found) {
    const RecordSchema& schema = dataset_.schema();
    std::vector<std::string> fields;
    dataset_.Make(index, revision, &made_);
    for (size_t i = 0; i < schema.fields.size(); ++i) {
      if (!SameValue(schema.fields[i].type, made_[i], found[i])) {
        fields.push_back(schema.fields[i].name);
      }
    }
    return fields;
  }

  const Dataset& dataset_;
  const ReplayedLedger& ledger_;
  ReadBackReport& report_;
  Record made_;
};

}  // namespace

absl::StatusOr<ReadBackReport> ReadAllBack(Backend& backend, const Dataset& dataset,
                                           ReplayedLedger* ledger) {
  ReadBackReport report;
  ExpectedRecords& expected = ledger->records;
  report.required = expected.required();
  report.uncertain = expected.possible() - expected.required();
  RecordCheck check(dataset, *ledger, &report);
  WEIR_RETURN_IF_ERROR(backend.Scan([&](const Record& record) {
    ++report.read;
    const std::string id(record[dataset.schema().id_field].text());
    const uint64_t index = dataset.IndexOf(id);
    const bool known = index != Dataset::kNoIndex;
    if (!known || expected.PresenceOf(index) == Presence::kMustNot) {
      const bool ours = known && (!ledger->from_load || ledger->may_hold_more);
      if (!ours) report.unexpected.Add(absl::StrCat("id ", id));
    } else if (!expected.See(index)) {
      report.duplicate.Add(check.NameOf(index));
    } else {
      check.Check(index, record);
    }
  }));
  expected.ForEachMissing([&](uint64_t index) { report.missing.Add(check.NameOf(index)); });
  return report;
}

absl::StatusOr<ReadBackReport> ReadSampleBack(Backend& backend, const Dataset& dataset,
                                              const ReplayedLedger& ledger, uint64_t reads,
                                              uint64_t seed) {
  ReadBackReport report;
  report.required = ledger.records.required();
  report.uncertain = ledger.records.possible() - report.required;
  WEIR_ASSIGN_OR_RETURN(report.read, backend.Count());
  std::vector<uint64_t> required;
  required.reserve(report.required);
  ledger.records.ForEachRequired([&](uint64_t index) { required.push_back(index); });
  DrawStream draws(DeriveKey(seed, "read-back sample"), 0);
  reads = std::min<uint64_t>(reads, required.size());
  for (uint64_t i = 0; i < reads; ++i) {
    std::swap(required[i], required[i + draws.Below(required.size() - i)]);
  }
  required.resize(reads);
  report.sampled = reads;
  RecordCheck check(dataset, ledger, &report);
  WEIR_RETURN_IF_ERROR(backend.ReadBack(required, [&](uint64_t index, const Record* record) {
    if (record == nullptr) {
      report.missing.Add(check.NameOf(index));
    } else {
      check.Check(index, *record);
    }
  }));
  const uint64_t most = ledger.records.possible();
  if (report.read < report.required) {
    report.missing.Add(absl::StrCat(report.required - report.read,
                                    " records by the count; which ones a full scan tells"));
  } else if (report.read > most && ledger.from_load && !ledger.may_hold_more) {
    report.unexpected.Add(
        absl::StrCat(report.read - most, " records by the count; which ones a full scan tells"));
  }
  return report;
}

}  // namespace weir
