#include "generators/operation_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/status.h"
#include "generators/key_chooser.h"
#include "generators/permutation.h"

namespace weir {
namespace {

OperationKind KindOf(v1::OperationKind kind) {
  switch (kind) {
    case v1::OPERATION_KIND_INSERT:
      return OperationKind::kInsert;
    case v1::OPERATION_KIND_UPSERT:
      return OperationKind::kUpsert;
    case v1::OPERATION_KIND_REPLACE:
      return OperationKind::kReplace;
    case v1::OPERATION_KIND_DELETE:
      return OperationKind::kDelete;
    case v1::OPERATION_KIND_QUERY:
      return OperationKind::kQuery;
    default:
      return OperationKind::kRead;
  }
}

std::string NameOfKind(v1::OperationKind kind) {
  static constexpr std::string_view kNames[] = {"?",       "insert", "upsert", "read",
                                                "replace", "delete", "query"};
  return std::string(kNames[v1::OperationKind_IsValid(kind) ? kind : 0]);
}

// One operation of the mix, ready to be made.
struct MixEntry {
  OperationType type;
  OperationKind kind;
  uint64_t weight;            // divided by the weights' common divisor: operations in a block
  uint64_t first_position;    // in the unshuffled block
  uint64_t first_record = 0;  // inserts and deletes: records of its kind in a block before it
  std::shared_ptr<const KeyChooser> keys;  // null for inserts and deletes
};

// Block by block: a block holds each type exactly as often as its weight says, in an order shuffled
// anew for each. An operation's position in the unshuffled block gives its type and its rank among
// its like, and so each insert its own records without any agent asking another.
class MixPlan : public OperationPlan {
 public:
  MixPlan(std::vector<MixEntry> entries, uint64_t loaded, uint64_t first_insert,
          uint64_t settling_operations, uint64_t key, const Dataset& dataset)
      : entries_(std::move(entries)),
        loaded_(loaded),
        first_insert_(first_insert),
        key_(key),
        dataset_(dataset) {
    for (MixEntry& entry : entries_) {
      entry.first_position = block_size_;
      block_size_ += entry.weight;
      uint64_t* records = entry.kind == OperationKind::kInsert   ? &inserted_per_block_
                          : entry.kind == OperationKind::kDelete ? &deleted_per_block_
                                                                 : nullptr;
      if (records != nullptr) {
        entry.first_record = *records;
        *records += entry.weight * entry.type.batch;
      }
      types_.push_back(entry.type);
    }
    settling_blocks_ = (settling_operations + block_size_ - 1) / block_size_;
  }

  const std::vector<OperationType>& types() const override { return types_; }

  uint32_t TypeOf(uint64_t index) const override {
    const Permutation shuffle(Draw(key_, index / block_size_), block_size_);
    return static_cast<uint32_t>(TypeAt(shuffle(index % block_size_)));
  }

  void Make(uint64_t index, PlannedOperation* planned) const override {
    const uint64_t block = index / block_size_;
    const Permutation shuffle(Draw(key_, block), block_size_);
    const uint64_t position = shuffle(index % block_size_);
    const size_t type = TypeAt(position);
    const MixEntry& entry = entries_[type];

    planned->type = static_cast<uint32_t>(type);
    Operation& operation = planned->operation;
    operation = Operation{};
    operation.kind = entry.kind;
    operation.records = entry.type.batch;
    const uint64_t rank = position - entry.first_position;
    if (entry.kind == OperationKind::kInsert) {
      operation.first_record = first_insert_ + block * inserted_per_block_ + entry.first_record +
                               rank * entry.type.batch;
    } else if (entry.kind == OperationKind::kDelete) {
      operation.first_record = block * deleted_per_block_ + entry.first_record + rank;
    } else {
      ChooseRecords(entry, block, index, planned);
    }
  }

 private:
  size_t TypeAt(uint64_t position) const {
    const auto after = std::upper_bound(
        entries_.begin() + 1, entries_.end(), position,
        [](uint64_t value, const MixEntry& entry) { return value < entry.first_position; });
    return static_cast<size_t>(after - entries_.begin()) - 1;
  }

  // What is there when a block begins and not deleted before it ends; at least one record.
  // Operations overlap, so what the latest blocks insert is left out until it has settled.
  KeyRange KeysOf(uint64_t block) const {
    const uint64_t settled = block - std::min(block, settling_blocks_);
    const uint64_t end = loaded_ + settled * inserted_per_block_;
    return {std::min((block + 1) * deleted_per_block_, end - 1), end};
  }

  // Keys count the loaded records, then the inserted ones, which may lie further on.
  uint64_t RecordOf(uint64_t key) const {
    return key < loaded_ ? key : first_insert_ + (key - loaded_);
  }

