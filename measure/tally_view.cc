#include "measure/tally_view.h"

#include "base/check.h"
#include "measure/wire_reader.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;

// Which field numbers are counts, and which histograms.
struct Fields {
  std::array<const FieldDescriptor*, TallyCounts::kFields> counts{};
  std::array<const FieldDescriptor*, TallyCounts::kFields> histograms{};
};

Fields FindFields() {
  Fields fields;
  const google::protobuf::Descriptor* tally = v1::Tally::descriptor();
  for (int i = 0; i < tally->field_count(); ++i) {
    const FieldDescriptor* field = tally->field(i);
    const auto number = static_cast<size_t>(field->number());
    WEIR_CHECK(number < TallyCounts::kFields && !field->is_repeated());
    const bool count = field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
    WEIR_CHECK(count || field->type() == FieldDescriptor::TYPE_BYTES);
    (count ? fields.counts : fields.histograms)[number] = field;
  }
  return fields;
}

const Fields& AllFields() {
  static const auto* const fields = new Fields(FindFields());
  return *fields;
}

}  // namespace

void TallyCounts::AddTo(v1::Tally* tally) const {
  const auto* reflection = v1::Tally::GetReflection();
  for (size_t i = 0; i < kFields; ++i) {
    if (by_field[i] == 0) continue;
    const FieldDescriptor* field = AllFields().counts[i];
    reflection->SetUInt64(tally, field, reflection->GetUInt64(*tally, field) + by_field[i]);
  }
}

TallyCounts TallyCounts::Of(const v1::Tally& tally) {
  TallyCounts counts;
  const auto* reflection = v1::Tally::GetReflection();
  for (size_t i = 0; i < kFields; ++i) {
    const FieldDescriptor* field = AllFields().counts[i];
    if (field != nullptr) counts.by_field[i] = reflection->GetUInt64(tally, field);
  }
  return counts;
}

uint64_t TallyCounts::Settled() const {
  uint64_t settled = 0;
  for (const int field : {v1::Tally::kOkFieldNumber, v1::Tally::kNotFoundFieldNumber,
                          v1::Tally::kConflictFieldNumber, v1::Tally::kThrottledFieldNumber,
                          v1::Tally::kTimedOutFieldNumber, v1::Tally::kFailedFieldNumber,
                          v1::Tally::kInDoubtFieldNumber, v1::Tally::kUnsentFieldNumber}) {
    settled += by_field[static_cast<size_t>(field)];
  }
  return settled;
}

TallyView TallyView::Of(const v1::Tally& tally) {
  TallyView view{.counts = TallyCounts::Of(tally), .histograms = {}};
  const auto* reflection = v1::Tally::GetReflection();
  std::string unused;
  for (size_t i = 0; i < TallyCounts::kFields; ++i) {
    const FieldDescriptor* field = AllFields().histograms[i];
    if (field != nullptr)
      view.histograms[i] = reflection->GetStringReference(tally, field, &unused);
  }
  return view;
}

bool TallyView::Read(std::string_view wire) {
  const Fields& fields = AllFields();
  WireReader reader(wire);
  while (reader.Next()) {
    const uint64_t field = reader.field();
    if (field >= TallyCounts::kFields) return false;
    if (reader.is_number() && fields.counts[field] != nullptr) {
      counts.by_field[field] = reader.number();
    } else if (reader.is_bytes() && fields.histograms[field] != nullptr) {
      histograms[field] = reader.bytes();
    } else {
      return false;
    }
  }
  return !reader.broken();
}

}  // namespace weir
