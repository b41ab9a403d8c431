// Servers that work off operations in the order in which they come: one queue per worker, shared by
// its sessions. With one server, exponential service times and Poisson arrivals it is an M/M/1
// queue. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

struct ServiceSettings {
  int64_t mean_ns = 0;
  v1::ServiceLaw law = v1::SERVICE_LAW_FIXED;
  uint32_t servers = 0;  // 0: as many as are asked for
  uint64_t key = 0;      // of the service times
};

class ServiceQueue final : private TimerHandler {
 public:
  ServiceQueue(const ServiceSettings& settings, EventLoop& loop);
  ~ServiceQueue() override;

  // Completes the ticket at `sink` once it has been served; `session` is whose it is.
  void Enter(const Session* session, CompletionSink& sink, Ticket ticket, const Outcome& outcome);

  // It is served all the same, as by a database that knows nothing of its clients' patience.
  void Abandon(const Session* session, Ticket ticket);
  void AbandonAll(const Session* session);

 private:
  struct Entry {
    int64_t done_ns;
    uint64_t order;  // among those that are done at the same time
    const Session* session;
    CompletionSink* sink;  // null: abandoned
    Ticket ticket;
    Outcome outcome;

    bool operator<(const Entry& other) const {  // for a heap with the earliest in front
      return done_ns != other.done_ns ? done_ns > other.done_ns : order > other.order;
    }
  };

  int64_t ServiceNs() const;
  void Arm();
  void OnTimer() override;

  const ServiceSettings settings_;
  EventLoop& loop_;
  uint64_t entered_ = 0;
  std::vector<int64_t> free_ns_;  // of each server, when it will be; a heap, the earliest in front
  std::vector<Entry> entries_;    // a heap
  TimerId timer_ = 0;
  int64_t armed_ns_ = 0;  // what timer_ is for
};

}  // namespace weir
