#include "backends/cosmos/emulator/container.h"

#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

uint32_t NowSeconds() { return static_cast<uint32_t>(WallUnixNs() / kNsPerSecond); }

// Where a range is cut in two: the mean of its bounds, as big-endian numbers of 16 bytes, so that
// all keys with the same first level stay together.
std::optional<EffectivePartitionKey> MiddleOf(const KeyRange& range) {
  constexpr size_t kBytes = EffectivePartitionKey::kHashBytes;
  const auto number = [](const EffectivePartitionKey& key, bool is_end) {
    absl::uint128 value = 0;
    for (size_t i = 0; i < kBytes; ++i) {
      const uint8_t byte = i < key.bytes().size() ? key.bytes()[i] : 0;
      value = (value << 8) | byte;
    }
    return is_end ? absl::uint128(0x40) << 120 : value;  // keys of the hash end at 40…
  };
  const absl::uint128 low = number(range.low, false);
  const absl::uint128 high = number(range.high, range.high == EndOfKeySpace());
  const absl::uint128 middle = low + (high - low) / 2;
  if (high <= low || middle == low) return std::nullopt;
  std::string hex;
  for (const uint64_t half : {absl::Uint128High64(middle), absl::Uint128Low64(middle)}) {
    absl::StrAppend(&hex, absl::Hex(half, absl::kZeroPad16));
  }
  return EffectivePartitionKey::FromHex(hex);
}

}  // namespace

Container::Container(ResourceIds ids, const Throughput& throughput, bool throttle,
                     const ChargeModel& charges,
                     std::unique_ptr<const ContainerDefinition> definition)
    : ids_(std::move(ids)),
      throughput_(throughput),
      charges_(charges),
      properties_(ids_.database_rid, ids_.rid, ids_.rid_bytes),
      created_(NowSeconds()),
      definition_(definition.get()),
      changed_(created_),
      throttle_(throttle) {
  definitions_.push_back(std::move(definition));
}

absl::StatusOr<std::shared_ptr<Container>> Container::Create(std::string_view json, ResourceIds ids,
                                                             const Throughput& throughput,
                                                             bool throttle,
                                                             const ChargeModel& charges) {
  WEIR_ASSIGN_OR_RETURN(auto definition, ContainerDefinition::Parse(json));
  std::shared_ptr<Container> container(
      new Container(std::move(ids), throughput, throttle, charges, std::move(definition)));
  container->MakePartitions();
  return container;
}

absl::Status Container::Replace(std::string_view json, std::string_view if_match) {
  const std::scoped_lock lock(structure_mutex_);
  if (!if_match.empty() && if_match != "*" && if_match != Etag()) {
    return absl::FailedPreconditionError("the container has another etag than if-match names");
  }
  WEIR_ASSIGN_OR_RETURN(auto next, ContainerDefinition::Parse(json, &definition()));
  WEIR_RETURN_IF_ERROR(definition().CheckReplacement(*next));
  definitions_.push_back(std::move(next));
  definition_ = definitions_.back().get();
  ++version_;
  changed_ = NowSeconds();
  for (Partition* partition : table().partitions()) {
    const std::scoped_lock partition_lock(partition->mutex());
    partition->Redefine(definition());
  }
  return absl::OkStatus();
}

// ------------------------------------------------------------------------------- partitions

CentiRu Container::ShareOf(size_t partitions) const {
  if (!throttle_) return 0;
  return static_cast<CentiRu>(throughput_.per_second) * 100 / static_cast<CentiRu>(partitions);
}

Partition* Container::AddPartition(const KeyRange& range, std::vector<uint32_t> parents) {
  all_partitions_.push_back(std::make_unique<Partition>(
      static_cast<uint32_t>(all_partitions_.size()), range, std::move(parents), 0,
      PartitionSettings{&definition(), &charges_, &properties_}));
  return all_partitions_.back().get();
}

void Container::MakePartitions() {
  const std::scoped_lock lock(structure_mutex_);
  std::vector<Partition*> partitions;
  const int count = throughput_.partitions;
  for (int i = 0; i < count; ++i) {
    partitions.push_back(AddPartition({EvenBound(i, count), EvenBound(i + 1, count)}, {}));
    partitions.back()->budget() = ThroughputBudget(ShareOf(static_cast<size_t>(count)));
  }
  Publish(std::move(partitions));
}

void Container::Publish(std::vector<Partition*> partitions) {
  tables_.push_back(
      std::make_unique<const PartitionTable>(std::move(partitions), tables_.size() + 1));
  table_.store(tables_.back().get(), std::memory_order_release);
}

LockedPartition Container::Lock(const EffectivePartitionKey& key) const {
  for (;;) {
    Partition& partition = table().For(key);
    auto lock = partition.Lock();
    if (partition.state() != Partition::State::kGone) return {&partition, std::move(lock)};
  }
}

LockedPartition Container::LockById(std::string_view id) const {
  Partition* partition = table().ById(id);
  if (partition == nullptr) return {.gone = substatus::kPartitionKeyRangeGone};
  auto lock = partition->Lock();
  if (partition->state() == Partition::State::kOnline) return {partition, std::move(lock)};
  const bool is_gone = partition->state() == Partition::State::kGone;
  return {.gone = is_gone ? substatus::kPartitionKeyRangeGone : substatus::kCompletingSplit};
}

