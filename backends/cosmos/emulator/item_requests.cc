#include "backends/cosmos/emulator/item_requests.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/session_token.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr size_t kMaxIdBytes = 1023;

Conditions ConditionsOf(const HttpRequest& request) {
  return {request.Header(header::kIfMatch), request.Header(header::kIfNoneMatch)};
}

IndexingDirective DirectiveOf(const HttpRequest& request) {
  const std::string_view directive = request.Header(header::kIndexingDirective);
  if (directive.empty()) return IndexingDirective::kAutomatic;
  return directive[0] == 'E' || directive[0] == 'e' ? IndexingDirective::kExclude
                                                    : IndexingDirective::kInclude;
}

bool WantsBody(const HttpRequest& request) {
  return request.Header(header::kPrefer) != kReturnMinimal;
}

// With the partition's mutex held: shows the document as it is now.
HttpResponse AnswerFor(const Container& container, const ItemOutcome& outcome, bool with_body) {
  if (outcome.status >= 400)
    return ErrorAnswer(outcome.status, outcome.substatus, MessageOf(outcome));
  HttpResponse response{outcome.status, {}, {}};
  if (outcome.document == nullptr) return response;
  SystemProperties::AppendEtag(outcome.document->lsn(), response.headers.Open(header::kEtag));
  response.headers.Close();
  if (outcome.status == 304 || !with_body) return response;
  response.Set(header::kContentType, kJsonContentType);
  response.body.reserve(outcome.document->json_size() + 320);
  container.properties().AppendJson(*outcome.document, &response.body);
  return response;
}

// 400, charged.
HttpResponse RefusedAnswer(const Container& container, std::string_view message) {
  HttpResponse response = ErrorAnswer(400, 0, message);
  SetCharge(container.charges().Refused(), &response);
  return response;
}

}  // namespace

const char* RefuseItem(const ContainerDefinition& definition, const DocumentView& item) {
  if (!item.has_id) return "the property \"id\" is missing";
  if (item.id.empty() || item.id.size() > kMaxIdBytes) return "an id has 1 to 1023 bytes";
  if (item.id.find_first_of("/\\?#") != std::string_view::npos) {
    return "an id must not contain / \\ ? or #";
  }
  for (const PartitionKeyValue& level : item.key) {
    if (level.text().size() > kMaxKeyValueBytes) return kKeyTooLong;
  }
  if (item.has_bad_ttl && definition.default_ttl()) {
    return "ttl must be -1 or a number of seconds from 1 to 2147483647";
  }
  return nullptr;
}

std::optional<EffectivePartitionKey> ItemRequests::KeyOf(const Container& container,
                                                         const HttpRequest& request,
                                                         HttpResponse* error) {
  const std::string_view text = request.Header(header::kPartitionKey);
  if (text.empty()) {
    *error = RefusedAnswer(container, "the header x-ms-documentdb-partitionkey is missing");
    return std::nullopt;
  }
  const auto levels = key_reader_.ReadWhole(text, container.key_paths().size());
  if (!levels) {
    *error = ErrorAnswer(400, substatus::kPartitionKeyMismatch,
                         absl::StrCat("the header x-ms-documentdb-partitionkey is not a key of "
                                      "this container: ",
                                      key_reader_.problem()));
    SetCharge(container.charges().Refused(), error);
    return std::nullopt;
  }
  return HashPartitionKey(*levels);
}

bool ItemRequests::ReadBody(const Container& container, const HttpRequest& request, bool want_terms,
                            const EffectivePartitionKey& key, HttpResponse* error) {
  if (request.body.size() > kMaxItemBytes) {
    *error = ErrorAnswer(413, 0, "an item has at most 2 MB");
    return false;
  }
  reader_.set_directive(DirectiveOf(request));
  const char* problem = reader_.Read(request.body, container.policy(), want_terms, &view_);
  if (problem == nullptr) problem = RefuseItem(container.definition(), view_);
  if (problem != nullptr) {
    *error = RefusedAnswer(container, problem);
    return false;
  }
  if (container.KeyOf(view_) != key) {
    *error = ErrorAnswer(400, substatus::kPartitionKeyMismatch,
                         "the partition key of the header is not that of the item");
    SetCharge(container.charges().Refused(), error);
    return false;
  }
  return true;
}