  // The key moved back so that the batch ends before `end` and does not straddle loaded and
  // inserted.
  uint64_t FirstOfBatch(uint64_t key, uint64_t records, uint64_t end) const {
    const uint64_t first = std::min(key, end - records);
    const bool straddles = first < loaded_ && first + records > loaded_ && loaded_ >= records;
    return straddles ? loaded_ - records : first;
  }

  void ChooseRecords(const MixEntry& entry, uint64_t block, uint64_t index,
                     PlannedOperation* planned) const {
    DrawStream draws(key_, ~index);
    const KeyRange keys = KeysOf(block);
    const uint64_t key = entry.keys->Choose(keys, draws);
    Operation& operation = planned->operation;
    if (entry.kind == OperationKind::kQuery) {
      dataset_.MakeParameters(*entry.type.query, RecordOf(key), draws, &planned->parameters);
      operation.query = entry.type.query;
      operation.parameters = {&planned->parameters[0], planned->parameters.size()};
      return;
    }
    operation.records =
        static_cast<uint32_t>(std::min<uint64_t>(entry.type.batch, keys.end - keys.first));
    operation.first_record = RecordOf(FirstOfBatch(key, operation.records, keys.end));
    if (entry.kind != OperationKind::kRead) operation.revision = index + 1;
  }

  std::vector<MixEntry> entries_;
  std::vector<OperationType> types_;
  uint64_t loaded_;
  uint64_t first_insert_;
  uint64_t key_;
  const Dataset& dataset_;
  uint64_t block_size_ = 0;
  uint64_t settling_blocks_ = 0;
  uint64_t inserted_per_block_ = 0;  // records
  uint64_t deleted_per_block_ = 0;
};

class LoadPlan : public OperationPlan {
 public:
  LoadPlan(uint64_t records, uint32_t batch) : records_(records), batch_(batch) {
    types_.push_back({"load", v1::OPERATION_KIND_INSERT, 1, batch, nullptr, "in order"});
  }
  const std::vector<OperationType>& types() const override { return types_; }
  uint32_t TypeOf(uint64_t) const override { return 0; }
  void Make(uint64_t index, PlannedOperation* planned) const override {
    planned->type = 0;
    Operation& operation = planned->operation;
    operation = Operation{};
    operation.kind = OperationKind::kInsert;
    operation.first_record = index * batch_;
    operation.records =
        static_cast<uint32_t>(std::min<uint64_t>(batch_, records_ - operation.first_record));
  }

 private:
  std::vector<OperationType> types_;
  uint64_t records_;
  uint32_t batch_;
};

absl::Status Wrong(absl::string_view operation, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("operation ", operation, ": ", what));
}

std::string NameOf(const v1::OperationSpec& spec) {
  if (!spec.name().empty()) return spec.name();
  if (!spec.query().empty()) return spec.query();
  return NameOfKind(spec.do_());
}

absl::Status FindQuery(const v1::OperationSpec& spec, const RecordSchema& schema,
                       OperationType* type) {
  const bool is_query = spec.do_() == v1::OPERATION_KIND_QUERY;
  if (!is_query && spec.query().empty()) return absl::OkStatus();
  const std::string known = absl::StrJoin(
      schema.queries, ", ",
      [](std::string* out, const QuerySpec& query) { absl::StrAppend(out, query.name); });
  if (!is_query) return Wrong(type->name, "only `do: query` has a query");
  if (spec.query().empty()) {
    return Wrong(type->name, absl::StrCat("say which query; there are: ", known));
  }
  type->query = schema.FindQuery(spec.query());
  if (type->query != nullptr) return absl::OkStatus();
  return Wrong(type->name, absl::StrCat("no query ", spec.query(), " of dataset ", schema.name,
                                        "; there are: ", known));
}

absl::Status CheckNumbers(const v1::OperationSpec& spec, absl::string_view name) {
  if (spec.do_() == v1::OPERATION_KIND_UNSPECIFIED || !v1::OperationKind_IsValid(spec.do_())) {
    return Wrong(name, "say what to do: insert, upsert, read, replace, delete or query");
  }
  if (spec.weight() == 0) return Wrong(name, "weight must be at least 1");
  if (spec.batch() == 0) return Wrong(name, "batch must be at least 1");
  const bool batches =
      spec.do_() == v1::OPERATION_KIND_INSERT || spec.do_() == v1::OPERATION_KIND_UPSERT;
  if (spec.batch() > 1 && !batches) return Wrong(name, "only insert and upsert have a batch");
  return absl::OkStatus();
}

absl::StatusOr<MixEntry> MakeEntry(const v1::OperationSpec& spec, const v1::Campaign& campaign,
                                   const v1::Scenario& scenario, const RecordSchema& schema) {
  MixEntry entry{};
  entry.type = {NameOf(spec), spec.do_(), spec.weight(), spec.batch(), nullptr, ""};
  WEIR_RETURN_IF_ERROR(CheckNumbers(spec, entry.type.name));
  WEIR_RETURN_IF_ERROR(FindQuery(spec, schema, &entry.type));
  entry.kind = KindOf(spec.do_());
  entry.weight = spec.weight();
  if (entry.kind == OperationKind::kInsert || entry.kind == OperationKind::kDelete) {
    entry.type.keys = entry.kind == OperationKind::kInsert ? "new" : "oldest";
    return entry;
  }
  auto keys = MakeKeyChooser(spec.has_keys() ? spec.keys() : scenario.keys(),
                             campaign.dataset().records(), campaign.seed());
  if (!keys.ok()) {
    return Annotate(keys.status(), absl::StrCat("operation ", entry.type.name));
  }
  entry.keys = *std::move(keys);
  entry.type.keys = entry.keys->name();
  return entry;
}

absl::Status CheckNames(const std::vector<MixEntry>& entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (entries[i].type.name != entries[j].type.name) continue;
      return Wrong(
          entries[i].type.name,
          absl::StrCat("operations ", j + 1, " and ", i + 1,
                       " of the mix have this name; give one of them another with `name`"));
    }
  }
  return absl::OkStatus();
}

