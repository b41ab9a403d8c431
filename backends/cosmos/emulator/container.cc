#include "backends/cosmos/emulator/container.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "backends/cosmos/emulator/json_text.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

uint32_t NowSeconds() { return static_cast<uint32_t>(WallUnixNs() / kNsPerSecond); }

}  // namespace

Container::Container(ResourceIds ids, const Throughput& throughput, const ChargeModel& charges,
                     std::unique_ptr<const ContainerDefinition> definition)
    : ids_(std::move(ids)),
      throughput_(throughput),
      charges_(charges),
      properties_(ids_.database_rid, ids_.rid, ids_.rid_bytes),
      created_(NowSeconds()),
      definition_(definition.get()),
      changed_(created_) {
  definitions_.push_back(std::move(definition));
}

absl::StatusOr<std::shared_ptr<Container>> Container::Create(std::string_view json, ResourceIds ids,
                                                             const Throughput& throughput,
                                                             bool throttle,
                                                             const ChargeModel& charges) {
  WEIR_ASSIGN_OR_RETURN(auto definition, ContainerDefinition::Parse(json));
  std::shared_ptr<Container> container(
      new Container(std::move(ids), throughput, charges, std::move(definition)));
  container->MakePartitions(throttle);
  return container;
}

absl::Status Container::Replace(std::string_view json, std::string_view if_match) {
  const std::unique_lock lock(replace_mutex_);
  if (!if_match.empty() && if_match != "*" && if_match != Etag()) {
    return absl::FailedPreconditionError("the container has another etag than if-match names");
  }
  WEIR_ASSIGN_OR_RETURN(auto next, ContainerDefinition::Parse(json, &definition()));
  WEIR_RETURN_IF_ERROR(definition().CheckReplacement(*next));
  definitions_.push_back(std::move(next));
  definition_ = definitions_.back().get();
  ++version_;
  changed_ = NowSeconds();
  for (const auto& partition : partitions_) {
    const std::unique_lock partition_lock(partition->mutex());
    partition->Redefine(definition());
  }
  return absl::OkStatus();
}

void Container::MakePartitions(bool throttle) {
  const int count = throughput_.partitions;
  const CentiRu per_second =
      throttle ? static_cast<CentiRu>(throughput_.per_second) * 100 / count : 0;
  const PartitionSettings settings{&definition(), &charges_, &properties_};
  for (int i = 0; i < count; ++i) {
    partitions_.push_back(std::make_unique<Partition>(
        static_cast<uint32_t>(i), KeyRange{EvenBound(i, count), EvenBound(i + 1, count)},
        per_second, settings));
  }
}

Partition& Container::PartitionFor(const EffectivePartitionKey& key) const {
  const auto after = std::upper_bound(
      partitions_.begin(), partitions_.end(), key,
      [](const EffectivePartitionKey& k, const auto& p) { return k < p->range().low; });
  return **(after - 1);
}

Partition* Container::PartitionById(std::string_view id) const {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(absl::string_view(id.data(), id.size()), &number)) return nullptr;
  return number < partitions_.size() ? partitions_[number].get() : nullptr;
}

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

std::string Container::RangesJson() const {
  std::string json = absl::StrCat(R"({"_rid":")", ids_.rid, R"(","PartitionKeyRanges":[)");
  const char* separator = "";
  for (const auto& partition : partitions_) {
    absl::StrAppend(&json, separator, R"({"_rid":")",
                    properties_.DocumentRid(partition->id() + 1, 0), R"(","id":")", partition->id(),
                    R"(","_etag":"\"00000000-0000-0000-0000-000000000001\"","minInclusive":")",
                    partition->range().low.ToHex(), R"(","maxExclusive":")",
                    partition->range().high.ToHex(), R"(","ridPrefix":)", partition->id());
    absl::StrAppend(&json, R"(,"_self":")", Self(), "pkranges/", partition->id(),
                    R"(/","throughputFraction":)", 1.0 / static_cast<double>(partitions_.size()),
                    R"(,"status":"online","parents":[],"_ts":)", created_, "}");
    separator = ",";
  }
  absl::StrAppend(&json, R"(],"_count":)", partitions_.size(), "}");
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
