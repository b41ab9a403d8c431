#include "backends/cosmos/emulator/container.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/wall_clock.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

// A bound as a big-endian number of 16 bytes.
absl::uint128 NumberOf(const EffectivePartitionKey& bound) {
  if (bound == EndOfKeySpace()) return absl::uint128(0x40) << 120;  // where the hash ends
  absl::uint128 number = 0;
  for (size_t i = 0; i < EffectivePartitionKey::kHashBytes; ++i) {
    number = (number << 8) | (i < bound.bytes().size() ? bound.bytes()[i] : 0);
  }
  return number;
}

absl::uint128 WidthOf(const KeyRange& range) { return NumberOf(range.high) - NumberOf(range.low); }

// Where a range is cut in two; at 16 bytes, so that all keys with the same first level stay
// together.
std::optional<EffectivePartitionKey> MiddleOf(const KeyRange& range) {
  const absl::uint128 low = NumberOf(range.low);
  const absl::uint128 high = NumberOf(range.high);
  if (high < low + 2) return std::nullopt;
  const absl::uint128 middle = low + (high - low) / 2;
  std::string hex;
  for (const uint64_t half : {absl::Uint128High64(middle), absl::Uint128Low64(middle)}) {
    absl::StrAppend(&hex, absl::Hex(half, absl::kZeroPad16));
  }
  return EffectivePartitionKey::FromHex(hex);
}

}  // namespace

Container::Container(ResourceIds ids, const Provision& provision, const ChargeModel& charges,
                     std::unique_ptr<const ContainerDefinition> definition)
    : ids_(std::move(ids)),
      provision_(provision),
      charges_(charges),
      properties_(ids_.database_rid, ids_.rid, ids_.rid_bytes),
      created_(NowSeconds()),
      definition_(definition.get()),
      changed_(created_),
      throughput_(provision.throughput),
      shapes_(definition->key_paths().size()),
      memory_(&shapes_) {
  definitions_.push_back(std::move(definition));
}

absl::StatusOr<std::shared_ptr<Container>> Container::Create(std::string_view json, ResourceIds ids,
                                                             const Provision& provision,
                                                             const ChargeModel& charges) {
  WEIR_ASSIGN_OR_RETURN(auto definition, ContainerDefinition::Parse(json));
  std::shared_ptr<Container> container(
      new Container(std::move(ids), provision, charges, std::move(definition)));
  container->MakePartitions();
  if (provision.has_offer) container->MakeOffer();
  return container;
}

void Container::MakeOffer() {
  offer_ = std::make_unique<Offer>(
      Offer::Identity{OfferRid(ids_.rid_bytes), Self(), ids_.rid}, provision_.throughput,
      provision_.split_delay_ns,
      Offer::Resource{
          .apply = [this](const Throughput& throughput) { SetThroughput(throughput); },
          .announce = [this](const Throughput& coming) { AnnounceSplits(coming.partitions); },
          .stored_bytes = [this] { return StoredBytes(); }});
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
  if (!provision_.throttle) return 0;
  return static_cast<CentiRu>(throughput_.per_second) * 100 / static_cast<CentiRu>(partitions);
}

ThroughputBudget Container::Budget(size_t partitions) const {
  if (provision_.shared) return ThroughputBudget(provision_.shared);
  return ThroughputBudget(ShareOf(partitions), provision_.burst);
}

// Gives each partition its share of the throughput of now.
void Container::ShareOut() {
  const int64_t now_ns = MonotonicNs();
  const CentiRu share = ShareOf(table().partitions().size());
  for (Partition* partition : table().partitions()) {
    const std::scoped_lock lock(partition->mutex());
    partition->budget().SetPerSecond(share, now_ns);
  }
}

Partition* Container::AddPartition(const KeyRange& range, std::vector<uint32_t> parents) {
  all_partitions_.push_back(std::make_unique<Partition>(
      static_cast<uint32_t>(all_partitions_.size()), range, std::move(parents), 0,
      PartitionSettings{&definition(), &charges_, &properties_, &memory_}));
  return all_partitions_.back().get();
}

