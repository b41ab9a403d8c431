// Whatever a relay says while a stage runs, the coordinator goes on: the run ends with a verdict,
// and the agent that is not behind it is told goodbye. The other agent is.
#include <memory>

#include "coordinator/relayed_streams.h"
#include "tests/coordinator/rehearsal.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/message_list.h"
#include "tests/fuzz/run_to_its_end.h"

namespace weir {
namespace {

constexpr ConnectionId kRelay = 3;

class RelayedRehearsal {
 public:
  RelayedRehearsal()
      : run_(2),
        streams_({},
                 {.on_bytes =
                      [this](ConnectionId id, std::string_view message, int64_t now_ns) {
                        agent_ = id;
                        run_.control_->OnBytes(id, message, now_ns);
                      },
                  .on_bundle = [this](const BundleView& bundle,
                                      int64_t now_ns) { run_.control_->OnBundle(bundle, now_ns); },
                  .on_disconnected =
                      [this](ConnectionId id, int64_t now_ns) {
                        run_.control_->OnDisconnected(id, now_ns);
                      },
                  .say = [](const std::string&) {}},
                 [](ConnectionId, const v1::CoordinatorMessage&) {}) {
    streams_.OnOpened(kRelay, StreamPeer::kRelay);
    v1::AgentMessage hello;
    hello.mutable_relay_hello()->set_protocol(1);
    hello.mutable_relay_hello()->set_name("r");
    Say(hello);
    run_.Join(1);
    Say(Relayed(Rehearsal::Hello("a2")));
  }

  void Say(const v1::AgentMessage& message) {
    streams_.OnBytes(kRelay, message.SerializeAsString(), ++run_.now_, 0);
    streams_.Flush(run_.now_);
    run_.Pump();
  }

  // From the agent behind the relay.
  static v1::AgentMessage Relayed(const v1::AgentMessage& message) {
    v1::AgentMessage relayed;
    v1::RelayedItem* item = relayed.mutable_relayed()->add_items();
    item->set_connection(1);
    item->set_message(message.SerializeAsString());
    return relayed;
  }

  EndlessRehearsal run_;
  ConnectionId agent_ = 0;  // behind the relay

 private:
  RelayedStreams streams_;
};

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weir::RelayedRehearsal relayed;
  for (const auto& message : weir::MessagesIn<weir::v1::AgentMessage>(bytes, size)) {
    relayed.Say(message);
  }
  weir::RunToItsEnd(relayed.run_);
  return 0;
}

namespace weir {

std::vector<std::string> FuzzSeeds() {
  const RelayedRehearsal begun;
  const v1::Arm arm = begun.run_.arms_.at(begun.agent_);
  const v1::AgentMessage whole = Rehearsal::Interval(arm, 1);
  v1::AgentMessage relayed;
  v1::ReportBundle* bundle = relayed.mutable_relayed()->add_items()->mutable_bundle();
  bundle->set_step(arm.step());
  bundle->set_second(1);
  *bundle->mutable_histograms() = whole.interval().interval().operations();
  v1::BundledReport* report = bundle->add_reports();
  report->set_connection(1);
  *report->mutable_report() = whole.interval();
  for (v1::OperationInterval& part :
       *report->mutable_report()->mutable_interval()->mutable_operations()) {
    v1::Tally counts;
    AddCounts(part.tally(), &counts);
    *part.mutable_tally() = counts;
  }
  v1::AgentMessage ended;
  ended.mutable_relayed()->add_items()->set_connection(1);
  ended.mutable_relayed()->mutable_items(0)->set_ended(true);
  return {AsInput<v1::AgentMessage>({relayed}), AsInput<v1::AgentMessage>({relayed, relayed}),
          AsInput<v1::AgentMessage>({RelayedRehearsal::Relayed(whole), relayed}),
          AsInput<v1::AgentMessage>({relayed, ended}),
          AsInput<v1::AgentMessage>({RelayedRehearsal::Relayed(Rehearsal::Done(arm, 2)), relayed})};
}

}  // namespace weir
