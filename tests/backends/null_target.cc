#include "tests/backends/null_target.h"

#include "backends/null/null_backend.h"
#include "base/clock.h"

namespace weir {
namespace {

class NullContractTarget final : public ContractTarget {
 public:
  explicit NullContractTarget(int64_t service_ns, uint32_t servers = 0) {
    target_.mutable_service_time()->set_ns(service_ns);
    target_.set_servers(servers);
    if (servers > 0) target_.set_service_law(v1::SERVICE_LAW_EXPONENTIAL);
  }

  absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const RecordSource& records) override {
    return MakeNullBackend(target_, records);
  }
  bool KeepsRecords() const override { return false; }

 private:
  v1::NullTarget target_;
};

}  // namespace

std::unique_ptr<ContractTarget> OpenNullAtOnce() { return std::make_unique<NullContractTarget>(0); }

std::unique_ptr<ContractTarget> OpenNullDelayed() {
  return std::make_unique<NullContractTarget>(2 * kNsPerMs);
}

std::unique_ptr<ContractTarget> OpenNullQueue() {
  return std::make_unique<NullContractTarget>(kNsPerMs, 2);
}

}  // namespace weir
