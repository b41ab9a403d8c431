#include "backends/cosmos/bulk_operation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

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
  batch.ends.clear();
  batch.body.clear();
  return batch;
}

BulkBatch& BulkBatches::Begin(size_t range) {
  BulkBatch* batch = open_[range] == kNone ? &Open(range) : &batches_[open_[range]];
  if (batch->positions.size() >= size_t{kMaxBatchOperations}) batch = &Open(range);
  batch->body.push_back(batch->positions.empty() ? '[' : ',');
  return *batch;
}

// One operation may be as long as it is.
bool BulkBatches::IsTooLong(const BulkBatch& batch) {
  return !batch.positions.empty() && batch.body.size() + kClosingBytes > size_t{kSdkMaxBulkBytes};
}

// What was written last, from `before` on, is the first of another batch.
BulkBatch& BulkBatches::MoveLast(size_t range, size_t before) {
  const size_t full = open_[range];
  BulkBatch& opened = Open(range);  // may move all batches
  std::string& body = batches_[full].body;
  opened.body.assign(1, '[').append(body, before);
  body.resize(before - 1);  // nor the comma
  return opened;
}

void BulkBatch::MakeBody(size_t first, size_t count, std::string* request) {
  if (count == positions.size()) {
    request->swap(body);
  } else {
    const size_t begin = first == 0 ? 1 : ends[first - 1] + 1;  // behind the bracket or comma
    request->assign(1, '[').append(body, begin, ends[first + count - 1] - begin);
  }
  request->push_back(']');
}

bool BulkOperation::Start(const Operation& operation) {
  sum_.Clear();
  keys_.Start(operation.tell_keys);
  operation_ = operation;
  applied_ = operation.applied;
  if (applied_ == nullptr) {
    own_.Reset(operation.records);
    applied_ = &own_;
  }
  FillBatches();
  FormLines();
  SendMore();
  return in_flight_ + asking_ > 0;
}

void BulkOperation::FillBatches() {
  const PartitionRanges& ranges = room_.ranges();
  batches_.Start(ranges.size());
  places_.Start(ranges);
  if (keys_.wanted()) key_of_.resize(operation_.records);
  for (uint32_t position = 0; position < operation_.records; ++position) {
    if (applied_->Contains(position)) continue;
    const Record& record =
        room_.MakeRecord(operation_.first_record + position, operation_.revision);
    const PartitionKeyValue key = room_.shared.form.KeyOf(record, &room_.key_text);
    const KeyPlaces::Place& place = places_.Of(key);
    if (keys_.wanted()) {
      key_of_[position] = keys_.size();
      keys_.Add(place.header);
    }
    batches_.Add(place.range, position,
                 [&](std::string* body) { AppendOperation(record, place, body); });
  }
}

void BulkOperation::AppendOperation(const Record& record, const KeyPlaces::Place& place,
                                    std::string* body) {
  body->append(operation_.kind == OperationKind::kUpsert
                   ? std::string_view(R"({"operationType":"Upsert","partitionKey":)")
                   : std::string_view(R"({"operationType":"Create","partitionKey":)"));
  body->append(place.member);
  body->append(R"(,"resourceBody":)");
  room_.shared.form.AppendDocument(record, body);
  body->push_back('}');
}

void BulkOperation::FormLines() {
  in_flight_ = asking_ = 0;
  ranges_ = room_.ranges().size();
  while (lines_.size() < ranges_) lines_.emplace_back(*this);
  for (Line& line : lines_) {
    line.batches.clear();
    line.next = line.first = 0;
    line.asking = false;
  }
  for (size_t i = 0; i < batches_.size(); ++i) lines_[batches_[i].range].batches.push_back(i);
  free_exchanges_.clear();
  for (size_t i = parts_.size(); i > 0; --i)
    free_exchanges_.push_back(static_cast<uint32_t>(i - 1));
}

// ------------------------------------------------------------------------------------- sending

// Partition by partition in turn, so that none waits for another's batches.
void BulkOperation::SendMore() {
  sending_ = true;
  for (bool sent = true; sent;) {
    sent = false;
    for (size_t range = 0; range < ranges_ && in_flight_ < kMostInFlight; ++range) {
      Line& line = lines_[range];
      if (line.done() || line.asking) continue;
      Ask(line);
      sent |= !line.asking;
    }
  }
  sending_ = false;
}

void BulkOperation::Ask(Line& line) {
  const BulkBatch& batch = batches_[line.batches[line.next]];
  line.planned = {.partition = room_.ranges()[batch.range].number,
                  .kind = operation_.kind,
                  .records = static_cast<uint32_t>(batch.positions.size() - line.first),
                  .divisible = true};
  line.asking = true;
  ++asking_;
  room_.Ask(&line);
}

void BulkOperation::Line::OnAdmitted(const Permit& permit) {
  asking = false;
  --operation.asking_;
  operation.room_.NoteSent();
  operation.SendPart(*this, permit);
  if (!operation.sending_) operation.SendMore();
}

