#include "backends/cosmos/calibration/measurement.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/gateway.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

using nlohmann::json;

class Measuring {
 public:
  explicit Measuring(const MeasurementOptions& options)
      : options_(options), requests_(options.limits) {}

  absl::StatusOr<Measurement> Run() {
    WEIR_ASSIGN_OR_RETURN(const Gateway gateway, GatewayOf(""));
    OwnControlClient client(gateway);
    WEIR_RETURN_IF_ERROR((*client).Connect());
    measured_.modelled = !(*client).exchange().answer_headers().charge_basis.empty();
    WEIR_ASSIGN_OR_RETURN(const bool made, MakeDatabase(gateway, &*client));
    absl::Status status = absl::OkStatus();
    for (const PointPolicy policy : kPointPolicies) {
      status = RunPolicy(policy);
      if (!status.ok()) break;
    }
    if (made && !options_.keep) {
      (*client).Begin(HttpMethod::kDelete, gateway.database);
      Keep((*client).PerformIfFound("removing the database").status(), &status);
    }
    WEIR_RETURN_IF_ERROR(status);
    for (const double charge : requests_.throttled()) {
      measured_.results.observations.push_back({.what = Charged::kThrottled, .ru = charge});
    }
    measured_.ru = requests_.ru();
    measured_.requests = requests_.requests();
    return std::move(measured_);
  }

 private:
  absl::StatusOr<Gateway> GatewayOf(const std::string& container) const {
    v1::CosmosTarget target;
    target.set_endpoint(options_.endpoint);
    *target.mutable_key() = options_.key;
    target.set_tls_root_certificate(options_.tls_root_certificate);
    target.set_database(options_.database);
    target.set_container(container);
    target.mutable_connect_timeout()->set_ns(10 * kNsPerSecond);
    return Gateway::FromTarget(target);
  }

  void Tell(const std::string& line) const {
    if (options_.tell) options_.tell(line);
  }

  // The first error is what is said; a later one, of cleaning up, is added to it.
  static void Keep(const absl::Status& later, absl::Status* status) {
    if (later.ok()) return;
    *status = status->ok() ? later
                           : absl::Status(status->code(), absl::StrCat(status->message(), "; then ",
                                                                       later.message()));
  }

  // False when it is there already.
  absl::StatusOr<bool> MakeDatabase(const Gateway& gateway, ControlClient* client) {
    client->Begin(HttpMethod::kPost, gateway.databases).body() =
        json{{"id", options_.database}}.dump();
    const absl::Status made = client->Perform("creating the database");
    if (absl::IsAlreadyExists(made)) return false;
    WEIR_RETURN_IF_ERROR(made);
    return true;
  }

  absl::Status RunPolicy(PointPolicy policy) {
    const std::string id =
        absl::StrCat("weir-calibration-", NameOf(policy), "-", WallUnixNs() / kNsPerMs);
    WEIR_ASSIGN_OR_RETURN(const Gateway gateway, GatewayOf(id));
    OwnControlClient client(gateway);
    HttpExchange& exchange = (*client).Begin(HttpMethod::kPost, gateway.containers);
    if (options_.throughput > 0) {
      exchange.headers().Add(header::kOfferThroughput, absl::StrCat(options_.throughput));
    }
    exchange.body() =
        json{{"id", id},
             {"partitionKey", {{"paths", json::array({"/pk"})}, {"kind", "Hash"}, {"version", 2}}},
             {"indexingPolicy", json::parse(IndexingPolicyJson(policy))}}
            .dump();
    WEIR_RETURN_IF_ERROR((*client).Perform("creating the container"));
    Tell(absl::StrCat("container ", id, ": measuring"));
    const size_t before = measured_.results.observations.size();
    absl::Status status = PointSet(gateway, policy, &*client, &requests_, &measured_.results).Run();
    Tell(absl::StrCat("container ", id, ": ", measured_.results.observations.size() - before,
                      " charges, ", static_cast<int64_t>(requests_.ru()), " RU so far"));
    if (options_.keep) return status;
    (*client).Begin(HttpMethod::kDelete, gateway.container);
    Keep((*client).PerformIfFound(absl::StrCat("removing the container ", id)).status(), &status);
    return status;
  }

  const MeasurementOptions& options_;
  MeasuredRequests requests_;
  Measurement measured_;
};

}  // namespace

absl::StatusOr<Measurement> MeasureCharges(const MeasurementOptions& options) {
  return Measuring(options).Run();
}

}  // namespace weir::cosmos
