#include "measure/samples.h"

#include <algorithm>
#include <array>

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Of a machine, at the end of a span.
constexpr std::array kStates = {
    v1::ResourceSample::kCoresFieldNumber, v1::ResourceSample::kResidentBytesFieldNumber,
    v1::ResourceSample::kThreadsFieldNumber, v1::ResourceSample::kClocksourceFieldNumber,
    v1::ResourceSample::kLinkBytesPerSecondFieldNumber};

bool IsState(int number) {
  return std::find(kStates.begin(), kStates.end(), number) != kStates.end();
}

// Adds the 64-bit fields; a count that the schema gains is not forgotten.
void AddFields(const Message& from, Message* to, bool (*apart)(int number)) {
  const auto* reflection = from.GetReflection();
  for (int i = 0; i < from.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = from.GetDescriptor()->field(i);
    if (apart(field->number())) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      reflection->SetUInt64(to, field,
                            reflection->GetUInt64(*to, field) + reflection->GetUInt64(from, field));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      reflection->SetInt64(to, field,
                           reflection->GetInt64(*to, field) + reflection->GetInt64(from, field));
    }
  }
}

}  // namespace

void AddSample(const v1::ResourceSample& later, v1::ResourceSample* sum) {
  constexpr auto kApart = [](int number) {
    return IsState(number) || number == v1::ResourceSample::kMostWatchdogGapNsFieldNumber;
  };
  AddFields(later, sum, kApart);
  sum->set_agent(later.agent());
  sum->set_most_watchdog_gap_ns(
      std::max(sum->most_watchdog_gap_ns(), later.most_watchdog_gap_ns()));
  v1::ResourceSample states;
  states.set_cores(later.cores());
  states.set_resident_bytes(later.resident_bytes());
  states.set_threads(later.threads());
  states.set_clocksource(later.clocksource());
  states.set_link_bytes_per_second(later.link_bytes_per_second());
  sum->MergeFrom(states);  // what the later one does not know stays
}

void AddSample(const v1::ProcessSample& other, v1::ProcessSample* sum) {
  sum->set_agent(other.agent());
  sum->set_name(other.name());
  sum->set_cpu_ns(sum->cpu_ns() + other.cpu_ns());
  sum->set_processes(std::max(sum->processes(), other.processes()));
  sum->set_resident_bytes(std::max(sum->resident_bytes(), other.resident_bytes()));
}

void AddUse(const v1::PartitionUse& other, v1::PartitionUse* sum) {
  sum->set_partition(other.partition());
  AddFields(other, sum, [](int) { return false; });
}

}  // namespace weir
