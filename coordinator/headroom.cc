#include "coordinator/headroom.h"

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

}  // namespace weir
