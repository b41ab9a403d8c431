#include "backends/cosmos/emulator/batch_requests.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/item_requests.h"
#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr const char* kNotABatch = "the body is not a JSON array of operations";

bool Holds(std::string_view whole, std::string_view part) {
  return part.data() >= whole.data() && part.data() < whole.data() + whole.size();
}

}  // namespace

// --------------------------------------------------------------------------------- reading

BatchRequests::Kind BatchRequests::KindOf(std::string_view name) {
  if (name == "Create") return Kind::kCreate;
  if (name == "Upsert") return Kind::kUpsert;
  if (name == "Replace") return Kind::kReplace;
  if (name == "Patch") return Kind::kPatch;
  if (name == "Read") return Kind::kRead;
  if (name == "Delete") return Kind::kDelete;
  return Kind::kUnknown;
}

const char* BatchRequests::Parse(const Container& container, std::string_view body) {
  count_ = 0;
  operations_.reserve(kMaxBatchOperations);  // what points into an operation stays
  if (ParsePlain(container, body)) return nullptr;
  count_ = 0;
  ondemand::document document;
  ondemand::array array;
  const simdjson::padded_string_view padded(body, body.size() + simdjson::SIMDJSON_PADDING);
  if (parser_.iterate(padded).get(document) != simdjson::SUCCESS) return kNotABatch;
  if (document.get_array().get(array) != simdjson::SUCCESS) return kNotABatch;
  for (auto element : array) {
    ondemand::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) return kNotABatch;
    if (count_ == kMaxBatchOperations) return "a batch has at most 100 operations";
    if (count_ == operations_.size()) operations_.emplace_back();
    const char* error = ParseOperation(container, body, object, &operations_[count_++]);
    if (error != nullptr) return error;
  }
  return count_ == 0 ? "a batch has at least one operation" : nullptr;
}

bool BatchRequests::ParsePlain(const Container& container, std::string_view body) {
  if (!scanner_.Scan(body, container.shapes(), kMaxBatchOperations)) return false;
  for (const BatchScanner::Operation& plain : scanner_.operations()) {
    if (count_ == operations_.size()) operations_.emplace_back();
    if (!TakePlain(container, plain, &operations_[count_++])) return false;
  }
  return true;
}

// False for what is to be refused, or is unknown: the other way sees that as well, and says it.
bool BatchRequests::TakePlain(const Container& container, const BatchScanner::Operation& plain,
                              Operation* operation) {
  const IndexingPolicy& policy = container.policy();
  const auto terms = plain.item.shape->TermsBy(&policy);
  if (!terms) return false;
  Clear(operation);
  operation->kind = plain.is_upsert ? Kind::kUpsert : Kind::kCreate;
  operation->has_body = true;
  DocumentView& view = operation->body;
  view.json = plain.item.json;
  view.id = plain.item.id;
  view.has_id = true;
  view.ttl.reset();
  view.has_bad_ttl = false;
  view.policy = &policy;
  view.terms = *terms;
  view.indexed_terms.clear();
  view.lists_terms = view.is_directed = false;
  view.shape = plain.item.shape;
  view.packed = plain.item.packed;
  const size_t levels = container.key_paths().size();
  key_text_ = "[";
  for (size_t level = 0; level < levels; ++level) {
    const bool is_there = plain.item.shape->has_level(level);
    const std::string_view text = plain.item.key[level];
    view.key[level] = is_there ? PartitionKeyValue::String(text) : PartitionKeyValue();
    if (is_there) key_text_.append(level == 0 ? R"(\")" : R"(,\")").append(text).append(R"(\")");
  }
  key_text_ += ']';
  if (!plain.key_text.empty() && plain.key_text != key_text_) return false;
  operation->key = container.KeyOf(view);
  return RefuseItem(container.definition(), view) == nullptr;
}

// How a body is read depends on the kind, which a client may send behind it.
BatchRequests::Kind BatchRequests::KindOf(ondemand::object object) {
  std::string_view name;
  const bool found =
      object.find_field_unordered("operationType").get_string().get(name) == simdjson::SUCCESS;
  const Kind kind = found ? KindOf(name) : Kind::kUnknown;
  return object.reset().error() == simdjson::SUCCESS ? kind : Kind::kUnknown;
}

