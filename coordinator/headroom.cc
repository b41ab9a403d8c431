#include "coordinator/headroom.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"

#include "coordinator/gate_table.h"

namespace weir {
namespace {

double OfferedPerSecond(const v1::Leg& proof) {
  uint64_t planned = 0;
  for (const v1::PhaseResult& result : proof.results()) {
    if (result.phase() == v1::PHASE_MEASURE) planned += result.total().planned();
  }
  int64_t length_ns = 0;
  for (const v1::PhaseSpan& span : proof.spans()) {
    if (span.phase() == v1::PHASE_MEASURE) length_ns = span.duration_ns();
  }
  return length_ns > 0 ? static_cast<double>(planned) * 1e9 / static_cast<double>(length_ns) : 0;
}

}  // namespace

v1::Headroom JudgeHeadroom(const v1::Leg& proof) {
  v1::Headroom headroom;
  headroom.set_rate_factor(kHeadroomFactor);
  headroom.set_rate_per_second(OfferedPerSecond(proof));
  for (const v1::GateResult& gate : proof.gates()) {
    if (!gate.passed()) *headroom.add_gates() = gate;
  }
  headroom.set_proven(headroom.gates().empty() &&
                      proof.verdict().validity() != v1::VALIDITY_INVALID);
  return headroom;
}

v1::Headroom NoHeadroom(const std::string& why) {
  v1::Headroom headroom;
  headroom.set_rate_factor(kHeadroomFactor);
  *headroom.add_gates() = MakeGateResult(Gate::kDispatched, "", false, why);
  return headroom;
}

void DriveWith(const v1::Headroom& headroom, v1::Leg* leg) {
  *leg->mutable_headroom() = headroom;
  if (!headroom.proven()) leg->mutable_verdict()->add_overridden("headroom");
}

std::string HeadroomWords(const v1::Headroom& headroom) {
  std::string words = absl::StrCat("the agents cannot offer ", headroom.rate_factor(),
                                   " times its rate to a database that answers at once, so its "
                                   "numbers would be theirs");
  std::set<std::string> told;  // of a gate that several failed, the first is enough
  for (const v1::GateResult& gate : headroom.gates()) {
    if (!told.insert(gate.name()).second) continue;
    const std::string of = gate.agent().empty() ? "" : absl::StrCat(" of ", gate.agent());
    absl::StrAppend(&words, "; ", gate.name(), of, ": ", gate.saw(), ", allowed ", gate.limit());
  }
  if (headroom.gates_size() > 0) absl::StrAppend(&words, ". ", headroom.gates(0).advice());
  return words;
}

}  // namespace weir
