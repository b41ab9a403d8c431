# A bundle of reports is taken as a whole or not at all: without this the reports that are next are
# taken, with the histograms of all.
set(FROM coordinator/stage_merge.cc)
set(PIECE_1 [==[
    if (!IsNext(agent, *report)) return false;
]==])
set(INSTEAD_1 "
")
set(PIECE_2 [==[
    MergeCounts(reports[i].agent, *reports[i].report, notes[i]);
]==])
set(INSTEAD_2 [==[
    if (!IsNext(reports[i].agent, *reports[i].report)) continue;
    MergeCounts(reports[i].agent, *reports[i].report, notes[i]);
]==])
