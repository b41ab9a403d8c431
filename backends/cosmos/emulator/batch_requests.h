// Requests that hold many operations: a transactional batch within one partition key, and bulk
// within one physical partition. One thread's; reuses its parsers and room from request to request.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/batch_scanner.h"
#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/document.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/item_editor.h"
#include "backends/cosmos/emulator/partition_key_reader.h"
#include "backends/cosmos/emulator/patch.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos::emulator {

class BatchRequests {
 public:
  // POST …/docs with x-ms-cosmos-is-batch-request.
  HttpResponse Run(const Container& container, const HttpRequest& request, bool strong);

 private:
  enum class Kind : uint8_t { kUnknown, kCreate, kUpsert, kReplace, kPatch, kRead, kDelete };

  struct Operation {
    Kind kind = Kind::kUnknown;
    std::string_view id;
    Conditions conditions;
    EffectivePartitionKey key;
    bool has_body = false;
    DocumentView body;
    std::string rewritten;  // the body's JSON when it could not be stored as sent
    std::optional<Patch> patch;
    std::string patch_refusal;
    const char* refusal = nullptr;  // why it cannot be carried out: 400
    int refusal_substatus = 0;
  };

  struct Request {
    const Container& container;
    Partition& partition;
    bool atomic;
    bool strong;
    bool with_bodies;
  };

  // Fills operations_; what is wrong with the request as a whole, or nullptr.
  const char* Parse(const Container& container, std::string_view body);
  // The same for a body that BatchScanner can read; false when it cannot.
  bool ParsePlain(const Container& container, std::string_view body);
  bool TakePlain(const Container& container, const BatchScanner::Operation& plain,
                 Operation* operation);
  static void Clear(Operation* operation);
  const char* ParseOperation(const Container& container, std::string_view body,
                             simdjson::ondemand::object object, Operation* operation);
  static Kind KindOf(std::string_view name);
  static Kind KindOf(simdjson::ondemand::object object);
  void ReadItem(const Container& container, std::string_view body, simdjson::ondemand::value value,
                Operation* operation);
  void ReadPatch(simdjson::ondemand::value value, Operation* operation);
  const char* ReadMember(const Container& container, std::string_view body,
                         simdjson::ondemand::field field, std::string_view* key_text,
                         Operation* operation);
  void Complete(const Container& container, std::string_view key_text, Operation* operation);
  // Refuses operations that are not of the batch's key or of the range.
  static void RouteAll(const EffectivePartitionKey* batch_key, const KeyRange& range,
                       absl::Span<Operation> operations);

  HttpResponse RunBulk(const Request& request);
  HttpResponse RunAtomic(const Request& request);
  ItemOutcome Apply(const Request& request, const Operation& operation);
  static void AppendResult(const Request& request, const Operation& operation,
                           const ItemOutcome& outcome, int64_t retry_after_ms, std::string* out);
  HttpResponse Finish(const Request& request, bool all_ok, CentiRu charge, std::string body);

  BatchScanner scanner_;
  simdjson::ondemand::parser parser_;
  DocumentReader reader_;
  PartitionKeyReader key_reader_;
  simdjson::dom::parser patch_parser_;
  ItemEditor editor_;
  std::string key_text_;
  std::vector<Operation> operations_;  // the first `count_` are this request's
  size_t count_ = 0;
};

}  // namespace weir::cosmos::emulator
