#include "backends/cosmos/cosmos_backend.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/container_disclosure.h"
#include "backends/cosmos/container_scan.h"
#include "backends/cosmos/container_setup.h"
#include "backends/cosmos/container_survey.h"
#include "backends/cosmos/container_throughput.h"
#include "backends/cosmos/control_client.h"
#include "backends/cosmos/cosmos_session.h"
#include "backends/cosmos/http/authority.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir {
namespace {

using cosmos::Container;
using cosmos::HttpEngine;
using cosmos::OwnControlClient;

std::string ConsistencyHeader(v1::Consistency consistency) {
  switch (consistency) {
    case v1::CONSISTENCY_STRONG:
      return "Strong";
    case v1::CONSISTENCY_BOUNDED_STALENESS:
      return "BoundedStaleness";
    case v1::CONSISTENCY_SESSION:
      return "Session";
    case v1::CONSISTENCY_CONSISTENT_PREFIX:
      return "ConsistentPrefix";
    case v1::CONSISTENCY_EVENTUAL:
      return "Eventual";
    default:
      return "";
  }
}

cosmos::HttpClient ClientOf(v1::HttpClient client) {
  return client == v1::HTTP_CLIENT_LIBCURL ? cosmos::HttpClient::kLibcurl
                                           : cosmos::HttpClient::kDirect;
}

class CosmosBackend final : public Backend {
 public:
  CosmosBackend(const v1::CosmosTarget& target, cosmos::Gateway gateway,
                const RecordSource& records, int partition_field)
      : target_(target),
        container_{.gateway = std::move(gateway),
                   .records = records,
                   .form = cosmos::DocumentForm(records.schema(), partition_field),
                   .consistency = ConsistencyHeader(target.consistency()),
                   .minimal_response = target.minimal_response(),
                   .scans_allowed = target.indexes() == v1::INDEX_SET_NONE,
                   .page_size = target.page_size(),
                   .ranges = {}} {}

  absl::Status SetUp(bool create) override {
    OwnControlClient client(container_.gateway);
    WEIR_RETURN_IF_ERROR(cosmos::SetUpContainer(target_, create, &container_, &*client));
    // The database may give it otherwise; the control finds out.
    const bool told = target_.capacity() != v1::COSMOS_CAPACITY_SERVERLESS;
    const auto partitions = static_cast<MilliRu>(container_.ranges.Get()->size());
    control_.SetShare(told ? MilliRu{target_.throughput()} * 1000 / partitions : 0);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                       CompletionSink& sink) override {
    const std::shared_ptr<Lane> lane = LaneOf(loop);
    cosmos::ControlClient client(container_.gateway, lane->engine);
    WEIR_RETURN_IF_ERROR(client.Connect());
    if (container_.ranges.version() == 0) {
      WEIR_RETURN_IF_ERROR(cosmos::ReadRanges(&container_, &client));
    }
    const std::shared_ptr<HttpEngine> engine(lane, &lane->engine);
    std::shared_ptr<cosmos::HoldQueue> holds;
    if (target_.congestion_control()) holds = {lane, &lane->holds};
    return std::make_unique<cosmos::CosmosSession>(container_, engine, holds, sink);
  }

  absl::StatusOr<Disclosure> Disclose() override {
    OwnControlClient client(container_.gateway);
    return cosmos::DiscloseContainer(target_, &container_, &*client);
  }

  absl::StatusOr<Throughput> ChangeThroughput(uint64_t ru) override {
    OwnControlClient client(container_.gateway);
    return cosmos::Provision(container_.gateway, ru, &*client);
  }

  absl::StatusOr<Throughput> ReadThroughput() override { return ChangeThroughput(0); }

  absl::StatusOr<uint64_t> StoredBytes() override {
    OwnControlClient client(container_.gateway);
    return cosmos::StoredBytes(container_.gateway, &*client);
  }

  absl::StatusOr<Standing> Survey() override {
    OwnControlClient client(container_.gateway);
    return cosmos::SurveyContainer(target_, &container_, &*client);
  }

  absl::Status Consent() override {
    OwnControlClient client(container_.gateway);
    return cosmos::GiveConsent(target_, container_, &*client);
  }

  absl::StatusOr<uint64_t> Count() override {
    OwnControlClient client(container_.gateway);
    return cosmos::CountDocuments(&container_, &*client);
  }

  absl::Status ReadBack(
      absl::Span<const uint64_t> indices,
      absl::FunctionRef<void(uint64_t index, const Record* record)> visit) override {
    OwnControlClient client(container_.gateway);
    return cosmos::ReadDocuments(container_, &*client, indices, visit);
  }

  ServerLocation Location() override {
    const cosmos::Authority server = cosmos::ParseAuthority(target_.endpoint()).value();
    return {.host = server.host, .port = server.port};  // it was parsed when the gateway was made
  }

  absl::Status Scan(absl::FunctionRef<void(const Record&)> visit) override {
    OwnControlClient client(container_.gateway);
    return cosmos::ScanContainer(&container_, &*client, visit);
  }

 private:
  // What the sessions of a loop share: its connections, and the requests
  // that are held back.
  struct Lane {
    Lane(EventLoop& loop, const cosmos::HttpSettings& http, cosmos::HttpClient client,
         cosmos::CongestionControl& control)
        : engine(loop, http, client), holds(control, loop) {}
    HttpEngine engine;
    cosmos::HoldQueue holds;
  };

  std::shared_ptr<Lane> LaneOf(EventLoop& loop) {
    const std::lock_guard lock(mutex_);
    std::weak_ptr<Lane>& known = lanes_[&loop];
    std::shared_ptr<Lane> lane = known.lock();
    if (lane == nullptr) {
      lane = std::make_shared<Lane>(loop, container_.gateway.http, ClientOf(target_.http_client()),
                                    control_);
      known = lane;
    }
    return lane;
  }

  const v1::CosmosTarget target_;
  Container container_;
  // Of all agents that drive the container; each comes a little later than the others in its own
  // way.
  cosmos::CongestionControl control_{static_cast<uint64_t>(WallUnixNs())};
  std::mutex mutex_;
  std::map<EventLoop*, std::weak_ptr<Lane>> lanes_;  // guarded by mutex_
};

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeCosmosBackend(const v1::CosmosTarget& target,
                                                           const RecordSource& records) {
  const RecordSchema& schema = records.schema();
  const int partition_field = target.partition_key().empty()
                                  ? schema.partition_field
                                  : schema.FieldIndex(target.partition_key());
  if (partition_field < 0) {
    return absl::InvalidArgumentError(absl::StrCat("cosmos.partition_key: the dataset ",
                                                   schema.name, " has no field ",
                                                   target.partition_key()));
  }
  WEIR_ASSIGN_OR_RETURN(cosmos::Gateway gateway, cosmos::Gateway::FromTarget(target));
  return std::make_unique<CosmosBackend>(target, std::move(gateway), records, partition_field);
}

}  // namespace weir
