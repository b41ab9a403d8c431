// An agent's control with a port that notes what it is told, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/agent_control.h"
#include "base/clock.h"
#include "tests/support/memory_disk.h"

namespace weir {

class FakePort final : public AgentPort {
 public:
  void Send(const v1::AgentMessage& message) override { sent.push_back(message); }
  void Redial() override { ++redials; }
  void StartTask(const v1::Prepare& prepare) override { tasks.push_back(prepare.task()); }
  void StartStage(int64_t start_ns) override { stage_start_ns = start_ns; }
  void ExtendLease(int64_t until_ns) override { lease_end_ns = until_ns; }
  void StopStage() override { ++stops; }
  void ChangeThroughput(const v1::ChangeThroughput& change) override {
    throughputs.push_back(change.ru());
  }
  void Quit(AgentExit exit, const std::string&) override { quit = exit; }

  std::vector<v1::AgentMessage> sent;
  std::vector<v1::Task> tasks;
  std::optional<int64_t> stage_start_ns;
  int64_t lease_end_ns = 0;
  int redials = 0;
  std::vector<uint64_t> throughputs;
  int stops = 0;
  std::optional<AgentExit> quit;
};

// The lease is one second; everything happens at times that the test names, in milliseconds.
class AgentControlTest : public testing::Test {
 protected:
  AgentControlTest() {
    control_.OnConnected(Ms(0));
    v1::CoordinatorMessage message;
    message.mutable_welcome()->set_run_id("run");
    message.mutable_welcome()->set_agent_index(3);
    message.mutable_welcome()->mutable_lease()->set_ns(kNsPerSecond);
    Hear(message, 0);
  }

  static int64_t Ms(int64_t ms) { return 1000 * kNsPerSecond + ms * kNsPerMs; }
  void Hear(const v1::CoordinatorMessage& message, int64_t ms) {
    control_.OnMessage(message, Ms(ms));
  }
  void Tick(int64_t ms) { control_.OnTick(Ms(ms)); }

  // A ping that has seen a pong of ours from `granted_ms`.
  void Ping(int64_t ms, int64_t granted_ms) {
    v1::CoordinatorMessage message;
    message.mutable_ping()->set_sequence(9);
    message.mutable_ping()->set_sent_ns(123);
    message.mutable_ping()->set_granted_from_ns(Ms(granted_ms));
    Hear(message, ms);
  }
  void Prepare(int64_t ms, uint32_t step = 4) {
    v1::CoordinatorMessage message;
    message.mutable_prepare()->set_leg(2);
    message.mutable_prepare()->set_step(step);
    message.mutable_prepare()->set_task(v1::TASK_DRIVE);
    Hear(message, ms);
  }
  void PrepareAndAnswer(int64_t ms, uint32_t step = 4) {
    Prepare(ms, step);
    control_.OnTaskDone(v1::Prepared());
  }
  void Arm(int64_t ms, int64_t start_ms, uint32_t attempt = 1, uint32_t step = 4) {
    v1::CoordinatorMessage message;
    message.mutable_arm()->set_step(step);
    message.mutable_arm()->set_attempt(attempt);
    message.mutable_arm()->set_start_ns(Ms(start_ms));
    Hear(message, ms);
  }
  void Go(int64_t ms, uint32_t attempt = 1, uint32_t step = 4) {
    v1::CoordinatorMessage message;
    message.mutable_go()->set_step(step);
    message.mutable_go()->set_attempt(attempt);
    Hear(message, ms);
  }
  void Disarm(int64_t ms, uint32_t attempt) {
    v1::CoordinatorMessage message;
    message.mutable_disarm()->set_step(4);
    message.mutable_disarm()->set_attempt(attempt);
    Hear(message, ms);
  }
  void Acknowledge(int64_t ms, uint64_t sequence, bool done = false) {
    v1::CoordinatorMessage message;
    message.mutable_acknowledge()->set_step(4);
    message.mutable_acknowledge()->set_sequence(sequence);
    message.mutable_acknowledge()->set_stage_done(done);
    Hear(message, ms);
  }
  void Stop(int64_t ms) {
    v1::CoordinatorMessage message;
    message.mutable_stop();
    Hear(message, ms);
  }
  // A stage that runs from 100 ms on, with a lease to 1000 ms.
  void RunStage() {
    PrepareAndAnswer(0);
    Ping(0, 0);
    Arm(10, 100);
    Go(20);
    port_.sent.clear();
  }
  // Keeps coordinator and lease alive.
  void LiveTo(int64_t ms) {
    Ping(ms, ms);
    Tick(ms);
  }

  std::vector<uint64_t> SequencesSent() const {
    std::vector<uint64_t> sequences;
    for (const v1::AgentMessage& message : port_.sent) {
      if (message.has_interval()) sequences.push_back(message.interval().sequence());
    }
    return sequences;
  }
  int Sent(v1::AgentMessage::BodyCase body) const {
    int count = 0;
    for (const v1::AgentMessage& message : port_.sent) count += message.body_case() == body;
    return count;
  }
  const v1::AgentMessage& Last() const { return port_.sent.back(); }

  FakePort port_;
  MemoryDisk disk_;
  Spool spool_{disk_, "spool", /*capacity=*/4096};
  AgentControl control_{v1::Hello(), port_, spool_};
};

}  // namespace weir