void BulkOperation::SendPart(Line& line, const Permit& permit) {
  const size_t number = line.batches[line.next];
  BulkBatch& batch = batches_[number];
  if (free_exchanges_.empty()) {
    free_exchanges_.push_back(static_cast<uint32_t>(parts_.size()));
    parts_.emplace_back();
  }
  const uint32_t slot = free_exchanges_.back();
  free_exchanges_.pop_back();
  parts_[slot] = {number, line.first, permit.records};
  HeldExchange& exchange = room_.exchange(slot);
  BeginRequest(exchange, batch.range);
  batch.MakeBody(line.first, permit.records, &exchange.body());
  exchange.set_tag(slot);
  exchange.planned = line.planned;
  exchange.permit = permit;
  line.first += permit.records;
  if (line.first == batch.positions.size()) {
    ++line.next;
    line.first = 0;
  }
  ++in_flight_;
  exchange.Send();
}

void BulkOperation::BeginRequest(HeldExchange& exchange, size_t range) {
  room_.requests.Begin(exchange, HttpMethod::kPost, room_.shared.gateway.documents);
  HttpHeaders& headers = exchange.headers();
  headers.Add(header::kContentType, kJsonContentType);
  headers.Add(header::kPartitionKeyRangeId, room_.ranges()[range].id);
  headers.Add(header::kIsBatchRequest, "true");
  headers.Add(header::kBatchAtomic, "false");
  headers.Add(header::kBatchContinueOnError, "true");
  if (room_.shared.minimal_response) headers.Add(header::kPrefer, kReturnMinimal);
}

void BulkOperation::Withdraw() {
  for (Line& line : lines_) {
    if (!line.asking || !room_.Withdraw(&line)) continue;
    line.asking = false;
    --asking_;
  }
}

void BulkOperation::Abandon() { Withdraw(); }

// ------------------------------------------------------------------------------------- answers

bool BulkOperation::OnAnswer(HeldExchange& exchange) {
  --in_flight_;
  const Part part = parts_[exchange.tag()];
  free_exchanges_.push_back(exchange.tag());
  if (keys_.wanted()) ShareCharge(part, exchange.answer_headers().charge);
  const Judgement judgement =
      room_.NoteAnswer(operation_.kind, exchange, batches_[part.batch].range, &sum_);
  const bool throttled = judgement.verdict == Verdict::kThrottled;
  uint32_t refused = throttled ? static_cast<uint32_t>(part.count) : 0;
  int64_t retry_after_ns = exchange.answer_headers().retry_after_ns;
  if (judgement.verdict == Verdict::kOk) refused = TakeResults(exchange, part, &retry_after_ns);
  if (exchange.transport() == Transport::kAnswered) room_.NoteSign();
  room_.NoteRefused(exchange, refused, retry_after_ns);
  if (sum_.trouble() == Trouble::kNone) {
    SendMore();
  } else {
    Withdraw();  // without a connection, or by old ranges, the rest would only fail in the same way
  }
  return in_flight_ + asking_ == 0;
}

// Among the keys of its operations, to each the same: those of one request are alike.
void BulkOperation::ShareCharge(const Part& part, MilliRu charge) {
  const BulkBatch& batch = batches_[part.batch];
  for (size_t i = 0; i < part.count; ++i) {
    const uint32_t position = batch.positions[part.first + i];
    keys_.AddCharge(key_of_[position], charge / static_cast<MilliRu>(part.count));
  }
}

// How many were throttled, and how long the server asks to wait.
uint32_t BulkOperation::TakeResults(HeldExchange& exchange, const Part& part,
                                    int64_t* retry_after_ns) {
  const BulkBatch& batch = batches_[part.batch];
  size_t results = 0;
  uint32_t throttled = 0;
  MilliRu refused_charge = 0;
  const bool whole = room_.reader.ForEachResult(&exchange.answer(), [&](const BatchResult& result) {
    if (results < part.count && TakeResult(result, batch.positions[part.first + results])) {
      ++throttled;
      refused_charge += result.refused_charge;
      *retry_after_ns = std::max(*retry_after_ns, result.retry_after_ns);
    }
    ++results;
  });
  if (throttled > 0) sum_.AddThrottledPart(room_.ranges()[batch.range].number, refused_charge);
  if (!whole || results != part.count) {
    sum_.Note({Verdict::kFailed, false},
              absl::StrCat("the answer to a bulk request has ", results, " results for ",
                           part.count, " operations"),
              0);
  }
  return throttled;
}

// Returns whether it was throttled.
bool BulkOperation::TakeResult(const BatchResult& result, uint32_t position) {
  const OperationKind kind = operation_.kind;
  const Judgement judgement = Judge(kind, result.status, result.substatus, {});
  // The id is the record's own: it was written by the attempt whose effect was unknown (R50).
  const bool written_before = judgement.verdict == Verdict::kConflict &&
                              kind == OperationKind::kInsert && operation_.in_doubt;
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
