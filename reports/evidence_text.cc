#include "reports/evidence_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

#include "reports/planned_response.h"
#include "reports/quantity.h"

namespace weir {
namespace {

std::string Count(uint64_t count) { return CountText(static_cast<double>(count)); }

double MeasuredSeconds(const v1::Leg& leg) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == v1::PHASE_MEASURE) return static_cast<double>(span.duration_ns()) / 1e9;
  }
  return 0;
}

}  // namespace

std::string ConservationText(const v1::Tally& counts, bool brief) {
  const uint64_t failed =
      counts.not_found() + counts.conflict() + counts.throttled() + counts.failed();
  const std::pair<uint64_t, const char*> ends[] = {
      {counts.ok(), "ok"},
      {failed, "failed"},
      {counts.timed_out() + counts.in_doubt(), "unknown"},
      {counts.unsent(), "unsent"},
      {counts.lost(), "lost"},
  };
  std::vector<std::string> parts;
  for (const auto& [count, name] : ends) {
    if (!brief || count > 0) parts.push_back(absl::StrCat(Count(count), " ", name));
  }
  if (parts.empty()) parts.emplace_back("0 ok");
  std::string text = Count(counts.planned()) + " planned = " + absl::StrJoin(parts, " + ");
  const uint64_t unaccounted = Unaccounted(counts);
  const uint64_t known = Settled(counts) + counts.lost();
  if (unaccounted > 0) absl::StrAppend(&text, " + ", Count(unaccounted), " UNACCOUNTED FOR");
  if (known > counts.planned()) {
    absl::StrAppend(&text, " − ", Count(known - counts.planned()), " NEVER PLANNED");
  }
  return text;
}

std::string SteadinessText(const v1::Leg& leg) {
  if (!leg.has_steadiness()) return "";
  const v1::Steadiness& steadiness = leg.steadiness();
  const std::string reasons = absl::StrJoin(steadiness.reasons(), "; ");
  const std::string because = reasons.empty() ? "" : ": " + reasons;
  if (!steadiness.judged()) return "steadiness not judged" + because;
  if (!steadiness.steady()) return "NOT STEADY" + because;
  if (steadiness.cut_seconds() == 0) {
    return absl::StrCat("steady over all ", DurationText(MeasuredSeconds(leg) * 1e6));
  }
  return absl::StrCat("steady after the first ", steadiness.cut_seconds(),
                      " s, which count as warm-up");
}

std::string GateTitle(const v1::GateResult& gate) {
  return absl::StrReplaceAll(gate.name(), {{"_", " "}, {"cpu", "CPU"}});
}

std::string GateText(const v1::GateResult& gate) {
  const std::string of = gate.agent().empty() ? "" : " of " + gate.agent();
  const std::string limit =
      gate.limit().empty() ? "" : absl::StrCat(" (limit: ", gate.limit(), ")");
  return absl::StrCat(GateTitle(gate), of, ": ", gate.saw(), limit);
}

std::vector<const v1::GateResult*> FailedGates(const v1::Leg& leg) {
  std::vector<const v1::GateResult*> failed;
  for (const v1::GateResult& gate : leg.gates()) {
    if (!gate.passed()) failed.push_back(&gate);
  }
  return failed;
}

bool IsOverridden(const v1::ValidityVerdict& verdict, const v1::GateResult& gate) {
  return std::find(verdict.overridden().begin(), verdict.overridden().end(), gate.name()) !=
         verdict.overridden().end();
}

std::string BottleneckText(const v1::Leg& leg) {
  absl::string_view sentence = leg.bottleneck().sentence();
  if (sentence.empty()) return "";
  if (absl::ConsumePrefix(&sentence, "None: ")) return absl::StrCat("no bottleneck: ", sentence);
  const char first = absl::ascii_tolower(static_cast<unsigned char>(sentence.front()));
  return absl::StrCat("bottleneck: ", std::string(1, first), sentence.substr(1));
}

std::string ThroughputChangeText(const v1::ThroughputChange& change) {
  std::string text =
      absl::StrCat("throughput ", Count(change.from_ru()), " → ", Count(change.to_ru()),
                   " RU/s, as the busiest partition used ",
                   static_cast<int64_t>(std::llround(100 * change.utilisation())), " %");
  if (!change.error().empty()) absl::StrAppend(&text, "; refused: ", change.error());
  if (change.error().empty() && change.done_second() == 0) {
    absl::StrAppend(&text, "; not done before the end");
  }
  return text;
}

std::string ThroughputText(const v1::Leg& leg) {
  if (leg.throughput_changes().empty()) return "";
  std::vector<std::string> changes;
  for (const v1::ThroughputChange& change : leg.throughput_changes()) {
    changes.push_back(absl::StrCat("at ", change.second(), " s ", ThroughputChangeText(change)));
  }
  return absl::StrCat("by the campaign's rule, ", absl::StrJoin(changes, "; "));
}

std::string PlaceName(v1::BottleneckPlace place) {
  if (place == v1::BOTTLENECK_PLACE_UNSPECIFIED) return "";
  const std::string name = v1::BottleneckPlace_Name(place);
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(name, "BOTTLENECK_PLACE_")),
                             {{"_", " "}});
}

}  // namespace weir
