#include "selftest/virtual_server.h"

#include <algorithm>

#include "base/random.h"
#include "generators/portable_math.h"

namespace weir {

// One request at a time.
class VirtualServer::Lane final : public Session, public TimerHandler {
 public:
  Lane(VirtualServer& server, EventLoop& loop, CompletionSink& sink)
      : server_(server), loop_(loop), sink_(sink) {}
  ~Lane() override { loop_.Cancel(timer_); }

  int Capacity() const override { return busy_ ? 0 : 1; }

  void Start(const Operation&, Ticket ticket) override {
    busy_ = true;
    ticket_ = ticket;
    const int64_t served_ns = server_.Serve(loop_.Now());
    timer_ = server_.KeepsSilent() ? 0 : loop_.Schedule(served_ns, this);
  }

  void Abandon(Ticket) override {
    loop_.Cancel(timer_);
    busy_ = false;
  }

  void OnTimer() override {
    busy_ = false;
    sink_.Complete(ticket_, {.records = 1});
  }

 private:
  VirtualServer& server_;
  EventLoop& loop_;
  CompletionSink& sink_;
  TimerId timer_ = 0;
  Ticket ticket_ = 0;
  bool busy_ = false;
};

VirtualServer::VirtualServer(const VirtualServerSettings& settings)
    : settings_(settings),
      service_key_(DeriveKey(settings.seed, "service times")),
      silence_key_(DeriveKey(settings.seed, "silence")) {}

absl::Status VirtualServer::SetUp(bool) { return absl::OkStatus(); }

absl::StatusOr<std::unique_ptr<Session>> VirtualServer::OpenSession(EventLoop& loop,
                                                                    CompletionSink& sink) {
  return std::make_unique<Lane>(*this, loop, sink);
}

absl::StatusOr<Disclosure> VirtualServer::Disclose() { return Disclosure{}; }

absl::Status VirtualServer::Scan(absl::FunctionRef<void(const Record&)>) {
  return absl::OkStatus();
}

int64_t VirtualServer::Serve(int64_t now_ns) {
  ++requests_;
  int64_t begin = std::max(now_ns, free_ns_);
  if (begin >= settings_.stall_from_ns && begin < settings_.stall_until_ns) {
    begin = settings_.stall_until_ns;
  }
  free_ns_ = begin + ServiceNs(begin);
  return free_ns_;
}

int64_t VirtualServer::ServiceNs(int64_t begin_ns) {
  const int64_t service_ns = begin_ns < settings_.brisk_until_ns
                                 ? settings_.service_ns / kBriskFactor
                                 : settings_.service_ns;
  if (!settings_.exponential) return service_ns;
  const double standard = -PortableLog1p(-Unit(Draw(service_key_, requests_)));
  return static_cast<int64_t>(standard * static_cast<double>(service_ns));
}

bool VirtualServer::KeepsSilent() {
  return settings_.silent_share > 0 && Unit(Draw(silence_key_, requests_)) < settings_.silent_share;
}

}  // namespace weir
