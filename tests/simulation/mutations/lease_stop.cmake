# Load goes on without a lease, and without a word from the coordinator.
set(FROM agent/agent_control.cc)
set(PIECE_1 "port_.ExtendLease(lease_end_ns_);\n  port_.StartStage(start_ns_);")
set(INSTEAD_1 "port_.ExtendLease(INT64_MAX);\n  port_.StartStage(start_ns_);")
set(PIECE_2 "  lease_end_ns_ = until_ns;\n  port_.ExtendLease(lease_end_ns_);\n")
set(INSTEAD_2 "  lease_end_ns_ = until_ns;\n")
set(PIECE_3 "  lease_end_ns_ = now_ns + welcome_.lease().ns();
  port_.ExtendLease(lease_end_ns_);\n")
set(INSTEAD_3 "")
set(PIECE_4 "if (now_ns_ - heard_ns_ > patience_ns) {")
set(INSTEAD_4 "if (state_ != State::kRunning && now_ns_ - heard_ns_ > patience_ns) {")
set(PIECE_5 "  if (state_ != State::kRunning || stopping_ || now_ns_ < lease_end_ns_) return;\n")
set(INSTEAD_5 "  if (true) return;\n")
