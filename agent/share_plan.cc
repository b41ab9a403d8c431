#include "agent/share_plan.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace weir {

void CountSchedule(const Schedule& schedule, const OperationPlan& plan, const TallyShape& shape,
                   int64_t second_phase_offset_ns, Share share, v1::Prepared* prepared) {
  const auto second_phase = static_cast<uint32_t>(
      std::min(second_phase_offset_ns, schedule.duration_ns()) / kNsPerSecond);
  std::vector<v1::PlannedCounts> cells(shape.cells());
  const auto cursor = schedule.Cursor(share.index, share.count);
  for (; !cursor->done(); cursor->Advance()) {
    const bool second = cursor->offset_ns() >= second_phase_offset_ns;
    v1::PlannedCounts& counts = cells[shape.Cell(second ? 1 : 0, plan.TypeOf(cursor->index()))];
    const uint32_t first = second ? second_phase : 0;
    const auto position = static_cast<int>(cursor->offset_ns() / kNsPerSecond - first);
    while (counts.by_second_size() <= position) counts.add_by_second(0);
    counts.set_by_second(position, counts.by_second(position) + 1);
    counts.set_first_second(first);
  }
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells[cell].by_second().empty()) continue;
    cells[cell].set_phase(shape.PhaseOf(cell));
    cells[cell].set_operation(shape.TypeOf(cell));
    *prepared->add_planned() = std::move(cells[cell]);
  }
}

void CountLoad(uint64_t operations, const TallyShape& shape, Share share, v1::Prepared* prepared) {
  const uint64_t mine = operations / share.count + (share.index < operations % share.count ? 1 : 0);
  if (mine == 0) return;
  v1::PlannedCounts* counts = prepared->add_planned();
  counts->set_phase(shape.PhaseOf(0));
  counts->set_operation(0);
  counts->add_by_second(mine);
}

}  // namespace weir
