// The dataset `logs`: the log of a fleet of services, with traces, users, late events and bursts of
// errors. record = f(seed, index, revision); all in integers, or in IEEE basic operations.
// Immutable; any thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "generators/dataset.h"
#include "generators/fixed_divisor.h"
#include "generators/logs_fleet.h"
#include "generators/logs_schema.h"
#include "generators/zipf_table.h"

namespace weir {

class LogsDataset : public Dataset {
 public:
  // Settings have been checked.
  LogsDataset(const v1::LogsDataset& settings, uint64_t records, uint64_t seed);

  const RecordSchema& schema() const override { return schema_; }

  // A revision other than 0 says anew what happened (level, method, path, status, latency, bytes,
  // message) and leaves who, where and when as they are.
  void Make(uint64_t index, uint64_t revision, Record* record) const override;
  void MakeId(uint64_t index, Record* record) const override;
  void MakeParameters(const QuerySpec& query, uint64_t near_record, DrawStream& draws,
                      Parameters* parameters) const override;
  uint64_t IndexOf(std::string_view id) const override;
  uint64_t TypicalJsonBytes() const override;

  const LogsFleet& fleet() const { return fleet_; }
  // Number of the trace that a record belongs to; each has records_per_trace records, all within
  // 16 times as many.
  uint64_t TraceOf(uint64_t index) const;

 private:
  // Who logs a record, where and for whom: the same in every revision.
  struct Origin {
    uint32_t service;
    uint32_t region;
    uint32_t host;
    uint64_t trace_high;
    uint64_t trace_low;
    uint64_t user;
  };
  struct TimeRange {
    int64_t from_us;
    int64_t until_us;
  };
  // What happened, drawn before it is told in the message.
  struct Event;

  void WriteId(uint64_t index, Record* record) const;
  Origin OriginOf(uint64_t index) const;
  int64_t TrendUs(uint64_t index) const;  // timestamp without jitter
  int64_t TimestampUs(uint64_t index) const;
  bool InBurst(uint64_t index, uint32_t service) const;
  Event DrawEvent(uint64_t index, const Origin& origin, DrawStream& draws) const;
  void WriteMessage(const Origin& origin, const Event& event, DrawStream& draws,
                    Record* record) const;
  void WriteSlot(Slot slot, const Origin& origin, const Event& event, DrawStream& draws,
                 TextAppender& text) const;
  void Pad(DrawStream& draws, TextAppender& text) const;

  // A range of time around a record in which about `rows` records have this share of all.
  TimeRange RangeAround(uint64_t record, double rows, double share, DrawStream& draws) const;

  RecordSchema schema_;
  uint64_t records_;
  FixedDivisor records_per_trace_;
  FixedDivisor records_per_second_;
  uint64_t message_bytes_;
  FixedDivisor burst_window_;  // records
  size_t text_bytes_;          // room that a record's text needs at most

  uint64_t service_key_;
  uint64_t slot_key_;
  uint64_t trace_key_;
  uint64_t time_key_;
  uint64_t id_key_;
  uint64_t burst_key_;
  uint64_t event_key_;

  LogsFleet fleet_;
  LogNormalTable log_normal_;
  ZipfTable users_;
  WeightedChoice calm_levels_;
  WeightedChoice burst_levels_;
  WeightedChoice routes_;
  std::string padding_;
};

absl::StatusOr<std::unique_ptr<Dataset>> MakeLogsDataset(const v1::LogsDataset& settings,
                                                         uint64_t records, uint64_t seed);

}  // namespace weir
