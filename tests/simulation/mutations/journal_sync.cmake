# The journal is written and not synced.
set(FROM coordinator/journal.cc)
set(PIECE_1 "    status = log_.Sync();\n")
set(INSTEAD_1 "")