absl::Status Container::Split(std::string_view id) {
  const std::scoped_lock structure(structure_mutex_);
  Partition* parent = table().ById(id);
  if (parent == nullptr) {
    return absl::NotFoundError(absl::StrCat("there is no partition key range ", JsonString(id)));
  }
  const auto middle = MiddleOf(parent->range());
  if (!middle) {
    return absl::FailedPreconditionError(
        absl::StrCat("the range ", parent->id(), " is too narrow to be split"));
  }
  std::vector<uint32_t> lineage = parent->parents();
  lineage.push_back(parent->id());
  Partition* left = AddPartition({parent->range().low, *middle}, lineage);
  Partition* right = AddPartition({*middle, parent->range().high}, std::move(lineage));
  std::vector<Partition*> partitions;
  for (Partition* partition : table().partitions()) {
    if (partition == parent) {
      partitions.insert(partitions.end(), {left, right});
    } else {
      partitions.push_back(partition);
    }
  }
  const CentiRu share = ShareOf(partitions.size());
  {
    const std::scoped_lock lock(parent->mutex());
    parent->SplitInto(left, right);
    for (Partition* child : {left, right}) child->budget() = ThroughputBudget(share);
    Publish(std::move(partitions));
  }
  const int64_t now_ns = MonotonicNs();
  for (Partition* partition : table().partitions()) {
    const std::scoped_lock lock(partition->mutex());
    partition->budget().SetPerSecond(share, now_ns);
  }
  return absl::OkStatus();
}

// ------------------------------------------------------------------------------------- JSON

std::string Container::Self() const {
  return absl::StrCat("dbs/", ids_.database_rid, "/colls/", ids_.rid, "/");
}

std::string Container::OfferRid() const {
  std::string rid = "O";  // rids of offers are signed in lower case: letters that keep apart in it
  for (const char c : ids_.rid_bytes.substr(4)) {
    rid.push_back(static_cast<char>('a' + ((c >> 4) & 0xF)));
    rid.push_back(static_cast<char>('a' + (c & 0xF)));
  }
  return rid;
}

std::string Container::Etag() const {
  return absl::StrFormat("\"00000000-0000-0000-0000-%012x\"", version_.load());
}

std::string Container::Json() const {
  return absl::StrCat("{", definition().members(), R"(,"_rid":")", ids_.rid, R"(","_ts":)",
                      changed_.load(), R"(,"_self":")", Self(), R"(","_etag":)", JsonString(Etag()),
                      R"(,"_docs":"docs/","_sprocs":"sprocs/","_triggers":"triggers/",)",
                      R"("_udfs":"udfs/","_conflicts":"conflicts/"})");
}

std::string Container::RangesJson(const PartitionTable& table) const {
  std::string json = absl::StrCat(R"({"_rid":")", ids_.rid, R"(","PartitionKeyRanges":[)");
  const char* separator = "";
  const auto partitions = table.partitions();
  for (const Partition* partition : partitions) {
    absl::StrAppend(&json, separator, R"({"_rid":")", properties_.DocumentRid(partition->id() + 1),
                    R"(","id":")", partition->id(),
                    R"(","_etag":"\"00000000-0000-0000-0000-000000000001\"","minInclusive":")",
                    partition->range().low.ToHex(), R"(","maxExclusive":")",
                    partition->range().high.ToHex(), R"(","ridPrefix":)", partition->id());
    absl::StrAppend(&json, R"(,"_self":")", Self(), "pkranges/", partition->id(),
                    R"(/","throughputFraction":)", 1.0 / static_cast<double>(partitions.size()),
                    R"(,"status":"online","parents":[)");
    const char* comma = "";
    for (const uint32_t parent : partition->parents()) {
      absl::StrAppend(&json, comma, "\"", parent, "\"");
      comma = ",";
    }
    absl::StrAppend(&json, R"(],"_ts":)", created_, "}");
    separator = ",";
  }
  absl::StrAppend(&json, R"(],"_count":)", partitions.size(), "}");
  return json;
}

std::string Container::OfferJson() const {
  const std::string rid = OfferRid();
  std::string autopilot;
  if (throughput_.autoscale) {
    autopilot =
        absl::StrCat(R"(,"offerAutopilotSettings":{"maxThroughput":)", throughput_.per_second, "}");
  }
  return absl::StrCat(R"({"resource":")", Self(), R"(","offerType":"Invalid","offerResourceId":")",
                      ids_.rid, R"(","offerVersion":"V2","content":{"offerThroughput":)",
                      throughput_.per_second, R"(,"offerIsRUPerMinuteThroughputEnabled":false,)",
                      R"("offerMinimumThroughputParameters":{"maxThroughputEverProvisioned":)",
                      throughput_.per_second, R"(,"maxConsumedStorageEverInKB":0})", autopilot,
                      R"(},"id":")", rid, R"(","_rid":")", rid, R"(","_self":"offers/)", rid,
                      R"(/","_etag":"\"00000000-0000-0000-0000-000000000001\"","_ts":)", created_,
                      "}");
}

}  // namespace weir::cosmos::emulator
