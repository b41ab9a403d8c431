// A database whose response times are known by formula: one server in virtual time that takes
// requests in the order in which they come, from the sessions of all workers. One thread.
#pragma once

#include <cstdint>
#include <memory>

#include "backends/api/backend.h"

namespace weir {

inline constexpr int64_t kBriskFactor = 5;

struct VirtualServerSettings {
  int64_t service_ns = 0;    // of one request
  bool exponential = false;  // then service_ns is the mean
  int64_t stall_from_ns = 0;
  int64_t stall_until_ns = 0;  // from then on it goes on where it stood
  int64_t brisk_until_ns = 0;  // serves kBriskFactor times as fast until then
  double silent_share = 0;     // of the requests that are served but never answered
  uint64_t seed = 1;
};

class VirtualServer final : public Backend {
 public:
  explicit VirtualServer(const VirtualServerSettings& settings);

  absl::Status SetUp(bool create) override;
  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                       CompletionSink& sink) override;
  absl::StatusOr<Disclosure> Disclose() override;
  absl::Status Scan(absl::FunctionRef<void(const Record&)> visit) override;

 private:
  class Lane;

  // A request arrives, not before the one that arrived last: when it will have been served.
  int64_t Serve(int64_t now_ns);
  int64_t ServiceNs(int64_t begin_ns);
  bool KeepsSilent();

  const VirtualServerSettings settings_;
  const uint64_t service_key_;
  const uint64_t silence_key_;
  uint64_t requests_ = 0;
  int64_t free_ns_ = 0;
};

}  // namespace weir