void BatchRequests::Clear(Operation* operation) {
  operation->id = {};
  operation->conditions = {};
  operation->has_body = false;
  operation->patch.reset();
  operation->patch_refusal.clear();
  operation->refusal = nullptr;
  operation->refusal_substatus = 0;
}

const char* BatchRequests::ParseOperation(const Container& container, std::string_view body,
                                          ondemand::object object, Operation* operation) {
  Clear(operation);
  operation->kind = KindOf(object);
  std::string_view key_text;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) return kNotABatch;
    const char* error = ReadMember(container, body, std::move(field), &key_text, operation);
    if (error != nullptr) return error;
  }
  Complete(container, key_text, operation);
  return nullptr;
}

const char* BatchRequests::ReadMember(const Container& container, std::string_view body,
                                      ondemand::field field, std::string_view* key_text,
                                      Operation* operation) {
  std::string_view name;
  if (field.unescaped_key().get(name) != simdjson::SUCCESS) return kNotABatch;
  if (name == "resourceBody") {
    if (operation->kind == Kind::kPatch) {
      ReadPatch(field.value(), operation);
    } else {
      ReadItem(container, body, field.value(), operation);
    }
    return nullptr;
  }
  std::string_view* text = name == "partitionKey"  ? key_text
                           : name == "id"          ? &operation->id
                           : name == "ifMatch"     ? &operation->conditions.if_match
                           : name == "ifNoneMatch" ? &operation->conditions.if_none_match
                                                   : nullptr;
  if (text == nullptr) return nullptr;
  return field.value().get_string().get(*text) == simdjson::SUCCESS ? nullptr : kNotABatch;
}

void BatchRequests::ReadItem(const Container& container, std::string_view body,
                             ondemand::value value, Operation* operation) {
  operation->has_body = true;
  const bool want_terms = operation->kind != Kind::kCreate;
  operation->refusal = reader_.Read(value, body, container.policy(), want_terms, &operation->body);
  if (operation->refusal == nullptr)
    operation->refusal = RefuseItem(container.definition(), operation->body);
  if (operation->refusal != nullptr || Holds(body, operation->body.json)) return;
  operation->rewritten = operation->body.json;
  operation->rewritten.reserve(operation->rewritten.size() + simdjson::SIMDJSON_PADDING);
  operation->body.json = operation->rewritten;
}

void BatchRequests::ReadPatch(ondemand::value value, Operation* operation) {
  operation->has_body = true;
  std::string_view json;
  simdjson::dom::element body;
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS ||
      object.raw_json().get(json) != simdjson::SUCCESS ||
      patch_parser_.parse(json.data(), json.size()).get(body) != simdjson::SUCCESS) {
    operation->refusal = "the resourceBody of a Patch must be an object";
    return;
  }
  auto patch = Patch::Parse(body);
  if (patch.ok()) {
    operation->patch = *std::move(patch);
  } else {
    operation->patch_refusal = std::string(patch.status().message());
    operation->refusal = operation->patch_refusal.c_str();
  }
}

// Decides the operation's key and whether it can be carried out at all.
void BatchRequests::Complete(const Container& container, std::string_view key_text,
                             Operation* operation) {
  const bool patches = operation->kind == Kind::kPatch;
  if (operation->refusal != nullptr) return;
  const bool writes =
      operation->kind != Kind::kRead && operation->kind != Kind::kDelete && !patches;
  if (operation->kind == Kind::kUnknown) {
    operation->refusal = "the operationType is missing or not supported";
  } else if ((writes || patches) != operation->has_body) {
    operation->refusal =
        writes || patches ? "resourceBody is missing" : "resourceBody is out of place";
  } else if (operation->kind == Kind::kReplace && operation->id != operation->body.id) {
    operation->refusal = "the id of the operation is not that of the item";
  }
  if (operation->refusal != nullptr) return;
  if (writes) operation->key = container.KeyOf(operation->body);
  if (key_text.empty()) {
    if (!writes) operation->key = {};
    return;
  }
  const auto levels = key_reader_.ReadWhole(key_text, container.key_paths().size());
  if (!levels) {
    operation->refusal = key_reader_.problem();
    return;
  }
  const EffectivePartitionKey named = HashPartitionKey(*levels);
  if (writes && named != operation->key) {
    operation->refusal = "the partition key of the operation is not that of the item";
    operation->refusal_substatus = substatus::kPartitionKeyMismatch;
  }
  operation->key = named;
}

