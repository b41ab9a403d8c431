#include "agent/database_watch.h"

#include <string>
#include <utility>
#include <vector>

namespace weir {

std::unique_ptr<DatabaseWatch> DatabaseWatch::Make(const v1::Prepare& prepare,
                                                   const v1::Scenario& scenario, Backend& backend) {
  const bool drive = prepare.task() == v1::TASK_DRIVE;
  if (prepare.share_index() != 0 || !(drive || prepare.task() == v1::TASK_LOAD)) return nullptr;
  std::unique_ptr<DatabaseWatch> watch(new DatabaseWatch(backend));
  if (drive) watch->Observe(scenario, backend);
  return watch;
}

void DatabaseWatch::Observe(const v1::Scenario& scenario, Backend& backend) {
  const int64_t warm_up_ns = scenario.phases().warm_up().ns();
  const int64_t measure_ns = scenario.phases().measure().ns();
  observer_ = std::make_unique<ObserverThread>(
      backend, ObservedSpan{.begin_ns = warm_up_ns, .end_ns = warm_up_ns + measure_ns});
  auto left_out = backend.Settle();
  if (left_out.ok()) {
    observer_->AddGaps(*std::move(left_out));
  } else {
    observer_->AddGaps({"before the start: " + std::string(left_out.status().message())});
  }
}

void DatabaseWatch::Start(int64_t start_ns) {
  processes_.Begin();
  if (observer_ != nullptr) observer_->Start(start_ns);
}

void DatabaseWatch::AddProcesses(v1::Interval* interval) {
  if (auto sample = processes_.Sample()) *interval->add_processes() = *std::move(sample);
}

void DatabaseWatch::Conclude(v1::StageDone* done) {
  v1::Evidence evidence;
  if (observer_ != nullptr) evidence = observer_->Finish();
  if (const auto bytes = backend_.StoredBytes(); bytes.ok()) evidence.set_stored_bytes(*bytes);
  if (evidence.ByteSizeLong() > 0) *done->mutable_evidence() = std::move(evidence);
}

}  // namespace weir
