# Reports are acknowledged when they are merged, not when they are kept.
set(FROM coordinator/stage_run.cc)
set(PIECE_1 "acknowledge->set_sequence(receipts_.kept(agent));")
set(INSTEAD_1 "acknowledge->set_sequence(receipts_.merged(agent));")
