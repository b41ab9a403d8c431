# Every bundle is merged, whether it was before or not.
set(FROM coordinator/stage_merge.cc)
set(PIECE_1 [==[
  return !agent.over && report.sequence() == agent.sequence + 1 &&
         report.second() >= agent.next_second && CheckAges(report).ok();
]==])
set(INSTEAD_1 [==[
  return !agent.over && report.sequence() <= agent.sequence + 1 && CheckAges(report).ok();
]==])
