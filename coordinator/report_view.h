// An IntervalReport read where it lies (R16): histograms go from the bytes that came straight into
// the merged ones, with no message or string between. Valid as long as what it was read from; meant
// to be used again for the next report. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/repeated_field.h"

#include "measure/tally_view.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

// The bytes of the report in an AgentMessage that holds nothing else; empty for any other.
std::string_view IntervalReportIn(std::string_view agent_message);

class ReportView {
 public:
  // See v1.OperationInterval.
  struct Part {
    v1::Phase phase = v1::PHASE_UNSPECIFIED;
    uint32_t operation = 0;
    uint32_t age = 0;
    TallyView tally;
  };

  // Accepts what protobuf accepts, and sees the same in it. kInvalidArgument: not a report.
  absl::Status Read(std::string_view wire);
  void Read(const v1::IntervalReport& report);
  // A report that has nothing but these parts.
  void Read(uint32_t second,
            const google::protobuf::RepeatedPtrField<v1::OperationInterval>& parts);

  uint64_t sequence() const { return sequence_; }
  uint32_t step() const { return step_; }
  uint32_t second() const { return second_; }
  const std::vector<Part>& parts() const { return parts_; }
  // What is not of operations: partitions, samples, the ledger of writes.
  const v1::Interval& rest() const { return *rest_; }

 private:
  void Reset();
  void AddParts(const google::protobuf::RepeatedPtrField<v1::OperationInterval>& parts);
  bool ReadReport(std::string_view wire);
  bool ReadInterval(std::string_view wire);
  bool ReadPart(std::string_view wire);

  uint64_t sequence_ = 0;
  uint32_t step_ = 0;
  uint32_t second_ = 0;
  std::vector<Part> parts_;
  v1::Interval own_rest_;  // its parts are allocated once and used again
  v1::IntervalReport plain_;
  const v1::Interval* rest_ = &own_rest_;
};

}  // namespace weir
