# What nobody tells of in the seconds that a dead coordinator had kept is not counted as lost.
set(FROM coordinator/run_recovery.cc)
set(PIECE_1 "    if (carried && !merge_.done()) merge_.LoseCarried(carried_.Open());\n")
set(INSTEAD_1 "")