// Operations that may pass before an insert is taken for done: two seconds of the highest rate, or
// in a closed loop some rounds of all sessions.
uint64_t SettlingOperations(const v1::Scenario& scenario) {
  constexpr uint64_t kSeconds = 2;
  constexpr uint64_t kRounds = 16;
  if (scenario.shape().has_closed()) return kRounds * scenario.shape().closed().sessions();
  const auto per_second = [](const v1::Rate& rate) {
    return rate.per_ns() == 0 ? 0 : rate.operations() * 1'000'000'000 / rate.per_ns();
  };
  const v1::OpenLoop& open = scenario.shape().open();
  uint64_t highest = per_second(open.rate());
  for (const v1::RateStage& stage : open.stages()) {
    highest = std::max({highest, per_second(stage.from()), per_second(stage.to())});
  }
  return kSeconds * highest;
}

// Scenarios that run on the records of an earlier one's load each have a range of their own for
// what they insert, far behind what the others insert.
uint64_t FirstInsert(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  constexpr uint64_t kRange = 1'000'000'000;
  uint64_t ranges = 0;
  for (const v1::Scenario& other : campaign.scenarios()) {
    if (other.phases().has_load()) ranges = 0;
    if (other.name() == scenario.name()) break;
    ++ranges;
  }
  return campaign.dataset().records() + ranges * kRange;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OperationPlan>> MakeOperationPlan(const v1::Campaign& campaign,
                                                                 const v1::Scenario& scenario,
                                                                 const Dataset& dataset) {
  if (scenario.operations().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("scenario ", scenario.name(), ": no operations to choose from"));
  }
  if (campaign.dataset().records() == 0) {
    return absl::InvalidArgumentError("dataset: records must be at least 1");
  }
  std::vector<MixEntry> entries;
  uint64_t divisor = 0;
  for (const v1::OperationSpec& spec : scenario.operations()) {
    WEIR_ASSIGN_OR_RETURN(MixEntry entry, MakeEntry(spec, campaign, scenario, dataset.schema()));
    divisor = std::gcd(divisor, entry.weight);
    entries.push_back(std::move(entry));
  }
  WEIR_RETURN_IF_ERROR(CheckNames(entries));
  for (MixEntry& entry : entries) entry.weight /= divisor;
  const uint64_t key = DeriveKey(campaign.seed(), absl::StrCat("operations of ", scenario.name()));
  return std::make_unique<MixPlan>(std::move(entries), campaign.dataset().records(),
                                   FirstInsert(campaign, scenario), SettlingOperations(scenario),
                                   key, dataset);
}

std::unique_ptr<OperationPlan> MakeLoadPlan(const v1::Campaign& campaign,
                                            const v1::LoadPhase& load) {
  return std::make_unique<LoadPlan>(campaign.dataset().records(), std::max(load.batch(), 1u));
}

uint64_t LoadOperations(const v1::Campaign& campaign, const v1::LoadPhase& load) {
  const uint64_t batch = std::max(load.batch(), 1u);
  return (campaign.dataset().records() + batch - 1) / batch;
}

}  // namespace weir
