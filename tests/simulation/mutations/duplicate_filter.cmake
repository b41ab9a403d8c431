# Every report is merged, whether it was before or not.
set(FROM coordinator/stage_merge.cc)
set(PIECE_1 [==[
  if (report.sequence() <= agent.sequence || agent.over) {
    ++duplicates_;
    return Taken::kDuplicate;
  }
  if (report.sequence() != agent.sequence + 1) return Taken::kGap;
  if (report.second() < agent.next_second) {
    return absl::InvalidArgumentError(
        absl::StrCat("report ", report.sequence(), " goes back to second ", report.second()));
  }
]==])
set(INSTEAD_1 [==[
  if (report.sequence() > agent.sequence + 1) return Taken::kGap;
]==])
