// Whatever a coordinator says, an agent's control answers or ends, and what it is asked to carry
// out is looked at first.
#include <deque>
#include <functional>

#include "agent/agent_control.h"
#include "agent/prepare_checks.h"
#include "base/clock.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/message_list.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

// Does at once what it is asked, when its caller has returned.
class QuickAgent final : public AgentPort {
 public:
  QuickAgent() : spool_(disk_, "spool"), control_(v1::Hello(), *this, spool_) {}

  void Hear(const std::vector<v1::CoordinatorMessage>& messages) {
    control_.OnConnected(now_ns_);
    for (const v1::CoordinatorMessage& message : messages) {
      now_ns_ += kNsPerSecond / 10;
      control_.OnMessage(message, now_ns_);
      control_.OnTick(now_ns_);
      for (int i = 0; i < 100 && !later_.empty(); ++i) {
        later_.front()();
        later_.pop_front();
      }
    }
  }

  void Send(const v1::AgentMessage&) override {}
  void Redial() override {}
  void StartTask(const v1::Prepare& prepare) override {
    const absl::Status sound = CheckPrepare(prepare, {.remote = true, .targets = {"db"}});
    later_.push_back([this, sound] {
      v1::Prepared prepared;
      if (!sound.ok()) prepared.set_error(std::string(sound.message()));
      control_.OnTaskDone(prepared);
    });
  }
  void StartStage(int64_t) override {
    later_.push_back([this] { control_.OnInterval({}); });
    later_.push_back([this] { control_.OnStageDone({}); });
  }
  void ExtendLease(int64_t) override {}
  void StopStage() override {
    later_.push_back([this] { control_.OnStageDone({}); });
  }
  void ChangeThroughput(const v1::ChangeThroughput&) override {}
  void Quit(AgentExit, const std::string&) override {}

 private:
  MemoryDisk disk_;
  Spool spool_;
  AgentControl control_;
  int64_t now_ns_ = kNsPerSecond;
  std::deque<std::function<void()>> later_;
};

}  // namespace

std::vector<std::string> FuzzSeeds() {
  std::vector<v1::CoordinatorMessage> course(7);
  course[0].mutable_welcome()->set_run_id("run");
  course[0].mutable_welcome()->mutable_lease()->set_ns(5 * kNsPerSecond);
  course[1].mutable_ping()->set_granted_from_ns(kNsPerSecond);
  v1::Prepare* prepare = course[2].mutable_prepare();
  prepare->set_step(1);
  prepare->set_task(v1::TASK_DRIVE);
  prepare->set_share_count(1);
  prepare->mutable_campaign()->add_targets()->mutable_postgres()->set_host("db");
  v1::Scenario* scenario = prepare->mutable_campaign()->add_scenarios();
  scenario->add_operations();
  scenario->mutable_shape()->mutable_open()->mutable_rate()->set_per_ns(1);
  course[3].mutable_arm()->set_step(1);
  course[3].mutable_arm()->set_attempt(1);
  course[3].mutable_arm()->set_start_ns(10 * kNsPerSecond);
  course[4].mutable_go()->set_step(1);
  course[4].mutable_go()->set_attempt(1);
  course[5].mutable_resend()->set_step(1);
  course[5].mutable_resend()->set_last(3);
  course[6].mutable_goodbye()->set_reason("done");
  std::vector<v1::CoordinatorMessage> stops(course.begin(), course.begin() + 5);
  stops.emplace_back().mutable_stop()->set_reason("enough");
  stops.emplace_back().mutable_acknowledge()->set_step(1);
  stops.emplace_back().mutable_change_throughput()->set_step(1);
  return {AsInput(course), AsInput(stops)};
}

}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weir::QuickAgent().Hear(weir::MessagesIn<weir::v1::CoordinatorMessage>(bytes, size));
  return 0;
}