template <typename Operation>
HttpResponse ItemRequests::Run(const Container& container, const EffectivePartitionKey& key,
                               bool with_body, Operation operation) {
  const LockedPartition locked = container.Lock(key);
  Partition& partition = *locked.partition;
  const int64_t now_ns = MonotonicNs();
  if (!partition.budget().Admits(now_ns)) {
    return ThrottledAnswer(container.charges().Throttled(),
                           partition.budget().RetryAfterMs(now_ns));
  }
  const ItemOutcome outcome = operation(partition);
  partition.budget().Spend(outcome.charge);
  HttpResponse response = AnswerFor(container, outcome, with_body);
  SetPartitionHeaders(container, partition, partition.lsn(), &response);
  SetCharge(outcome.charge, &response);
  return response;
}

HttpResponse ItemRequests::Write(const Container& container, const HttpRequest& request) {
  HttpResponse error;
  const auto key = KeyOf(container, request, &error);
  const bool upsert = request.HeaderIsTrue(header::kIsUpsert);
  if (!key || !ReadBody(container, request, upsert, *key, &error)) return error;
  return Run(container, *key, WantsBody(request), [&](Partition& partition) {
    return upsert ? partition.Upsert(*key, view_, ConditionsOf(request))
                  : partition.Create(*key, view_);
  });
}

HttpResponse ItemRequests::Read(const Container& container, std::string_view id,
                                const HttpRequest& request, bool strong) {
  HttpResponse error;
  const auto key = KeyOf(container, request, &error);
  if (!key) return error;
  const std::string_view session = SessionTokenOf(request);
  return Run(container, *key, true, [&](Partition& partition) {
    if (!session.empty() && IsAhead(session, partition)) {
      return ItemOutcome{404, container.charges().ReadWithoutBody(strong), nullptr,
                         kReadSessionMessage, substatus::kReadSessionNotAvailable};
    }
    return partition.Read(*key, id, ConditionsOf(request), strong);
  });
}

HttpResponse ItemRequests::Replace(const Container& container, std::string_view id,
                                   const HttpRequest& request) {
  HttpResponse error;
  const auto key = KeyOf(container, request, &error);
  if (!key || !ReadBody(container, request, true, *key, &error)) return error;
  if (view_.id != id) {
    return RefusedAnswer(container, "the id of the item is not that of the path");
  }
  return Run(container, *key, WantsBody(request), [&](Partition& partition) {
    return partition.Replace(*key, id, view_, ConditionsOf(request));
  });
}

// SDKs send no content type with it: none is asked for.
HttpResponse ItemRequests::Patch(const Container& container, std::string_view id,
                                 const HttpRequest& request) {
  HttpResponse error;
  const auto key = KeyOf(container, request, &error);
  if (!key) return error;
  simdjson::dom::element body;
  if (patch_parser_.parse(request.body).get(body) != simdjson::SUCCESS) {
    return RefusedAnswer(container, "the body is not valid JSON");
  }
  const auto patch = emulator::Patch::Parse(body);
  if (!patch.ok()) return RefusedAnswer(container, std::string(patch.status().message()));
  return Run(container, *key, WantsBody(request), [&](Partition& partition) {
    return editor_.Run(container, &partition, *patch, *key, id, ConditionsOf(request));
  });
}

HttpResponse ItemRequests::Delete(const Container& container, std::string_view id,
                                  const HttpRequest& request) {
  HttpResponse error;
  const auto key = KeyOf(container, request, &error);
  if (!key) return error;
  return Run(container, *key, false, [&](Partition& partition) {
    return partition.Delete(*key, id, ConditionsOf(request));
  });
}

// Carried out at once; the service does it in the background with throughput that is left over.
HttpResponse ItemRequests::DeleteByKey(const Container& container, const HttpRequest& request) {
  HttpResponse error;
  const auto key = KeyOf(container, request, &error);
  if (!key) return error;
  return Run(container, *key, false, [&](Partition& partition) {
    partition.DeleteLogical(*key);
    return ItemOutcome{200, container.charges().Metadata(), nullptr};
  });
}

}  // namespace weir::cosmos::emulator
