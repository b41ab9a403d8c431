# The first agent that is armed starts the stage.
set(FROM coordinator/start_barrier.cc)
set(PIECE_1 "if (unarmed_.empty()) return Next::kGo;")
set(INSTEAD_1 "if (unarmed_.size() < roster_.size()) return Next::kGo;")
