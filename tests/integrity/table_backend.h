// A database in memory that a test can see into and spoil: a table of records by index and
// revision, of which one may be there twice. Answers at once. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/api/backend.h"
#include "generators/dataset.h"

namespace weir {

class TableBackend final : public Backend {
 public:
  // `dataset` outlives this.
  explicit TableBackend(const Dataset& dataset) : dataset_(dataset) {}

  std::multimap<uint64_t, uint64_t> rows;    // revision by index
  std::vector<std::string> strangers;        // ids of rows that no campaign has made
  std::optional<std::string> spoiled_field;  // of every row: a text that is not the dataset's
  std::vector<Operation> attempts;           // in order
  // What is answered to an attempt instead of carrying it out; empty: it is carried out.
  std::function<std::optional<Outcome>(const Operation&)> refusal;

  absl::Status SetUp(bool) override { return absl::OkStatus(); }
  absl::StatusOr<Disclosure> Disclose() override { return Disclosure{}; }
  absl::StatusOr<uint64_t> Count() override { return rows.size() + strangers.size(); }

  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop&, CompletionSink& sink) override {
    return std::make_unique<TableSession>(*this, sink);
  }

  absl::Status Scan(absl::FunctionRef<void(const Record&)> visit) override {
    for (const auto& [index, revision] : rows) visit(Stored(index, revision));
    for (const std::string& id : strangers) {
      dataset_.Make(0, 0, &stored_);
      stored_.Set(dataset_.schema().id_field, Value::Text(id));
      visit(stored_);
    }
    return absl::OkStatus();
  }

  absl::Status ReadBack(
      absl::Span<const uint64_t> indices,
      absl::FunctionRef<void(uint64_t index, const Record* record)> visit) override {
    for (const uint64_t index : indices) {
      const auto found = rows.find(index);
      visit(index, found == rows.end() ? nullptr : &Stored(index, found->second));
    }
    return absl::OkStatus();
  }

 private:
  class TableSession final : public Session {
   public:
    TableSession(TableBackend& table, CompletionSink& sink) : table_(table), sink_(sink) {}
    int Capacity() const override { return 1; }
    void Start(const Operation& operation, Ticket ticket) override {
      sink_.Complete(ticket, table_.Do(operation));
    }
    void Abandon(Ticket) override {}

   private:
    TableBackend& table_;
    CompletionSink& sink_;
  };

  static Outcome Answer(Verdict verdict) {
    Outcome outcome;
    outcome.verdict = verdict;
    return outcome;
  }

  // Of one record; as the session contract has it (in_doubt, not_found).
  Outcome Do(const Operation& operation) {
    attempts.push_back(operation);
    if (refusal) {
      if (const std::optional<Outcome> instead = refusal(operation)) return *instead;
    }
    const bool there = rows.contains(operation.first_record);
    switch (operation.kind) {
      case OperationKind::kInsert:
        if (there) return Answer(operation.in_doubt ? Verdict::kOk : Verdict::kConflict);
        break;
      case OperationKind::kReplace:
        if (!there) return Answer(Verdict::kNotFound);
        break;
      case OperationKind::kDelete:
        return Answer(rows.erase(operation.first_record) > 0 ? Verdict::kOk : Verdict::kNotFound);
      default:
        break;
    }
    rows.erase(operation.first_record);
    rows.emplace(operation.first_record, operation.revision);
    return Answer(Verdict::kOk);
  }

  const Record& Stored(uint64_t index, uint64_t revision) {
    dataset_.Make(index, revision, &stored_);
    if (spoiled_field) {
      const int field = dataset_.schema().FieldIndex(*spoiled_field);
      stored_.Set(static_cast<size_t>(field), Value::Text("spoiled"));
    }
    return stored_;
  }

  const Dataset& dataset_;
  Record stored_;
};

}  // namespace weir
