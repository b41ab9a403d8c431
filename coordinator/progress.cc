#include "coordinator/progress.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint32_t kPlainLineEverySeconds = 5;

std::string Humane(double number) {
  if (number >= 1e6) return absl::StrFormat("%.2fM", number / 1e6);
  if (number >= 1e4) return absl::StrFormat("%.1fk", number / 1e3);
  return absl::StrFormat("%.0f", number);
}

std::string HumaneTime(double ns) {
  if (ns >= 1e9) return absl::StrFormat("%.2f s", ns / 1e9);
  if (ns >= 1e6) return absl::StrFormat("%.1f ms", ns / 1e6);
  return absl::StrFormat("%.0f µs", ns / 1e3);
}

}  // namespace

Progress::Progress(std::FILE* out, bool quiet)
    : out_(out), terminal_(isatty(fileno(out)) != 0), quiet_(quiet) {}

void Progress::Begin(const v1::Campaign& campaign, const v1::Leg& leg, v1::Phase stage,
                     uint64_t planned_operations) {
  End();
  stage_ = stage;
  planned_ = planned_operations;
  settled_ = 0;
  label_ =
      absl::StrCat(leg.scenario(), " · ", leg.target(), stage == v1::PHASE_LOAD ? " · load" : "");
  stage_seconds_ = 0;
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    if (scenario.name() != leg.scenario() || stage == v1::PHASE_LOAD) continue;
    stage_seconds_ =
        (scenario.phases().warm_up().ns() + scenario.phases().measure().ns()) / kNsPerSecond;
  }
}

std::string Progress::Line(const MergedSecond& merged) const {
  const uint32_t second = merged.second;
  uint64_t ok = 0, records = 0, failures = 0, throttled = 0, milli_ru = 0;
  Histogram response;
  bool warm_up = false;
  for (const auto& [key, tally] : merged.tallies) {
    const v1::Tally& counts = tally->counts();
    ok += counts.ok();
    records += counts.records();
    failures += Failures(counts);
    throttled += counts.throttled_attempts();
    milli_ru += counts.milli_ru();
    response.Add(tally->response);
    warm_up |= key.phase == v1::PHASE_WARM_UP;
  }
  std::string line = absl::StrFormat("%-34s", label_);
  if (stage_ == v1::PHASE_LOAD) {
    absl::StrAppendFormat(&line, " %8s records/s", Humane(records));
  } else {
    absl::StrAppendFormat(&line, " %8s op/s", Humane(ok));
  }
  absl::StrAppendFormat(&line, "  p99 %8s", HumaneTime(response.ValueAtQuantile(0.99)));
  if (milli_ru > 0) absl::StrAppendFormat(&line, "  %7s RU/s", Humane(milli_ru / 1000.0));
  if (throttled > 0) absl::StrAppendFormat(&line, "  %d throttled", throttled);
  absl::StrAppendFormat(&line, "  %d errors", failures);
  if (stage_seconds_ > 0) {
    absl::StrAppendFormat(&line, "  %s%d s left", warm_up ? "warm-up, " : "",
                          std::max<int64_t>(0, stage_seconds_ - second - 1));
  } else if (planned_ > 0) {
    const double left = planned_ - std::min(planned_, settled_);
    const double rate = static_cast<double>(settled_) / (second + 1);
    absl::StrAppendFormat(&line, "  %.0f %%", 100.0 * settled_ / planned_);
    if (rate > 0) absl::StrAppendFormat(&line, ", %.0f s left", left / rate);
  }
  return line;
}

void Progress::Second(const v1::Leg&, const MergedSecond& second) {
  for (const auto& [key, tally] : second.tallies) settled_ += Settled(tally->counts());
  last_second_ = second.second;
  // After the last planned second only stragglers complete.
  if (stage_seconds_ > 0 && second.second >= stage_seconds_) return;
  Show(Line(second));
}

void Progress::Show(const std::string& line) {
  if (quiet_) return;
  if (terminal_) {
    std::fprintf(out_, "\r\033[K%s", line.c_str());
    open_line_ = true;
  } else if (last_second_ % kPlainLineEverySeconds == 0) {
    std::fprintf(out_, "%s\n", line.c_str());
  }
  std::fflush(out_);
}

void Progress::Say(const std::string& line) {
  End();
  std::fprintf(out_, "%s\n", line.c_str());
  std::fflush(out_);
}

void Progress::End() {
  if (open_line_) std::fputc('\n', out_);
  open_line_ = false;
  std::fflush(out_);
}

}  // namespace weir
