// Whatever one agent says, before a run and while a stage runs, the coordinator goes on: the run
// ends with a verdict, and the other agent is told goodbye. The first byte says when the messages
// come.
#include "tests/coordinator/rehearsal.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/message_list.h"
#include "tests/fuzz/run_to_its_end.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  weir::EndlessRehearsal run(2);
  const bool joins = bytes[0] % 2 == 0;
  run.Join(1);
  if (!joins) run.Join(2);
  run.Pump();
  for (const auto& message : weir::MessagesIn<weir::v1::AgentMessage>(bytes + 1, size - 1)) {
    run.Deliver(2, message);
    run.Pump();
  }
  weir::RunToItsEnd(run);
  return 0;
}

namespace weir {

std::vector<std::string> FuzzSeeds() {
  EndlessRehearsal run(2);
  run.Run();
  const v1::Arm arm = run.arms_[2];
  v1::AgentMessage interval = Rehearsal::Interval(arm, 1);
  v1::WriteLedger* ledger = interval.mutable_interval()->mutable_interval()->mutable_ledger();
  for (const uint64_t n : {3, 5, 2}) ledger->add_acknowledged(n);
  interval.mutable_interval()->mutable_interval()->add_partitions()->set_attempts(10);
  v1::AgentMessage done = Rehearsal::Done(arm, 2);
  done.mutable_stage_done()->add_errors()->set_detail("no");
  v1::AgentMessage pong;
  pong.mutable_pong()->set_sequence(1);
  pong.mutable_pong()->set_received_ns(1000);
  v1::AgentMessage prepared;
  prepared.mutable_prepared()->set_step(arm.step());
  prepared.mutable_prepared()->add_operations()->set_name("read");
  prepared.mutable_prepared()->add_planned()->add_by_second(7);
  v1::AgentMessage failure;
  failure.mutable_failure()->set_error("broken");
  const auto hello = Rehearsal::Hello("a2");
  return {"\1" + AsInput<v1::AgentMessage>({interval, done}),
          "\1" + AsInput<v1::AgentMessage>({pong, interval, interval}),
          "\1" + AsInput<v1::AgentMessage>({done}),
          "\1" + AsInput<v1::AgentMessage>({failure}),
          std::string(1, '\0') + AsInput<v1::AgentMessage>({hello, pong, prepared}),
          std::string(1, '\0') + AsInput<v1::AgentMessage>({hello, hello})};
}

}  // namespace weir
