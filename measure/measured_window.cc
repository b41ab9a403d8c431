#include "measure/measured_window.h"

#include <algorithm>

namespace weir {

v1::Phase CountedPhase(const v1::Leg& leg, uint32_t second, const v1::OperationInterval& part) {
  if (part.phase() != v1::PHASE_MEASURE) return part.phase();
  const uint32_t intended = second - std::min(second, part.age());
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() != v1::PHASE_MEASURE) continue;
    return intended < span.first_second() ? v1::PHASE_WARM_UP : v1::PHASE_MEASURE;
  }
  return v1::PHASE_MEASURE;
}

}  // namespace weir
