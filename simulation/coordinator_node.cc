#include "simulation/coordinator_node.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "coordinator/abandoned_run.h"

namespace weir {
namespace {

constexpr int64_t kTickNs = 50 * kNsPerMs;
constexpr int64_t kFarewellNs = 2 * kNsPerSecond;  // of control_server

}  // namespace

CoordinatorNode::CoordinatorNode(const RunControlSettings& settings, const v1::RunResult& run,
                                 EventHeap& heap, Network& network, Trace& trace, Oracle& oracle,
                                 const SimClock& clock, uint64_t seed)
    : settings_(settings),
      run_(run),
      heap_(heap),
      network_(network),
      trace_(trace),
      oracle_(oracle),
      clock_(clock),
      disk_(seed, "coordinator's disk"),
      lane_(heap),
      relayed_(settings.join_token,
               {.on_bytes = [this](ConnectionId connection, std::string_view message,
                                   int64_t now_ns) { OnAgentMessage(connection, message, now_ns); },
                .on_bundle =
                    [this](const BundleView& bundle, int64_t now_ns) {
                      oracle_.OnAnswer(arrived_true_ns_, 0, {});
                      control_->OnBundle(bundle, now_ns);
                    },
                .on_disconnected =
                    [this](ConnectionId connection, int64_t now_ns) {
                      control_->OnDisconnected(connection, now_ns);
                    },
                .say = [this](const std::string& line) { Say(line); }},
               [this](ConnectionId stream, const v1::CoordinatorMessage& message) {
                 network_.Send(stream, std::make_shared<const v1::CoordinatorMessage>(message));
               }) {
  disk_.on_wait = [this](int64_t ns) { lane_.Pause(ns); };
}

void CoordinatorNode::Boot() {
  store_ = OpenLog("results");
  journal_ = *Journal::Open(disk_, JournalPath("results", run_.id()));
  control_ = std::make_unique<RunControl>(settings_, run_, *this);
  network_.SetUp(kCoordinator, true);
  control_->Start(Now());
  Tick();
}

std::unique_ptr<RecordLog> CoordinatorNode::OpenLog(const std::string& path) {
  auto log = RecordLog::Open(*disk_.Open(path), [](absl::string_view) {});
  WEIR_CHECK(log.ok());
  return std::make_unique<RecordLog>(*std::move(log));
}

// Everything that has arrived is heard before silence is judged: after a pause as well.
void CoordinatorNode::Tick() {
  lane_.Post(heap_.now_ns() + kTickNs, [this] {
    Post([this] {
      if (over_) return;
      control_->OnTick(Now());
      relayed_.OnTick(Now());
      Tick();
    });
  });
}

void CoordinatorNode::Post(EventHeap::Action action) {
  lane_.Post(heap_.now_ns(), [this, action = std::move(action)] {
    if (control_ == nullptr) return;
    action();
    Flush();
  });
}

void CoordinatorNode::Flush() {
  if (control_ != nullptr) relayed_.Flush(Now());
}

void CoordinatorNode::Crash(bool machine) {
  if (!running()) return;
  trace_.Note(heap_.now_ns(), "crash", 0, machine ? 1 : 0,
              [&] { return absl::StrCat("the coordinator", machine ? ", with its machine" : ""); });
  network_.SetUp(kCoordinator, false);
  for (const StreamId stream : network_.Alive(kCoordinator))
    network_.Break(stream, !machine, false);
  if (machine) disk_.MachineCrashed();
  disk_.ProcessDied();
  lane_.End();
  heap_.After(0, [control = std::shared_ptr<RunControl>(std::move(control_))] {});
  CheckWhatIsLeft();
}

// The program has shown its result and ends.
void CoordinatorNode::End() {
  network_.SetUp(kCoordinator, false);
  for (const StreamId stream : network_.Alive(kCoordinator)) network_.Close(stream, Way::kToAgent);
  control_.reset();
}

// What was acknowledged is in the store, whatever happened to the process or its machine.
void CoordinatorNode::CheckWhatIsLeft() {
  Oracle::Kept kept;
  const auto log = RecordLog::Open(*disk_.Open("results"), [&](absl::string_view bytes) {
    v1::IntervalReport record;
    WEIR_CHECK(record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    for (const v1::OperationInterval& part : record.interval().operations()) {
      AddCounts(part.tally(), &kept[{record.leg(), part.phase(), part.operation()}]);
    }
  });
  WEIR_CHECK(log.ok());
  if (over_) return;
  const auto journal = ReadJournal(disk_, JournalPath("results", run_.id()));
  WEIR_CHECK(journal.ok() || absl::IsNotFound(journal.status()));
  const auto records = journal.value_or(std::vector<v1::JournalRecord>());
  ConcludeAbandoned(GatherEvidence(records), &result_);
  oracle_.CheckAfterCrash(kept, records, result_);
}

void CoordinatorNode::Interrupt() {
  if (!running()) return;
  Post([this] { control_->Interrupt(Now()); });
}

void CoordinatorNode::Arrived(StreamId stream, std::shared_ptr<const v1::AgentMessage> message) {
  if (!running() || over_) return;
  Post([this, stream, message = std::move(message), now_ns = Now(), true_ns = heap_.now_ns()] {
    arrived_true_ns_ = true_ns;
    relayed_.OnBytes(stream, message->SerializeAsString(), now_ns, 0);
  });
}

// Of an agent, whether it came through a relay or not.
void CoordinatorNode::OnAgentMessage(ConnectionId connection, std::string_view message,
                                     int64_t now_ns) {
  v1::AgentMessage parsed;
  WEIR_CHECK(parsed.ParseFromArray(message.data(), static_cast<int>(message.size())));
  if (parsed.has_hello()) {
    node_of_[connection] =
        static_cast<uint32_t>(std::stoul(parsed.hello().facts().name().substr(1)));
  }
  oracle_.OnAnswer(arrived_true_ns_, node_of_[connection], parsed);
  control_->OnBytes(connection, message, now_ns);
}

void CoordinatorNode::Broken(StreamId stream) {
  if (!running() || over_) return;
  Post([this, stream] { relayed_.OnDisconnected(stream, Now()); });
}

void CoordinatorNode::Opened(StreamId stream) { relayed_.OnOpened(stream, StreamPeer::kEither); }

void CoordinatorNode::AgentEnded(const std::string& name) {
  if (!running() || over_) return;
  Post([this, name] { control_->OnAgentEnded(name, "its process ended", Now()); });
}

// -------------------------------------------------------------------------------------- RunPort

void CoordinatorNode::Send(ConnectionId connection, const v1::CoordinatorMessage& message) {
  oracle_.OnWord(heap_.now_ns(), node_of_[connection], message);
  relayed_.Send(connection, message);
  if (message.has_acknowledge() && acknowledgements_left_ > 0 && --acknowledgements_left_ == 0) {
    heap_.After(0, [this] { Crash(/*machine=*/true); });
  }
}

void CoordinatorNode::RunChanged(const v1::RunResult& run) {
  result_ = run;
  saved_ = run;
}

void CoordinatorNode::StageBegins(const v1::Leg&, v1::Phase, uint64_t) {}

// Stands for the results store: the second is on disk before its reports are acknowledged.
absl::Status CoordinatorNode::SecondMerged(const v1::Leg& leg, v1::Phase stage,
                                           const MergedSecond& second) {
  oracle_.OnSecond(leg, stage, second);
  v1::IntervalReport record;
  record.set_leg(leg.index());
  *record.mutable_interval() = second.ToProto();
  absl::Status kept = store_->Append(record.SerializeAsString()).status();
  if (kept.ok()) kept = store_->Sync();
  if (!kept.ok()) oracle_.OnStoreFailed(leg, stage);
  if (kept.ok()) stored_.push_back({leg.index(), stage, std::move(*record.mutable_interval())});
  return kept;
}

absl::Status CoordinatorNode::ReadBack(
    const v1::Leg& leg,
    absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) {
  return ReadStored(leg.index(), visit);
}

absl::Status CoordinatorNode::ReadStored(
    uint32_t leg,
    absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) const {
  for (const StoredSecond& second : stored_) {
    if (second.leg == leg) WEIR_RETURN_IF_ERROR(visit(second.stage, second.interval));
  }
  return absl::OkStatus();
}

CoordinatorNode::Remains CoordinatorNode::remains() {
  const auto journal = ReadJournal(disk_, JournalPath("results", run_.id()));
  Remains remains{.run = saved_, .evidence = {}};
  if (!journal.ok()) return remains;
  remains.evidence = GatherEvidence(*journal);
  remains.recoverable = CanBeRecovered(remains.evidence, remains.run);
  return remains;
}

absl::Status CoordinatorNode::Keep(const v1::JournalRecord& record) {
  const absl::Status kept = journal_->Keep(record);
  kept.ok() ? oracle_.OnKept(record) : oracle_.OnJournalFailed();
  return kept;
}

void CoordinatorNode::Say(const std::string& line) {
  trace_.Note(heap_.now_ns(), "weir prints", 0, HashOf(line), [&] { return line; });
  oracle_.OnSaid(heap_.now_ns(), line);
}

void CoordinatorNode::Finished() {
  result_ = control_->result();
  over_ = true;
  relayed_.Goodbye();
  lane_.Post(heap_.now_ns() + kFarewellNs, [this] { End(); });
  trace_.Note(heap_.now_ns(), "run over", result_.state(), result_.verdict().validity(), [&] {
    return absl::StrCat(v1::RunState_Name(result_.state()), ", ",
                        result_.verdict().ShortDebugString());
  });
}

}  // namespace weir
