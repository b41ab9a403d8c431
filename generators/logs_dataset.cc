#include "generators/logs_dataset.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "generators/record_writer.h"

namespace weir {
namespace {

constexpr int64_t kEpochUs = 1'735'689'600'000'000;  // 2025-01-01T00:00:00Z
constexpr int64_t kJitterUs = 20'000;
constexpr uint64_t kOneLateIn = 200;
constexpr uint64_t kBurstWindowSeconds = 20;
constexpr size_t kSlotBytes = 64;  // no slot's text is longer
constexpr size_t kPaddingBytes = 4096;

// DEBUG, INFO, WARN, ERROR, FATAL, in thousandths.
const std::vector<uint64_t> kCalmLevels = {120, 780, 70, 28, 2};
const std::vector<uint64_t> kBurstLevels = {50, 370, 160, 400, 20};
constexpr double kErrorShare = 0.03;  // bursts included, roughly

const std::vector<uint64_t> kRouteWeights = {30, 16, 14, 8, 10, 8, 5, 2, 3, 4};

using Statuses = std::array<uint16_t, 16>;
constexpr Statuses kGetStatuses = {200, 200, 200, 200, 200, 200, 200, 200,
                                   200, 200, 200, 200, 200, 200, 304, 304};
constexpr Statuses kPostStatuses = {200, 200, 200, 200, 200, 200, 200, 200,
                                    201, 201, 201, 201, 201, 201, 202, 202};
constexpr Statuses kChangeStatuses = {200, 200, 200, 200, 200, 200, 200, 200,
                                      200, 200, 200, 200, 204, 204, 204, 204};
constexpr Statuses kWarnStatuses = {400, 400, 400, 401, 401, 403, 403, 404,
                                    404, 404, 404, 409, 409, 422, 429, 429};
constexpr Statuses kErrorStatuses = {500, 500, 500, 500, 500, 500, 500, 500,
                                     502, 502, 503, 503, 503, 504, 504, 504};

const Statuses& StatusesOf(LogLevel level, std::string_view method) {
  if (level == LogLevel::kWarn) return kWarnStatuses;
  if (level >= LogLevel::kError) return kErrorStatuses;
  if (method == "GET") return kGetStatuses;
  return method == "POST" ? kPostStatuses : kChangeStatuses;
}

size_t LongestMessage() {
  size_t longest = 0;
  for (int level = 0; level < kLogLevels; ++level) {
    for (const MessageTemplate& pieces : TemplatesOf(static_cast<LogLevel>(level))) {
      size_t bytes = 0;
      for (const Fragment& fragment : pieces) bytes += fragment.literal.size() + kSlotBytes;
      longest = std::max(longest, bytes);
    }
  }
  return longest;
}

// Words of hex digits, twice as long as one piece of padding, to be cut anywhere.
std::string MakePadding(uint64_t seed) {
  DrawStream draws(DeriveKey(seed, "logs padding"), 0);
  std::string padding;
  while (padding.size() < 2 * kPaddingBytes) {
    absl::StrAppend(&padding, absl::Hex(draws.Next() >> (draws.Next() & 31)), " ");
  }
  return padding;
}

void AppendMilliseconds(uint64_t us, TextAppender& text) {
  text.Decimal(us / 1000);
  const char rest[] = {'.', static_cast<char>('0' + us / 100 % 10), 'm', 's'};
  text.Append({rest, sizeof(rest)});
}

}  // namespace

struct LogsDataset::Event {
  LogLevel level;
  const Route* route;
  uint16_t status;
  int64_t latency_us;
  int64_t bytes;
};

LogsDataset::LogsDataset(const v1::LogsDataset& settings, uint64_t records, uint64_t seed)
    : schema_(MakeLogsSchema()),
      records_(records),
      records_per_trace_(settings.records_per_trace()),
      records_per_second_(settings.records_per_second()),
      message_bytes_(settings.message_bytes()),
      burst_window_(settings.records_per_second() * kBurstWindowSeconds),
      text_bytes_(256 + LongestMessage() + message_bytes_),
      service_key_(DeriveKey(seed, "logs service")),
      slot_key_(DeriveKey(seed, "logs trace slot")),
      trace_key_(DeriveKey(seed, "logs trace")),
      time_key_(DeriveKey(seed, "logs time")),
      id_key_(DeriveKey(seed, "logs id")),
      burst_key_(DeriveKey(seed, "logs burst")),
      event_key_(DeriveKey(seed, "logs event")),
      fleet_(settings, seed),
      users_(settings.user_theta(), settings.users()),
      calm_levels_(kCalmLevels),
      burst_levels_(kBurstLevels),
      routes_(kRouteWeights),
      padding_(message_bytes_ > 0 ? MakePadding(seed) : std::string()) {}

uint64_t LogsDataset::TraceOf(uint64_t index) const {
  // Sixteen traces at a time, each taking one record of every sixteen, in an order that changes.
  const uint64_t round = index / 16;
  return records_per_trace_.Divide(round).quotient * 16 + ((index ^ Draw(slot_key_, round)) & 15);
}

LogsDataset::Origin LogsDataset::OriginOf(uint64_t index) const {
  Origin origin;
  DrawStream trace(trace_key_, TraceOf(index));
  origin.trace_high = trace.Next();
  origin.trace_low = trace.Next();
  origin.region = fleet_.ChooseRegion(trace.Next());
  origin.user = users_.Choose(trace) + 1;
  DrawStream own(service_key_, index);
  origin.service = fleet_.ChooseService(own.Next());
  origin.host = fleet_.ChooseHost(origin.service, origin.region, own.Next());
  return origin;
}

int64_t LogsDataset::TrendUs(uint64_t index) const {
  const auto [seconds, rest] = records_per_second_.Divide(index);
  return kEpochUs + static_cast<int64_t>(seconds * 1'000'000 +
                                         records_per_second_.Divide(rest * 1'000'000).quotient);
}

int64_t LogsDataset::TimestampUs(uint64_t index) const {
  DrawStream draws(time_key_, index);
  const int64_t trend = TrendUs(index);
  const int64_t jitter = static_cast<int64_t>(draws.Below(kJitterUs));
  if (draws.Below(kOneLateIn) != 0) return trend + jitter;
  // Late by 1 s to 4 min, shorter more often than longer.
  const int64_t scale = int64_t{1'000'000} << draws.Below(7);
  return trend - scale - static_cast<int64_t>(draws.Below(static_cast<uint64_t>(scale)) * 7 / 4);
}

bool LogsDataset::InBurst(uint64_t index, uint32_t service) const {
  const auto [window, at] = burst_window_.Divide(index);
  DrawStream draws(burst_key_, window);
  if (fleet_.ChooseService(draws.Next()) != service || draws.Below(3) != 0) return false;
  const uint64_t half = burst_window_.divisor() / 2;
  const uint64_t start = draws.Below(half + 1);
  return at >= start && at < start + half;
}

LogsDataset::Event LogsDataset::DrawEvent(uint64_t index, const Origin& origin,
                                          DrawStream& draws) const {
  Event event;
  const WeightedChoice& levels = InBurst(index, origin.service) ? burst_levels_ : calm_levels_;
  event.level = static_cast<LogLevel>(levels.Choose(draws.Next()));
  event.route = &fleet_.RouteOf(origin.service, routes_.Choose(draws.Next()));
  const uint64_t small = draws.Next();
  event.status = StatusesOf(event.level, event.route->method)[small & 15];
  event.latency_us = log_normal_.Value(fleet_.LatencyOf(origin.service), draws.Next());
  // From some hundred bytes to some ten thousand, each doubling half as frequent.
  const int doublings = std::countr_zero((small >> 4) | 0x80);
  event.bytes = static_cast<int64_t>((120 + Below(Mix64(small), 400)) << doublings);
  return event;
}

void LogsDataset::WriteId(uint64_t index, Record* record) const {
  TextAppender id(record->room());
  id.Hex16(index << 16 | Draw(id_key_, index) >> 48);
  record->Commit(kLogsId, id.size());
}

void LogsDataset::MakeId(uint64_t index, Record* record) const {
  record->Reset(kLogsFields, text_bytes_);
  WriteId(index, record);
}

void LogsDataset::Make(uint64_t index, uint64_t revision, Record* record) const {
  const Origin origin = OriginOf(index);
  DrawStream draws(revision == 0 ? event_key_ : Draw(event_key_, revision), index);
  const Event event = DrawEvent(index, origin, draws);

  record->Reset(kLogsFields, text_bytes_);
  WriteId(index, record);
  record->Set(kLogsTimestamp, Value::Integer(TimestampUs(index)));
  record->Set(kLogsService, Value::Text(fleet_.ServiceName(origin.service)));
  record->Set(kLogsRegion, Value::Text(fleet_.RegionName(origin.region)));
  TextAppender host(record->room());
  fleet_.WriteHost(origin.region, origin.host, host);
  record->Commit(kLogsHost, host.size());
  record->Set(kLogsLevel, Value::Text(kLogLevelNames[static_cast<int>(event.level)]));
  TextAppender trace(record->room());
  trace.Hex16(origin.trace_high);
  trace.Hex16(origin.trace_low);
  record->Commit(kLogsTraceId, trace.size());
  record->Set(kLogsUserId, Value::Integer(static_cast<int64_t>(origin.user)));
  record->Set(kLogsMethod, Value::Text(event.route->method));
  record->Set(kLogsPath, Value::Text(event.route->path));
  record->Set(kLogsStatus, Value::Integer(event.status));
  record->Set(kLogsLatencyUs, Value::Integer(event.latency_us));
  record->Set(kLogsBytes, Value::Integer(event.bytes));
  WriteMessage(origin, event, draws, record);
}

uint64_t LogsDataset::IndexOf(std::string_view id) const {
  constexpr size_t kDigits = 16;
  uint64_t number = 0;
  if (id.size() != kDigits) return kNoIndex;
  for (const char digit : id) {
    const bool letter = digit >= 'a' && digit <= 'f';
    if (!letter && (digit < '0' || digit > '9')) return kNoIndex;
    number = number << 4 | static_cast<uint64_t>(letter ? digit - 'a' + 10 : digit - '0');
  }
  const uint64_t index = number >> 16;
  return (Draw(id_key_, index) >> 48) == (number & 0xffff) ? index : kNoIndex;
}

void LogsDataset::WriteMessage(const Origin& origin, const Event& event, DrawStream& draws,
                               Record* record) const {
  const std::vector<MessageTemplate>& templates = TemplatesOf(event.level);
  TextAppender text(record->room());
  for (const Fragment& fragment : templates[draws.Below(templates.size())]) {
    text.Append(fragment.literal);
    WriteSlot(fragment.slot, origin, event, draws, text);
  }
  if (text.size() < message_bytes_) Pad(draws, text);
  record->Commit(kLogsMessage, text.size());
}

void LogsDataset::WriteSlot(Slot slot, const Origin& origin, const Event& event, DrawStream& draws,
                            TextAppender& text) const {
  switch (slot) {
    case Slot::kNone:
      return;
    case Slot::kNumber:
      return text.Decimal(draws.Below(10'000));
    case Slot::kId:
      return text.Hex16(draws.Next());
    case Slot::kAddress: {
      const uint64_t draw = draws.Next();
      text.Append("10.");
      text.Decimal(draw & 63);
      text.Append('.');
      text.Decimal(draw >> 8 & 255);
      text.Append('.');
      return text.Decimal(draw >> 16 & 255);
    }
    case Slot::kHost:
      return fleet_.WriteHost(origin.region, origin.host, text);
    case Slot::kRoute:
      text.Append(event.route->method);
      text.Append(' ');
      return text.Append(event.route->path);
    case Slot::kStatus:
      return text.Decimal(event.status);
    case Slot::kLatency:
      return AppendMilliseconds(static_cast<uint64_t>(event.latency_us), text);
    case Slot::kDuration:
      return AppendMilliseconds(draws.Below(2'000'000), text);
    case Slot::kBytes:
      return text.Decimal(static_cast<uint64_t>(event.bytes));
    case Slot::kUser:
      return text.Decimal(origin.user);
    case Slot::kService:
      return text.Append(fleet_.ServiceName(fleet_.ChooseService(draws.Next())));
    case Slot::kPhrase:
      return text.Append(kPhraseTexts[draws.Below(kPhrases)]);
  }
}

void LogsDataset::Pad(DrawStream& draws, TextAppender& text) const {
  text.Append(' ');
  while (text.size() < message_bytes_) {
    const size_t bytes = std::min<size_t>(message_bytes_ - text.size(), kPaddingBytes);
    text.Append(std::string_view(padding_).substr(draws.Below(kPaddingBytes), bytes));
  }
}

LogsDataset::TimeRange LogsDataset::RangeAround(uint64_t record, double rows, double share,
                                                DrawStream& draws) const {
  const uint64_t width = static_cast<uint64_t>(std::min(rows / share, 1e12));
  const uint64_t before = std::min(record, draws.Below(width + 1));
  return {TrendUs(record - before), TrendUs(record - before + width) + kJitterUs};
}

void LogsDataset::MakeParameters(const QuerySpec& query, uint64_t near_record, DrawStream& draws,
                                 Parameters* parameters) const {
  const Origin origin = OriginOf(near_record);
  parameters->Reset(query.parameters.size(), 64);
  const auto set_range = [&](int first, TimeRange range) {
    parameters->Set(first, Value::Integer(range.from_us));
    parameters->Set(first + 1, Value::Integer(range.until_us));
  };
  const double service_share = fleet_.ServiceShare(origin.service);
  const std::string_view service = fleet_.ServiceName(origin.service);
  const QuerySpec* const known = schema_.FindQuery(query.name);
  WEIR_CHECK(known != nullptr);
  switch (static_cast<LogsQuery>(known - schema_.queries.data())) {
    case kRecentErrors:
      parameters->Set(0, Value::Text(service));
      parameters->Set(1, Value::Text(kLogLevelNames[static_cast<int>(LogLevel::kError)]));
      return set_range(2, RangeAround(near_record, 150, service_share * kErrorShare, draws));
    case kTrace: {
      TextAppender trace(parameters->room());
      trace.Hex16(origin.trace_high);
      trace.Hex16(origin.trace_low);
      return parameters->Commit(0, trace.size());
    }
    case kLevelCounts:
      parameters->Set(0, Value::Text(fleet_.RegionName(origin.region)));
      return set_range(1, RangeAround(near_record, 600, fleet_.RegionShare(origin.region), draws));
    case kTopPaths:
      parameters->Set(0, Value::Text(service));
      return set_range(1, RangeAround(near_record, 400, service_share, draws));
    case kLogsQueries:
      break;
  }
}

uint64_t LogsDataset::TypicalJsonBytes() const {
  constexpr uint64_t kSample = 256;
  const RecordWriter writer(schema_, RecordFormat::kJsonLines);
  const uint64_t step = std::max<uint64_t>(1, records_ / kSample);
  Record record;
  std::string json;
  for (uint64_t i = 0; i < kSample; ++i) {
    Make(i * step, 0, &record);
    writer.Write(record, &json);
  }
  return json.size() / kSample - 1;  // without the line's end
}

absl::StatusOr<std::unique_ptr<Dataset>> MakeLogsDataset(const v1::LogsDataset& settings,
                                                         uint64_t records, uint64_t seed) {
  const auto positive = {std::pair<absl::string_view, uint64_t>{"services", settings.services()},
                         {"hosts", settings.hosts()},
                         {"regions", settings.regions()},
                         {"users", settings.users()},
                         {"records_per_trace", settings.records_per_trace()},
                         {"records_per_second", settings.records_per_second()}};
  for (const auto& [setting, value] : positive) {
    if (value == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("dataset logs: ", setting, " must be at least 1"));
    }
  }
  if (!(settings.user_theta() >= 0 && settings.user_theta() <= 5)) {
    return absl::InvalidArgumentError("dataset logs: user_theta must be between 0 and 5");
  }
  if (records >= uint64_t{1} << 48) {
    return absl::InvalidArgumentError("dataset logs: at most 2^48 records, ids have 12 hex digits");
  }
  return std::make_unique<LogsDataset>(settings, records, seed);
}

}  // namespace weir
