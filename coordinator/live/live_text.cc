#include "coordinator/live/live_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "base/clock.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr int kBarColumns = 20;

std::string Micros(std::optional<double> ns) {
  if (!ns) return "–";
  return std::isinf(*ns) ? "no success" : DurationText(*ns / 1e3);
}

std::string Count(uint64_t count) { return CountText(static_cast<double>(count)); }

// Whole seconds: what is estimated needs no more.
std::string Time(int64_t ns) {
  const int64_t seconds = (ns + kNsPerSecond / 2) / kNsPerSecond;
  return seconds < 60 ? absl::StrCat(seconds, " s")
                      : DurationText(static_cast<double>(seconds) * 1e6);
}

std::string Left(const TimeLeft& left) {
  return absl::StrCat(left.at_least ? "at least " : "", Time(left.ns), " left");
}

std::string Bar(double share) {
  const auto full = static_cast<int>(std::lround(share * kBarColumns));
  std::string bar;
  for (int i = 0; i < kBarColumns; ++i) bar += i < full ? "█" : "░";
  return bar;
}

std::string Stage(const LiveRun& run) {
  return absl::StrCat(run.Activity(), run.phase() == v1::PHASE_WARM_UP ? ", warm-up" : "");
}

bool Loads(const LiveRun& run) { return run.progress().stage() == v1::PHASE_LOAD; }

std::string Rate(const LiveRun& run) {
  const v1::Tally& counts = run.point().counts;
  if (Loads(run)) return absl::StrCat(Count(counts.records()), " records/s");
  std::string text = absl::StrCat(Count(counts.ok()), " op/s");
  if (run.point().open_loop) absl::StrAppend(&text, " of ", Count(counts.planned()), " planned");
  return text;
}

std::string Errors(const v1::Tally& counts) {
  const uint64_t failed = Failures(counts) + counts.unsent() + counts.lost();
  if (failed == 0) return "0 errors/s";
  const uint64_t ended = failed + counts.ok();
  return absl::StrCat(Count(failed), " errors/s (",
                      ShareText(static_cast<double>(failed) / static_cast<double>(ended)), ")");
}

// Empty where nothing is charged.
std::string RequestUnits(const LivePoint& point) {
  if (point.counts.milli_ru() == 0 && point.provisioned_ru == 0) return "";
  const double ru = static_cast<double>(point.counts.milli_ru()) / 1e3;
  std::string text = absl::StrCat(CountText(ru), " RU/s");
  if (point.provisioned_ru > 0) {
    const auto provisioned = static_cast<double>(point.provisioned_ru);
    absl::StrAppend(&text, " (", ShareText(ru / provisioned), " of ", CountText(provisioned), ")");
  }
  return absl::StrCat(text, ", ", Count(point.counts.throttled_attempts()), " throttled/s");
}

std::string Agents(const LivePoint& point) {
  double cores = 0;
  double busiest = -1;
  for (const LiveAgent& agent : point.agents) {
    cores += std::max(0.0, agent.cpu_cores);
    busiest = std::max(busiest, agent.busiest_worker);
  }
  std::string text = absl::StrFormat("%d %s: %.2f cores", point.agents.size(),
                                     point.agents.size() == 1 ? "agent" : "agents", cores);
  if (busiest >= 0) absl::StrAppend(&text, ", busiest worker ", ShareText(busiest));
  return text;
}

// Empty before anything was judged.
std::string Gates(const LiveRun& run) {
  std::vector<std::string> failing;
  for (const v1::GateResult& gate : run.gates()) {
    const bool listed = std::find(failing.begin(), failing.end(), gate.name()) != failing.end();
    if (!gate.passed() && !listed) failing.push_back(gate.name());
  }
  if (run.gates().empty()) return "";
  if (failing.empty()) return "gates passed so far";
  return absl::StrCat("gates failing: ", absl::StrJoin(failing, ", "));
}

std::string Joined(const std::vector<std::string>& parts) {
  std::vector<std::string> said;
  for (const std::string& part : parts) {
    if (!part.empty()) said.push_back(part);
  }
  return absl::StrJoin(said, "  ");
}

// At most so many characters; a column each, of those that are written here.
std::string Cut(const std::string& text, size_t width) {
  size_t columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins && ++columns > width) return text.substr(0, i);
  }
  return text;
}

}  // namespace

std::vector<std::string> LiveLines(const LiveRun& run, size_t width) {
  const LiveProgress& progress = run.progress();
  const LiveResponse recent = run.Recent();
  const std::string times =
      absl::StrCat("p50 ", Micros(recent.p50_ns), "  p99 ", Micros(recent.p99_ns), "  p99.9 ",
                   Micros(recent.p999_ns), " in the last 10 s");
  std::vector<std::string> lines = {
      absl::StrCat(Stage(run), "  ", Bar(progress.Share()), " ",
                   absl::StrFormat("%.0f %%", 100 * progress.Share()), ", ",
                   Left(progress.OfStage()), "; the run: ", Left(run.RunLeft())),
      absl::StrCat("  ", Joined({Rate(run), times})),
      absl::StrCat("  ", Joined({Errors(run.point().counts), RequestUnits(run.point())})),
      absl::StrCat("  ", Joined({Agents(run.point()), Gates(run)}))};
  for (std::string& line : lines) line = Cut(line, width);
  return lines;
}

std::string LiveLine(const LiveRun& run) {
  const LiveResponse recent = run.Recent();
  return Joined({absl::StrCat(Stage(run), ":"), Rate(run),
                 absl::StrCat("p50 ", Micros(recent.p50_ns)),
                 absl::StrCat("p99 ", Micros(recent.p99_ns)), RequestUnits(run.point()),
                 Errors(run.point().counts), Agents(run.point()), Gates(run),
                 Left(run.progress().OfStage())});
}

}  // namespace weir
