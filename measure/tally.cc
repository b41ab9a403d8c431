#include "measure/tally.h"

#include <array>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/status.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

struct HistogramField {
  int number;
  Histogram Tally::*histogram;
};

constexpr std::array<HistogramField, 8> kHistograms = {{
    {v1::Tally::kResponseFieldNumber, &Tally::response},
    {v1::Tally::kServiceFieldNumber, &Tally::service},
    {v1::Tally::kWaitFieldNumber, &Tally::wait},
    {v1::Tally::kLagFieldNumber, &Tally::lag},
    {v1::Tally::kFailedResponseFieldNumber, &Tally::failed_response},
    {v1::Tally::kChargeFieldNumber, &Tally::charge},
    {v1::Tally::kDispatchResponseFieldNumber, &Tally::dispatch_response},
    {v1::Tally::kServerTimeFieldNumber, &Tally::server_time},
}};

std::string_view PayloadOf(const HistogramField& field, const TallyView& view) {
  return view.histograms[static_cast<size_t>(field.number)];
}

const FieldDescriptor* Field(const HistogramField& field) {
  return v1::Tally::descriptor()->FindFieldByNumber(field.number);
}

bool IsHistogram(const FieldDescriptor* field) {
  for (const HistogramField& histogram : kHistograms) {
    if (histogram.number == field->number()) return true;
  }
  return false;
}

// Every field is a count or a histogram of the table: what is neither would be lost in a merge.
std::vector<const FieldDescriptor*> FindCounts() {
  std::vector<const FieldDescriptor*> counts;
  const google::protobuf::Descriptor* tally = v1::Tally::descriptor();
  for (int i = 0; i < tally->field_count(); ++i) {
    const FieldDescriptor* field = tally->field(i);
    if (IsHistogram(field)) continue;
    WEIR_CHECK(field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64 && !field->is_repeated());
    counts.push_back(field);
  }
  return counts;
}

}  // namespace

void AddCounts(const v1::Tally& from, v1::Tally* to) {
  static const auto* const counts = new std::vector<const FieldDescriptor*>(FindCounts());
  const Reflection* reflection = v1::Tally::GetReflection();
  for (const FieldDescriptor* count : *counts) {
    const uint64_t added = reflection->GetUInt64(from, count);
    if (added != 0) reflection->SetUInt64(to, count, reflection->GetUInt64(*to, count) + added);
  }
}

uint64_t Failures(const v1::Tally& counts) {
  return counts.not_found() + counts.conflict() + counts.throttled() + counts.timed_out() +
         counts.failed() + counts.in_doubt();
}

uint64_t Settled(const v1::Tally& counts) {
  return counts.ok() + Failures(counts) + counts.unsent();
}

absl::Status Tally::Add(const v1::Tally& other) {
  WEIR_RETURN_IF_ERROR(AddHistograms(TallyView::Of(other)));
  AddCounts(other, &counts_);
  return absl::OkStatus();
}

absl::Status Tally::AddHistograms(const TallyView& view) {
  for (size_t i = 0; i < kHistograms.size(); ++i) {
    const HistogramField& field = kHistograms[i];
    const absl::Status added = (this->*field.histogram).AddEncodedV2(PayloadOf(field, view));
    if (added.ok()) continue;
    while (i-- > 0) {
      const HistogramField& earlier = kHistograms[i];
      (this->*earlier.histogram).TakeBackEncodedV2(PayloadOf(earlier, view));
    }
    return Annotate(added, Field(field)->name());
  }
  return absl::OkStatus();
}

void Tally::TakeBackHistograms(const TallyView& view) {
  for (const HistogramField& field : kHistograms) {
    (this->*field.histogram).TakeBackEncodedV2(PayloadOf(field, view));
  }
}

void Tally::Add(const Tally& other) {
  for (const HistogramField& field : kHistograms) {
    (this->*field.histogram).Add(other.*field.histogram);
  }
  AddCounts(other.counts_, &counts_);
}

v1::Tally Tally::ToProto() const {
  v1::Tally proto = counts_;
  proto.set_overflow(Overflow());
  for (const HistogramField& field : kHistograms) {
    const Histogram& histogram = this->*field.histogram;
    if (histogram.empty()) continue;
    v1::Tally::GetReflection()->SetString(&proto, Field(field), histogram.EncodeV2());
  }
  return proto;
}

void Tally::Clear() {
  for (const HistogramField& field : kHistograms) (this->*field.histogram).Clear();
  counts_.Clear();
}

uint64_t Tally::Overflow() const {
  uint64_t overflow = counts_.overflow();
  for (const HistogramField& field : kHistograms) overflow += (this->*field.histogram).overflow();
  return overflow;
}

}  // namespace weir