void Container::MakePartitions() {
  const std::scoped_lock structure(structure_mutex_);
  std::vector<Partition*> partitions;
  const int count = throughput_.partitions;
  for (int i = 0; i < count; ++i) {
    partitions.push_back(AddPartition({EvenBound(i, count), EvenBound(i + 1, count)}, {}));
    partitions.back()->budget() = Budget(static_cast<size_t>(count));
  }
  Publish(std::move(partitions));
}

void Container::Publish(std::vector<Partition*> partitions) {
  // Grows with every split and is the same again after a restart.
  const uint64_t version = all_partitions_.size();
  tables_.push_back(std::make_unique<const PartitionTable>(std::move(partitions), version));
  if (sink_ != nullptr) RecordTable();
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
  WEIR_RETURN_IF_ERROR(SplitLocked(parent));
  ShareOut();
  return absl::OkStatus();
}

absl::Status Container::SplitLocked(Partition* parent) {
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
  const std::scoped_lock lock(parent->mutex());
  parent->SplitInto(left, right);
  for (Partition* child : {left, right}) child->budget() = Budget(partitions.size());
  Publish(std::move(partitions));
  return absl::OkStatus();
}

// The widest come first, of those as wide the one with the lowest keys.
std::vector<Partition*> Container::BySplitOrder() const {
  const auto partitions = table().partitions();
  std::vector<Partition*> order(partitions.begin(), partitions.end());
  std::stable_sort(order.begin(), order.end(), [](const Partition* a, const Partition* b) {
    return WidthOf(a->range()) > WidthOf(b->range());
  });
  return order;
}

void Container::SetThroughput(const Throughput& throughput) {
  const std::scoped_lock structure(structure_mutex_);
  throughput_ = throughput;
  while (table().partitions().size() < static_cast<size_t>(throughput.partitions)) {
    if (!SplitLocked(BySplitOrder().front()).ok()) break;
  }
  ShareOut();
}

void Container::AnnounceSplits(int partitions) {
  const std::scoped_lock structure(structure_mutex_);
  const std::vector<Partition*> order = BySplitOrder();
  const size_t more =
      static_cast<size_t>(partitions) - std::min(order.size(), static_cast<size_t>(partitions));
  for (size_t i = 0; i < std::min(more, order.size()); ++i) {
    const std::scoped_lock lock(order[i]->mutex());
    order[i]->set_state(Partition::State::kCompletingSplit);
  }
}

void Container::SplitFull() {
  const std::scoped_lock structure(structure_mutex_);
  const int64_t id = full_partition_.exchange(kNone);
  Partition* parent = id == kNone ? nullptr : table().ById(absl::StrCat(id));
  if (parent != nullptr && SplitLocked(parent).ok()) ShareOut();
}

uint64_t Container::StoredBytes() const {
  uint64_t bytes = 0;
  for (Partition* partition : table().partitions()) {
    const std::scoped_lock lock(partition->mutex());
    bytes += partition->bytes();
  }
  return bytes;
}

std::vector<Partition*> Container::AllPartitions() const {
  const std::scoped_lock structure(structure_mutex_);
  std::vector<Partition*> all;
  for (const auto& partition : all_partitions_) all.push_back(partition.get());
  return all;
}

std::vector<HourlyPeak> Container::Peaks(int64_t now_ns) const {
  std::map<int64_t, double> by_hour;
  for (Partition* partition : AllPartitions()) {
    const std::scoped_lock lock(partition->mutex());
    for (const HourlyPeak& peak : partition->budget().Peaks(now_ns)) {
      double& highest = by_hour[peak.hour];
      highest = std::max(highest, peak.utilisation);
    }
  }
  std::vector<HourlyPeak> peaks;
  peaks.reserve(by_hour.size());
  for (const auto& [hour, utilisation] : by_hour) peaks.push_back({hour, utilisation});
  return peaks;
}

// ------------------------------------------------------------------------------------- JSON

std::string Container::Self() const {
  return absl::StrCat("dbs/", ids_.database_rid, "/colls/", ids_.rid, "/");
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

}  // namespace weir::cosmos::emulator