void BatchRequests::RouteAll(const EffectivePartitionKey* batch_key, const KeyRange& range,
                             absl::Span<Operation> operations) {
  for (Operation& operation : operations) {
    if (operation.refusal != nullptr) continue;
    const bool keyless = operation.key.bytes().empty();
    if (batch_key != nullptr && keyless) operation.key = *batch_key;
    const bool fits =
        batch_key != nullptr ? operation.key == *batch_key : range.Contains(operation.key);
    if (fits && !(batch_key == nullptr && keyless)) continue;
    operation.refusal = batch_key != nullptr ? "the item has another partition key than the batch"
                                             : "the item belongs to another partition key range";
    operation.refusal_substatus = substatus::kPartitionKeyMismatch;
  }
}

HttpResponse BatchRequests::Run(const Container& container, const HttpRequest& request,
                                bool strong) {
  if (request.body.size() > static_cast<size_t>(kMaxRequestBytes)) {
    return ErrorAnswer(413, 0, "a batch has at most 2 MB");
  }
  std::optional<EffectivePartitionKey> batch_key;
  const Partition* named = nullptr;
  const std::string_view range_id = request.Header(header::kPartitionKeyRangeId);
  if (request.HeaderIsTrue(header::kBatchAtomic)) {
    const auto levels =
        key_reader_.ReadWhole(request.Header(header::kPartitionKey), container.key_paths().size());
    if (!levels) {
      return ErrorAnswer(400, substatus::kPartitionKeyMismatch,
                         absl::StrCat("a batch needs the header x-ms-documentdb-partitionkey: ",
                                      key_reader_.problem()));
    }
    batch_key = HashPartitionKey(*levels);
  } else {
    named = container.table().ById(range_id);
    if (named == nullptr) return RangeGoneAnswer(substatus::kPartitionKeyRangeGone);
  }
  const char* error = Parse(container, request.body);
  if (error != nullptr) return ErrorAnswer(400, 0, error);
  RouteAll(batch_key ? &*batch_key : nullptr, named == nullptr ? KeyRange{} : named->range(),
           absl::MakeSpan(operations_.data(), count_));
  const LockedPartition locked =
      batch_key ? container.Lock(*batch_key) : container.LockById(range_id);
  if (locked.partition == nullptr) return RangeGoneAnswer(locked.gone);
  ThroughputBudget& budget = locked.partition->budget();
  const int64_t now_ns = MonotonicNs();
  if (!budget.Admits(now_ns)) {
    return ThrottledAnswer(container.charges().Throttled(), budget.RetryAfterMs(now_ns));
  }
  const bool minimal = request.Header(header::kPrefer) == kReturnMinimal;
  const Request run{container, *locked.partition, batch_key.has_value(), strong, !minimal};
  return run.atomic ? RunAtomic(run) : RunBulk(run);
}

// --------------------------------------------------------------------------------- running

ItemOutcome BatchRequests::Apply(const Request& request, const Operation& operation) {
  if (operation.refusal != nullptr) return {400, request.container.charges().Refused(), nullptr};
  Partition& partition = request.partition;
  switch (operation.kind) {
    case Kind::kCreate:
      return partition.Create(operation.key, operation.body);
    case Kind::kUpsert:
      return partition.Upsert(operation.key, operation.body, operation.conditions);
    case Kind::kReplace:
      return partition.Replace(operation.key, operation.id, operation.body, operation.conditions);
    case Kind::kPatch:
      return editor_.Run(request.container, &partition, *operation.patch, operation.key,
                         operation.id, operation.conditions);
    case Kind::kRead:
      return partition.Read(operation.key, operation.id, operation.conditions, request.strong);
    case Kind::kDelete:
      return partition.Delete(operation.key, operation.id, operation.conditions);
    case Kind::kUnknown:
      break;
  }
  return {400, request.container.charges().Refused(), nullptr};
}

