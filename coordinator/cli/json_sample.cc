#include "coordinator/cli/json_sample.h"

#include <algorithm>
#include <string>

#include "generators/dataset.h"
#include "generators/record_writer.h"

namespace weir {

double JsonBytesPerRecord(const v1::Campaign& campaign) {
  const auto dataset = MakeDataset(campaign.dataset(), campaign.seed());
  const uint64_t records = campaign.dataset().records();
  const uint64_t sample = std::min(records, kJsonSample);
  if (!dataset.ok() || sample == 0) return 0;
  const RecordWriter writer((*dataset)->schema(), RecordFormat::kJsonLines);
  Record record;
  std::string text;
  for (uint64_t i = 0; i < sample; ++i) {
    (*dataset)->Make(i * (records / sample), 0, &record);
    writer.Write(record, &text);
  }
  const uint64_t line_ends = sample;
  return static_cast<double>(text.size() - line_ends) / static_cast<double>(sample);
}

}  // namespace weir
