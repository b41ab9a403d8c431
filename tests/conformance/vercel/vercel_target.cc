// The contract suite's table for one target: @vercel/cosmosdb-server, at the endpoint that
// WEIR_VERCEL_ENDPOINT names. What that server cannot do, run.sh leaves out by name.
#include <cstdlib>
#include <string>

#include "backends/cosmos/control_client.h"
#include "backends/cosmos/cosmos_backend.h"
#include "base/check.h"
#include "base/clock.h"
#include "tests/backends/contract_targets.h"

namespace weir {
namespace {

constexpr char kKeyVariable[] = "WEIR_VERCEL_KEY";

class VercelTarget final : public ContractTarget {
 public:
  VercelTarget() {
    const char* endpoint = std::getenv("WEIR_VERCEL_ENDPOINT");
    WEIR_CHECK(endpoint != nullptr);
    // The server looks at no signature; the client makes one all the same.
    setenv(kKeyVariable, std::string(cosmos::kWellKnownEmulatorKey).c_str(), 1);
    target_.set_endpoint(endpoint);
    target_.mutable_key()->set_env(kKeyVariable);
    target_.set_database("weir contract");
    target_.set_container("weir_records");
    target_.set_throughput(400);
    target_.set_page_size(50);
    target_.mutable_connect_timeout()->set_ns(5 * kNsPerSecond);
  }

  absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const RecordSource& records) override {
    return MakeCosmosBackend(target_, records);
  }

  // No GROUP BY in its language.
  bool Answers(const QuerySpec& query) const override { return query.group_by.empty(); }

  bool CanDropTable() const override { return true; }
  void DropTable() override {
    const auto gateway = cosmos::Gateway::FromTarget(target_);
    WEIR_CHECK(gateway.ok());
    cosmos::OwnControlClient client(*gateway);
    (*client).Begin(cosmos::HttpMethod::kDelete, gateway->container);
    WEIR_CHECK((*client).Perform("dropping the container").ok());
  }

 private:
  v1::CosmosTarget target_;
};

std::unique_ptr<ContractTarget> OpenVercel() { return std::make_unique<VercelTarget>(); }

}  // namespace

const std::vector<ContractEntry>& ContractEntries() {
  static const std::vector<ContractEntry> entries = {{"vercel", OpenVercel}};
  return entries;
}

}  // namespace weir
