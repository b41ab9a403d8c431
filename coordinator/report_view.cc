#include "coordinator/report_view.h"

#include "measure/wire_reader.h"

namespace weir {
namespace {

template <typename Message>
bool Parse(std::string_view wire, Message* message) {
  return message->ParseFromArray(wire.data(), static_cast<int>(wire.size()));
}

}  // namespace

std::string_view IntervalReportIn(std::string_view agent_message) {
  WireReader reader(agent_message);
  if (!reader.Next() || !reader.is_bytes()) return {};
  if (reader.field() != v1::AgentMessage::kIntervalFieldNumber) return {};
  const std::string_view report = reader.bytes();
  return !reader.Next() && !reader.broken() ? report : std::string_view();
}

void ReportView::Reset() {
  sequence_ = 0;
  step_ = 0;
  second_ = 0;
  parts_.clear();
  own_rest_.Clear();
  rest_ = &own_rest_;
}

absl::Status ReportView::Read(std::string_view wire) {
  Reset();
  if (ReadReport(wire)) return absl::OkStatus();
  // Damaged, or by a newer agent: protobuf decides.
  plain_.Clear();
  if (!Parse(wire, &plain_)) return absl::InvalidArgumentError("a report cannot be read");
  Read(plain_);
  return absl::OkStatus();
}

void ReportView::Read(const v1::IntervalReport& report) {
  sequence_ = report.sequence();
  step_ = report.step();
  second_ = report.interval().second();
  rest_ = &report.interval();
  parts_.clear();
  AddParts(report.interval().operations());
}

void ReportView::Read(uint32_t second,
                      const google::protobuf::RepeatedPtrField<v1::OperationInterval>& parts) {
  Reset();
  second_ = second;
  AddParts(parts);
}

void ReportView::AddParts(const google::protobuf::RepeatedPtrField<v1::OperationInterval>& parts) {
  for (const v1::OperationInterval& part : parts) {
    parts_.push_back({part.phase(), part.operation(), part.age(), TallyView::Of(part.tally())});
  }
}

bool ReportView::ReadReport(std::string_view wire) {
  WireReader reader(wire);
  bool interval = false;
  while (reader.Next()) {
    switch (reader.field()) {
      case v1::IntervalReport::kLegFieldNumber:
      case v1::IntervalReport::kTaskFieldNumber:
        if (!reader.is_number()) return false;
        break;
      case v1::IntervalReport::kSequenceFieldNumber:
        if (!reader.is_number()) return false;
        sequence_ = reader.number();
        break;
      case v1::IntervalReport::kStepFieldNumber:
        if (!reader.is_number()) return false;
        step_ = static_cast<uint32_t>(reader.number());
        break;
      case v1::IntervalReport::kIntervalFieldNumber:
        if (!reader.is_bytes() || interval || !ReadInterval(reader.bytes())) return false;
        interval = true;
        break;
      default:
        return false;
    }
  }
  return !reader.broken();
}

bool ReportView::ReadInterval(std::string_view wire) {
  WireReader reader(wire);
  bool ledger = false;
  while (reader.Next()) {
    if (reader.field() == v1::Interval::kSecondFieldNumber) {
      if (!reader.is_number()) return false;
      second_ = static_cast<uint32_t>(reader.number());
      continue;
    }
    if (!reader.is_bytes()) return false;
    bool read = false;
    switch (reader.field()) {
      case v1::Interval::kOperationsFieldNumber:
        read = ReadPart(reader.bytes());
        break;
      case v1::Interval::kPartitionsFieldNumber:
        read = Parse(reader.bytes(), own_rest_.add_partitions());
        break;
      case v1::Interval::kResourcesFieldNumber:
        read = Parse(reader.bytes(), own_rest_.add_resources());
        break;
      case v1::Interval::kProcessesFieldNumber:
        read = Parse(reader.bytes(), own_rest_.add_processes());
        break;
      case v1::Interval::kLedgerFieldNumber:
        read = !ledger && Parse(reader.bytes(), own_rest_.mutable_ledger());
        ledger = true;
        break;
      default:
        break;
    }
    if (!read) return false;
  }
  return !reader.broken();
}

bool ReportView::ReadPart(std::string_view wire) {
  Part& part = parts_.emplace_back();
  WireReader reader(wire);
  bool tally = false;
  while (reader.Next()) {
    if (reader.field() == v1::OperationInterval::kTallyFieldNumber) {
      if (!reader.is_bytes() || tally || !part.tally.Read(reader.bytes())) return false;
      tally = true;
      continue;
    }
    if (!reader.is_number()) return false;
    switch (reader.field()) {
      case v1::OperationInterval::kPhaseFieldNumber:
        part.phase = static_cast<v1::Phase>(static_cast<int32_t>(reader.number()));
        break;
      case v1::OperationInterval::kOperationFieldNumber:
        part.operation = static_cast<uint32_t>(reader.number());
        break;
      case v1::OperationInterval::kAgeFieldNumber:
        part.age = static_cast<uint32_t>(reader.number());
        break;
      default:
        return false;
    }
  }
  return !reader.broken();
}

}  // namespace weir
