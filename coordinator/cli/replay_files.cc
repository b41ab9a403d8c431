#include "coordinator/cli/replay_files.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_walk.h"
#include "coordinator/quantity.h"
#include "generators/replay_file.h"

namespace weir {
namespace {

int64_t ReplayedNs(const v1::Replay& replay, int64_t recorded_ns) {
  return static_cast<int64_t>(static_cast<long double>(recorded_ns) * replay.speed_denominator() /
                              replay.speed_numerator());
}

void CheckFile(const std::string& path, v1::Scenario* scenario, CampaignReading* reading) {
  v1::Replay* replay = scenario->mutable_shape()->mutable_open()->mutable_replay();
  const absl::StatusOr<ReplayFile> file = ReadReplayFile(replay->path());
  if (!file.ok()) {
    return reading->AddProblem(JoinPath(path, "path"), std::string(file.status().message()));
  }
  if (replay->sha256().empty()) replay->set_sha256(file->sha256);
  if (replay->sha256() != file->sha256) {
    reading->AddProblem(JoinPath(path, "sha256"),
                        absl::StrCat("sha256: ", replay->path(),
                                     " is another file than meant; its digest is ", file->sha256));
  }
  const int64_t lasts_ns = ReplayedNs(*replay, file->offsets_ns.back());
  const int64_t runs_ns = scenario->phases().warm_up().ns() + scenario->phases().measure().ns();
  if (lasts_ns < runs_ns) return;
  reading->warnings.push_back(ProblemAt(
      reading->Find(path), absl::StrCat("the arrivals of ", replay->path(), " last ",
                                        FormatDuration(lasts_ns), ", warm_up and measure only ",
                                        FormatDuration(runs_ns), ": the rest is never run")));
}

}  // namespace

void CheckReplayFiles(CampaignReading* reading) {
  for (int i = 0; i < reading->campaign.scenarios_size(); ++i) {
    v1::Scenario* scenario = reading->campaign.mutable_scenarios(i);
    const v1::OpenLoop& open = scenario->shape().open();
    if (open.arrivals() != v1::ARRIVAL_PROCESS_REPLAY || open.replay().path().empty()) continue;
    if (open.replay().speed_numerator() == 0 || open.replay().speed_denominator() == 0) continue;
    const std::string item = ItemPath("scenarios", static_cast<size_t>(i));
    CheckFile(JoinPath(item, "shape.open.replay"), scenario, reading);
  }
}

}  // namespace weir
