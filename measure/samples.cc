#include "measure/samples.h"

#include <algorithm>

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Adds the 64-bit fields; a count that the schema gains is not forgotten.
void AddFields(const Message& from, Message* to) {
  const auto* reflection = from.GetReflection();
  for (int i = 0; i < from.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = from.GetDescriptor()->field(i);
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
  const uint64_t longest = std::max(sum->most_watchdog_gap_ns(), later.most_watchdog_gap_ns());
  AddFields(later, sum);
  sum->set_agent(later.agent());
  sum->set_most_watchdog_gap_ns(longest);
  v1::ResourceSample states;  // these do not add up
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
  AddFields(other, sum);
}

}  // namespace weir
