// Names what kept a leg from being faster, with the numbers that say so. Pure.
#pragma once

#include "coordinator/leg_symptoms.h"
#include "proto/results.pb.h"

namespace weir {

// Looked at in this order: what comes first spoils or hides what comes after. docs/evidence.md
// explains each.
struct BottleneckLimits {
  // Generator: lag is this share of the response time and more than a timer's grain.
  double lag_share = 0.10;
  double lag_ns = 100'000;

  // Throttle: this share of the attempts was refused.
  double throttled_share = 0.01;

  // Generator again: a gate on the agents failed, unless at least this share of the response time
  // was spent waiting for a session, which hiccups of the agents do not explain; or, in a closed
  // loop without pauses, sessions were less busy than this.
  double waiting_hides_gates = 0.50;
  double closed_busy = 0.50;

  // Network: as the gates judge it; or, where operations queue, this much more service time than
  // the server says it took.
  double retransmit_share = 0.001;
  double link_share = 0.70;
  double service_to_server = 3;
  double outside_server_ns = 1'000'000;

  // Operations queue: waiting for a session is this share of the response time, or this share of
  // the operations was not served in time. In a closed loop: sessions are this busy.
  double wait_share = 0.25;
  double unserved_share = 0.01;
  double sessions_busy = 0.80;

  // Where operations queue, it is the database when it is at a limit: CPU, or its sessions wait for
  // each other in most samples, or for anything inside it and several at a time (one that waits for
  // a disk by itself shows the disk's pace, not its limit); or when it stalled: its longest service
  // time is this many times the median and at least this share of the longest waits. Otherwise it
  // is the session pool.
  double database_cpu_share = 0.85;
  double machine_cpu_share = 0.90;      // full, and the database takes at least
  double database_part_of_full = 0.40;  // this share of it
  double contention_share = 0.50;
  double waiting_sessions = 2;
  uint64_t wait_samples = 10;  // fewer say nothing
  double stall_to_median = 10;
  double stall_to_wait = 0.50;
};

// Without a place when nothing was answered.
v1::Bottleneck NameBottleneck(const Symptoms& symptoms, const BottleneckLimits& limits = {});

// When all else of the leg is known. Nothing for a leg that measured nothing.
void NameBottleneck(const v1::Scenario& scenario, const v1::Target& target, v1::Leg* leg);

}  // namespace weir
