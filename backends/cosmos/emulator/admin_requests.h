// What a tester may ask that no real account answers: faults, splits, and what the partitions have
// spent. Paths below /_weir, there only when the emulator is started with them; not signed.
#pragma once

#include <string>
#include <vector>

#include "backends/cosmos/emulator/account.h"
#include "backends/cosmos/emulator/fault_plan.h"
#include "backends/cosmos/emulator/http_server.h"

namespace weir::cosmos::emulator {

class AdminRequests {
 public:
  explicit AdminRequests(const Account& account) : account_(account) {}

  // path: {"_weir", "faults"}, {"_weir", "state"} or {"_weir", "split"}.
  HttpResponse Answer(const HttpRequest& request, const std::vector<std::string>& path);

  FaultPlan& faults() { return faults_; }

 private:
  HttpResponse AnswerFaults(const HttpRequest& request);
  HttpResponse Split(const HttpRequest& request);
  std::string StateJson() const;

  const Account& account_;
  FaultPlan faults_;
};

// What the autoscale offer of a container is billed: for each hour from its first use until now its
// maximum times the highest utilisation, a tenth at least. RU/s.
std::string BilledJson(const Throughput& throughput, const std::vector<HourlyPeak>& peaks,
                       int64_t now_ns);

}  // namespace weir::cosmos::emulator
