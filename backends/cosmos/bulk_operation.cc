#include "backends/cosmos/bulk_operation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/json_text.h"
#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos {
namespace {

// Requests of one operation at a time; the official SDKs go up to 20 per partition.
constexpr size_t kMostInFlight = 16;
constexpr size_t kClosingBytes = 1;

}  // namespace

void BulkBatches::Start(size_t ranges) {
  size_ = 0;
  open_.assign(ranges, kNone);
}

BulkBatch& BulkBatches::Open(size_t range) {
  if (size_ == batches_.size()) batches_.emplace_back();
  open_[range] = size_;
  BulkBatch& batch = batches_[size_++];
  batch.range = range;
  batch.positions.clear();
  batch.body.clear();
  return batch;
}

void BulkBatches::Add(size_t range, uint32_t position, std::string_view json) {
  BulkBatch* batch = open_[range] == kNone ? &Open(range) : &batches_[open_[range]];
  const bool full = batch->positions.size() >= size_t{kMaxBatchOperations} ||
                    batch->body.size() + 1 + json.size() + kClosingBytes > size_t{kSdkMaxBulkBytes};
  if (full && !batch->positions.empty()) batch = &Open(range);
  batch->body.push_back(batch->positions.empty() ? '[' : ',');
  batch->body.append(json);
  batch->positions.push_back(position);
}

bool BulkOperation::Start(const Operation& operation) {
  sum_.Clear();
  operation_ = operation;
  applied_ = operation.applied;
  if (applied_ == nullptr) {
    own_.Reset(operation.records);
    applied_ = &own_;
  }
  FillBatches();
  next_batch_ = 0;
  in_flight_ = 0;
  const size_t at_once = std::min(batches_.size(), kMostInFlight);
  for (size_t i = 0; i < at_once; ++i) SendNext(room_.exchange(i));
  return at_once > 0;
}

void BulkOperation::FillBatches() {
  const PartitionRanges& ranges = room_.ranges();
  batches_.Start(ranges.size());
  for (uint32_t position = 0; position < operation_.records; ++position) {
    if (applied_->Contains(position)) continue;
    const Record& record =
        room_.MakeRecord(operation_.first_record + position, operation_.revision);
    const PartitionKeyValue key = room_.shared.form.KeyOf(record, &room_.key_text);
    key_json_.clear();
    AppendPartitionKeyHeader({&key, 1}, &key_json_);
    json_ = operation_.kind == OperationKind::kUpsert ? R"({"operationType":"Upsert")"
                                                      : R"({"operationType":"Create")";
    json_ += R"(,"partitionKey":)";
    AppendJsonString(key_json_, &json_);
    json_ += R"(,"resourceBody":)";
    room_.shared.form.AppendDocument(record, &json_);
    json_ += '}';
    batches_.Add(ranges.Find(HashPartitionKey(key)), position, json_);
  }
}

void BulkOperation::SendNext(HttpExchange& exchange) {
  BulkBatch& batch = batches_[next_batch_];
  room_.requests.Begin(exchange, HttpMethod::kPost, room_.shared.gateway.documents);
  HttpHeaders& headers = exchange.headers();
  headers.Add(header::kContentType, kJsonContentType);
  headers.Add(header::kPartitionKeyRangeId, room_.ranges()[batch.range].id);
  headers.Add(header::kIsBatchRequest, "true");
  headers.Add(header::kBatchAtomic, "false");
  headers.Add(header::kBatchContinueOnError, "true");
  if (room_.shared.minimal_response) headers.Add(header::kPrefer, kReturnMinimal);
  exchange.body().swap(batch.body);
  exchange.body().push_back(']');
  exchange.set_tag(static_cast<uint32_t>(next_batch_++));
  ++in_flight_;
  exchange.Send();
}

bool BulkOperation::OnAnswer(HttpExchange& exchange) {
  --in_flight_;
  const Judgement judgement =
      room_.NoteAnswer(operation_.kind, exchange, batches_[exchange.tag()].range, &sum_);
  if (judgement.verdict == Verdict::kOk) TakeResults(exchange);
  // Without a connection the rest would only fail in the same way.
  const bool go_on = sum_.trouble() == Trouble::kNone;
  if (go_on && next_batch_ < batches_.size()) SendNext(exchange);
  if (in_flight_ > 0) return false;
  return true;
}

void BulkOperation::TakeResults(HttpExchange& exchange) {
  const BulkBatch& batch = batches_[exchange.tag()];
  size_t results = 0;
  bool throttled = false;
  const bool whole = room_.reader.ForEachResult(&exchange.answer(), [&](const BatchResult& result) {
    if (results < batch.positions.size()) throttled |= TakeResult(result, batch.positions[results]);
    ++results;
  });
  if (throttled) sum_.AddThrottledPart(room_.ranges()[batch.range].number);
  if (!whole || results != batch.positions.size()) {
    sum_.Note({Verdict::kFailed, false},
              absl::StrCat("the answer to a bulk request has ", results, " results for ",
                           batch.positions.size(), " operations"),
              0);
  }
}

// Returns whether it was throttled.
bool BulkOperation::TakeResult(const BatchResult& result, uint32_t position) {
  const OperationKind kind = operation_.kind;
  const Judgement judgement = Judge(kind, result.status, result.substatus, {});
  // The id is the record's own: what is there already was written by an earlier attempt.
  const bool written_before = judgement.verdict == Verdict::kConflict &&
                              kind == OperationKind::kInsert && operation_.attempt > 1;
  if (judgement.verdict == Verdict::kOk || written_before) {
    if (!applied_->Contains(position)) ++sum_.outcome().records;
    applied_->Add(position);
    return false;
  }
  sum_.Note(judgement, absl::StrCat("status ", result.status, " of an operation in a bulk request"),
            result.retry_after_ns);
  return judgement.verdict == Verdict::kThrottled;
}

}  // namespace weir::cosmos
