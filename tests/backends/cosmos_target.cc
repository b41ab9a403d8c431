#include "tests/backends/cosmos_target.h"

#include <cstdlib>
#include <string>

#include "backends/cosmos/control_client.h"
#include "backends/cosmos/cosmos_backend.h"
#include "backends/cosmos/emulator/emulator.h"
#include "base/check.h"
#include "base/clock.h"

namespace weir {
namespace {

constexpr char kKeyVariable[] = "WEIR_CONTRACT_COSMOS_KEY";

class CosmosContractTarget final : public ContractTarget {
 public:
  CosmosContractTarget(uint32_t throughput, const std::string& partition_key) {
    setenv(kKeyVariable, std::string(cosmos::kWellKnownEmulatorKey).c_str(), 1);
    options_.throttle = false;
    StartServer();
    target_.set_endpoint(emulator_->endpoint());
    target_.mutable_key()->set_env(kKeyVariable);
    target_.set_database("weir contract");
    target_.set_container("weir_records");
    target_.set_partition_key(partition_key);
    target_.set_throughput(throughput);
    target_.set_page_size(50);
    target_.set_minimal_response(true);
    target_.mutable_connect_timeout()->set_ns(5 * kNsPerSecond);
  }

  absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const RecordSource& records) override {
    return MakeCosmosBackend(target_, records);
  }

  bool CanDropTable() const override { return true; }
  void DropTable() override {
    const auto gateway = cosmos::Gateway::FromTarget(target_);
    WEIR_CHECK(gateway.ok());
    cosmos::OwnControlClient client(*gateway);
    (*client).Begin(cosmos::HttpMethod::kDelete, gateway->container);
    WEIR_CHECK((*client).Perform("dropping the container").ok());
  }

  bool HasServer() const override { return true; }
  void KillServer() override { emulator_.reset(); }
  void StartServer() override {
    auto emulator = cosmos::Emulator::Start(options_);
    WEIR_CHECK(emulator.ok());
    emulator_ = *std::move(emulator);
    options_.port = emulator_->port();
  }

 private:
  cosmos::EmulatorOptions options_;
  std::unique_ptr<cosmos::Emulator> emulator_;
  v1::CosmosTarget target_;
};

}  // namespace

std::unique_ptr<ContractTarget> OpenCosmosSinglePartition() {
  return std::make_unique<CosmosContractTarget>(400, "");
}

std::unique_ptr<ContractTarget> OpenCosmosSpread() {
  return std::make_unique<CosmosContractTarget>(30'000, "user");
}

}  // namespace weir
