#include "reports/text_verdict.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "base/printable.h"
#include "reports/evidence_text.h"
#include "reports/leg_text.h"
#include "reports/text_table.h"

namespace weir {
namespace {

constexpr int kMostReasons = 8;

Ink InkOf(v1::Validity validity) {
  switch (validity) {
    case v1::VALIDITY_VALID:
      return Ink::kGood;
    case v1::VALIDITY_INVALID:
      return Ink::kBad;
    default:
      return Ink::kWarning;
  }
}

class VerdictWriter {
 public:
  VerdictWriter(const v1::RunResult& run, TextPage& page) : run_(run), page_(page) {}

  void Write() {
    const v1::ValidityVerdict& verdict = run_.verdict();
    const std::string word = ValidityWord(verdict.validity());
    page_.Line(absl::StrCat(page_.Paint(InkOf(verdict.validity()), word), "  ",
                            Printable(run_.campaign().name()), ", ", StateText(run_)));
    if (verdict.overridden_size() > 0) {
      page_.Bullet("gates that failed and were overridden: " +
                   absl::StrJoin(verdict.overridden(), ", "));
    }
    Reasons();
    for (const v1::Leg& leg : run_.legs()) LegVerdict(leg);
    Advice();
    page_.Indented(
        "",
        absl::StrCat(
            "run ", run_.id(), ", seed ", run_.campaign().seed(), ", ", run_.agents_size(),
            run_.agents_size() == 1 ? " agent" : " agents", ", weir ", run_.version(),
            run_.control_security().empty() ? "" : ", control stream: ", run_.control_security()));
  }

 private:
  // A machine that is not fit fails the same gates in every scenario.
  void Reasons() {
    const auto& reasons = run_.verdict().reasons();
    const int shown = reasons.size() <= kMostReasons + 1 ? reasons.size() : kMostReasons;
    for (int i = 0; i < shown; ++i) page_.Bullet(reasons[i]);
    if (shown < reasons.size()) {
      page_.Bullet(
          absl::StrCat("and ", reasons.size() - shown, " more reasons, all in the reports"));
    }
  }

  // A probe that missed the objective, or that our own limit spoiled, is part of its search.
  static bool IsStep(const v1::Leg& leg) {
    return leg.has_probe() && leg.probe().end() != v1::PROBE_END_FAILED &&
           leg.probe().end() != v1::PROBE_END_UNSPECIFIED;
  }

  void LegVerdict(const v1::Leg& leg) {
    if (IsStep(leg)) return;
    const std::string place = absl::StrCat(leg.scenario(), " on ", leg.target());
    if (!leg.failure().empty() && !SaidOfTheRun(run_, leg.failure())) {
      page_.Bullet(absl::StrCat(place, " did not run to its end: ", leg.failure()));
    }
    if (leg.verdict().validity() == v1::VALIDITY_VALID) return;
    for (const std::string& reason : leg.verdict().reasons()) {
      if (!SaidOfTheRun(run_, reason)) page_.Bullet(absl::StrCat(place, ": ", reason));
    }
    for (const v1::GateResult* gate : FailedGates(leg)) FailedGate(place, *gate);
  }

  // What was seen stands in the reasons mostly, unless the gate was overridden. Of many agents that
  // fail the same gate one is enough here.
  void FailedGate(const std::string& place, const v1::GateResult& gate) {
    const bool known = !told_.insert(absl::StrCat(place, "/", gate.name())).second;
    if (known || SaidOfTheRun(run_, gate.saw())) return;
    if (++failed_gates_ <= kMostReasons) page_.Bullet(absl::StrCat(place, ": ", GateText(gate)));
  }

  // Once for each gate, however many legs and agents failed it.
  void Advice() {
    if (failed_gates_ > kMostReasons) {
      page_.Bullet(absl::StrCat("and ", failed_gates_ - kMostReasons, " more, all in the reports"));
    }
    std::map<std::string, std::string> advice;
    for (const v1::Leg& leg : run_.legs()) {
      const bool missed = leg.probe().end() == v1::PROBE_END_MISSED;
      for (const v1::GateResult* gate : FailedGates(leg)) {
        if (!missed && !gate->advice().empty()) advice[GateTitle(*gate)] = gate->advice();
      }
    }
    for (const auto& [gate, text] : advice) page_.Indented("    ", absl::StrCat(gate, ": ", text));
  }

  const v1::RunResult& run_;
  TextPage& page_;
  std::set<std::string> told_;  // place/gate
  int failed_gates_ = 0;        // of which nothing stands in the reasons
};

}  // namespace

void WriteVerdict(const v1::RunResult& run, TextPage* page) { VerdictWriter(run, *page).Write(); }

bool SaidOfTheRun(const v1::RunResult& run, absl::string_view reason) {
  // A leg that was left out carries the run's reason after these words.
  if (!absl::ConsumePrefix(&reason, "not run: ")) {
    absl::ConsumePrefix(&reason, "not run to its end: ");
  }
  const auto& said = run.verdict().reasons();
  return std::any_of(said.begin(), said.end(), [&](const std::string& of_the_run) {
    return absl::StrContains(of_the_run, reason);
  });
}

}  // namespace weir