void BatchRequests::AppendResult(const Request& request, const Operation& operation,
                                 const ItemOutcome& outcome, int64_t retry_after_ms,
                                 std::string* out) {
  out->append(out->empty() ? "[" : ",");
  out->append(R"({"statusCode":)");
  AppendInteger(outcome.status, out);
  out->append(R"(,"requestCharge":)");
  AppendHundredths(outcome.charge, out);
  if (outcome.status == 429) {
    absl::StrAppend(out, R"(,"subStatusCode":)", substatus::kThroughputExceeded,
                    R"(,"retryAfterMilliseconds":)", retry_after_ms);
  } else if (outcome.status == 400 && operation.refusal_substatus != 0) {
    absl::StrAppend(out, R"(,"subStatusCode":)", operation.refusal_substatus);
  }
  if (outcome.document != nullptr) {
    out->append(R"(,"eTag":")");
    SystemProperties::AppendEscapedEtag(outcome.document->lsn(), out);
    out->push_back('"');
    const bool read = operation.kind == Kind::kRead;
    if (outcome.status != 304 && (read || request.with_bodies)) {
      out->append(R"(,"resourceBody":)");
      request.container.properties().AppendJson(*outcome.document, out);
    }
  } else if (outcome.status >= 400) {
    out->append(R"(,"message":)");
    AppendJsonString(
        operation.refusal != nullptr ? std::string_view(operation.refusal) : MessageOf(outcome),
        out);
  }
  out->push_back('}');
}

HttpResponse BatchRequests::Finish(const Request& request, bool all_ok, CentiRu charge,
                                   std::string body) {
  body.push_back(']');
  HttpResponse response = JsonAnswer(all_ok ? 200 : 207, std::move(body));
  SetPartitionHeaders(request.container, request.partition, request.partition.lsn(), &response);
  SetCharge(charge, &response);
  return response;
}

HttpResponse BatchRequests::RunBulk(const Request& request) {
  ThroughputBudget& budget = request.partition.budget();
  const int64_t now_ns = MonotonicNs();
  std::string body;
  body.reserve(count_ * 96);
  bool all_ok = true;
  CentiRu total = 0;
  constexpr size_t kAhead = 8;
  for (size_t i = 0; i < count_; ++i) {
    if (i + kAhead < count_) {
      const Operation& later = operations_[i + kAhead];
      const bool has_body = later.has_body && later.kind != Kind::kPatch;
      request.partition.Prefetch(later.key, has_body ? later.body.id : later.id);
    }
    ItemOutcome outcome{429, request.container.charges().Throttled(), nullptr};
    if (budget.Admits(now_ns)) {
      outcome = Apply(request, operations_[i]);
      budget.Spend(outcome.charge);
    }
    all_ok &= outcome.status < 400;
    total += outcome.charge;
    const int64_t retry_after_ms = outcome.status == 429 ? budget.RetryAfterMs(now_ns) : 0;
    AppendResult(request, operations_[i], outcome, retry_after_ms, &body);
  }
  return Finish(request, all_ok, total, std::move(body));
}

HttpResponse BatchRequests::RunAtomic(const Request& request) {
  Partition& partition = request.partition;
  std::vector<ItemOutcome> outcomes;
  CentiRu total = 0;
  std::string body;
  partition.Begin();
  for (size_t i = 0; i < count_; ++i) {
    outcomes.push_back(Apply(request, operations_[i]));
    total += outcomes.back().charge;
    // Shown at once: a later operation may change or remove the item.
    AppendResult(request, operations_[i], outcomes.back(), 0, &body);
    if (outcomes.back().status >= 400) break;
  }
  partition.budget().Spend(total);
  if (outcomes.back().status < 400) {
    partition.Commit();
    return Finish(request, true, total, std::move(body));
  }
  partition.RollBack();
  const size_t failed = outcomes.size() - 1;
  body.clear();
  for (size_t i = 0; i < count_; ++i) {
    const ItemOutcome outcome = i == failed ? outcomes[i] : ItemOutcome{424, 0, nullptr};
    AppendResult(request, operations_[i], outcome, 0, &body);
  }
  return Finish(request, false, total, std::move(body));
}

}  // namespace weir::cosmos::emulator
