// A small dataset for tests of backends: every field type, a keyword as field name, and text that
// breaks whoever quotes by hand. Independent of generators/.
#pragma once

#include "backends/api/record.h"

namespace weir {

class SampleRecords final : public RecordSource {
 public:
  SampleRecords();

  const RecordSchema& schema() const override { return schema_; }
  void Make(uint64_t index, uint64_t revision, Record* record) const override;

  // Fields by position.
  enum Position { kId, kRegion, kUser, kLatency, kRatio, kFailed, kTime, kMessage };

 private:
  RecordSchema schema_;
};

}  // namespace weir
