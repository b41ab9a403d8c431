// What the measure phase of a leg shows of each place at which operations can be held up: numbers
// only, no judgement (that is bottleneck.h). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

struct Symptoms {
  uint64_t answered = 0;  // operations that somebody waited for to their end
  bool open_loop = false;
  bool thinks = false;  // closed loop with pauses
  bool in_process =
      false;  // the database is a library inside the agent: its work fills the workers

  // Where the time went. Means over all operations, in nanoseconds.
  double response_ns = 0;
  double lag_ns = 0;
  double wait_ns = 0;
  double service_ns = 0;
  std::optional<double> server_ns;  // where the server states its time
  double wait_p99_ns = 0;
  double service_p50_ns = 0;
  double service_longest_ns = 0;
  double unserved_share = 0;  // of what was planned: not sent in time, or no answer in time

  double sessions_busy = 0;  // mean share of the sessions' room with an operation in flight
  uint32_t sessions = 0;

  double throttled_share = 0;                     // of the attempts
  std::optional<double> fullest_partition_share;  // of its throughput, used on average
  int32_t fullest_partition = 0;

  std::vector<std::string> generator_gates;  // that failed, with what they saw
  // Unknown where the database is on an agent's machine.
  std::optional<double> retransmit_share;  // of the TCP segments sent
  std::optional<double> link_share;        // of the slowest link

  // Where the database runs on an agent's machine: of that machine's cores.
  std::optional<double> database_cpu_share;
  std::optional<double> machine_cpu_share;

  // What the server's busy sessions did when looked at: waits inside the server, not for the
  // client.
  uint64_t wait_samples = 0;
  double contention_share = 0;
  double locked_share = 0;  // part of contention_share: for other sessions, in locks and latches
  double waiting_sessions = 0;  // sessions that waited inside the server at a time, on average
  std::string longest_wait;     // the one most often seen
  double longest_wait_share = 0;
  uint32_t checkpoints = 0;  // that began
};

Symptoms ReadSymptoms(const v1::Leg& leg, const v1::Scenario& scenario, const v1::Target& target);

}  // namespace weir
