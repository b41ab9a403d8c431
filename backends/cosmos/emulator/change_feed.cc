#include "backends/cosmos/emulator/change_feed.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/session_token.h"
#include "backends/cosmos/wire/headers.h"
#include "backends/cosmos/wire/signature.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kDefaultPageItems = 100;
constexpr int64_t kServerChosenPageItems = 1000;  // when the client asks for −1
constexpr size_t kMaxPageBytes = 4 << 20;

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

int64_t PageItems(const HttpRequest& request) {
  int64_t items = 0;
  if (!absl::SimpleAtoi(Absl(request.Header(header::kMaxItemCount)), &items)) {
    return kDefaultPageItems;
  }
  return items < 0 ? kServerChosenPageItems : std::max<int64_t>(1, items);
}

HttpResponse Refuse(const Container& container, std::string_view why) {
  HttpResponse response = ErrorAnswer(400, 0, why);
  SetCharge(container.charges().Refused(), &response);
  return response;
}

// An item of the latest version mode: as a read shows it, and its LSN.
void AppendChange(const Container& container, const StoredDocument& document, std::string* out) {
  container.properties().AppendJson(document, out);
  out->pop_back();
  out->append(R"(,"_lsn":)");
  AppendInteger(static_cast<int64_t>(document.lsn()), out);
  out->push_back('}');
}

}  // namespace

HttpResponse ChangeFeedRequests::Read(const Container& container, const HttpRequest& request,
                                      bool strong) {
  const std::string_view mode = request.Header(header::kAIm);
  const bool all_versions = EqualsIgnoringCase(mode, "Full-Fidelity Feed");
  if (!all_versions && !EqualsIgnoringCase(mode, "Incremental Feed")) {
    return Refuse(container,
                  "the header a-im must be \"Incremental Feed\" or \"Full-Fidelity Feed\"");
  }
  Scope scope;
  Start start;
  const char* error = FindScope(container, request, &scope);
  if (error == nullptr) error = FindStart(request, &start);
  if (error != nullptr) return Refuse(container, error);
  const LockedPartition locked =
      scope.range_id.empty() ? container.Lock(scope.keys.low) : container.LockById(scope.range_id);
  if (locked.partition == nullptr) return RangeGoneAnswer(locked.gone);
  Partition& partition = *locked.partition;
  const bool is_there = scope.key ? partition.range().Contains(*scope.key)
                                  : scope.keys.low < partition.range().high &&
                                        partition.range().low < scope.keys.high;
  if (!is_there) {
    return ErrorAnswer(410, substatus::kPartitionKeyRangeGone,
                       "the keys asked for are not in this partition key range");
  }
  if (!scope.key && scope.range_id.empty() && partition.range().high < scope.keys.high) {
    return Refuse(container,
                  "the change feed of several partition key ranges: read each range by its id, in "
                  "x-ms-documentdb-partitionkeyrangeid");
  }
  const int64_t now_ns = MonotonicNs();
  if (!partition.budget().Admits(now_ns)) {
    return ThrottledAnswer(container.charges().Throttled(),
                           partition.budget().RetryAfterMs(now_ns));
  }
  if (IsAhead(SessionTokenOf(request), partition)) {
    return SessionUnavailableAnswer(container.charges());
  }
  Page page;
  if (all_versions) {
    error = ReadVersions(container, &partition, scope, start, PageItems(request), &page);
    if (error != nullptr) return Refuse(container, error);
  } else {
    page = ReadLatest(container, partition, scope, start, PageItems(request));
  }
  const CentiRu charge = container.charges().ChangeFeedPage(page.document_ru, strong);
  partition.budget().Spend(charge);
  return Answer(container, partition, page, charge);
}

// An error text, or nullptr.
const char* ChangeFeedRequests::FindScope(const Container& container, const HttpRequest& request,
                                          Scope* scope) {
  scope->range_id = request.Header(header::kPartitionKeyRangeId);
  scope->keys.high = EndOfKeySpace();
  const std::string_view low = request.Header(header::kStartEpk);
  const std::string_view high = request.Header(header::kEndEpk);
  if (!low.empty() || !high.empty()) {
    const auto from = EffectivePartitionKey::FromHex(low);
    const auto to = high == "FF" ? EndOfKeySpace() : EffectivePartitionKey::FromHex(high);
    if (!from || !to || *to <= *from) {
      return "x-ms-start-epk and x-ms-end-epk are not a range of effective partition keys in hex";
    }
    scope->keys = {*from, *to};
  }
  const std::string_view key = request.Header(header::kPartitionKey);
  if (key.empty()) return nullptr;
  const auto levels = key_reader_.Read(key);
  if (!levels || levels->size() > container.key_paths().size()) {
    return "the header x-ms-documentdb-partitionkey is not a key of this container";
  }
  if (levels->empty()) return nullptr;
  const EffectivePartitionKey hash = HashPartitionKey(*levels);
  scope->keys = {hash, EndOfPrefix(hash)};
  if (levels->size() == container.key_paths().size()) scope->key = hash;
  return nullptr;
}

const char* ChangeFeedRequests::FindStart(const HttpRequest& request, Start* start) {
  std::string_view after = request.Header(header::kIfNoneMatch);
  const std::string_view since = request.Header(header::kIfModifiedSince);
  if (after == "*") {
    start->now = true;
  } else if (!after.empty()) {  // goes before the date, which the SDK sends again and again
    if (after.size() > 2 && after.front() == '"') after = after.substr(1, after.size() - 2);
    uint64_t lsn = 0;
    if (!absl::SimpleAtoi(Absl(after), &lsn)) {
      return "if-none-match is neither * nor the etag of an answer of this change feed";
    }
    start->lsn = lsn;
  } else if (!since.empty()) {
    start->unix_seconds = ParseHttpDate(since);
    if (!start->unix_seconds) return "if-modified-since is not an RFC 1123 date in GMT";
  }
  return nullptr;
}

ChangeFeedRequests::Page ChangeFeedRequests::ReadLatest(const Container& container,
                                                        const Partition& partition,
                                                        const Scope& scope, const Start& start,
                                                        int64_t most) {
  Page page;
  page.lsn = partition.lsn();
  if (start.now) return page;
  ItemSequence::Walk walk = start.unix_seconds ? partition.ChangesSince(*start.unix_seconds)
                                               : partition.ChangesAfter(start.lsn.value_or(0));
  const StoredDocument* const first = walk.Next();
  if (first == nullptr) return page;
  // Writes one item into the page; false when the page has no room for it.
  const auto add = [&](const StoredDocument& document) {
    if (page.count == most || page.documents.size() >= kMaxPageBytes) return false;
    if (page.count++ > 0) page.documents.push_back(',');
    AppendChange(container, document, &page.documents);
    const double kb = container.properties().StoredKb(document);
    page.document_ru += container.charges().ReturnedDocument(kb);
    page.lsn = document.lsn();
    return true;
  };
  if (!scope.key) {
    const bool all =
        scope.keys.low <= partition.range().low && partition.range().high <= scope.keys.high;
    for (const StoredDocument* at = first; at != nullptr; at = walk.Next()) {
      if (!all && !scope.keys.Contains(at->logical()->key)) continue;
      if (!add(*at)) return page;
    }
  } else {
    const LogicalPartition* logical = partition.FindLogical(*scope.key);
    sorted_.clear();
    for (auto* item = logical ? logical->first : nullptr; item != nullptr; item = item->next()) {
      if (item->lsn() >= first->lsn()) sorted_.push_back(item);
    }
    const size_t wanted = std::min<size_t>(sorted_.size(), static_cast<size_t>(most) + 1);
    std::partial_sort(
        sorted_.begin(), sorted_.begin() + static_cast<ptrdiff_t>(wanted), sorted_.end(),
        [](const StoredDocument* a, const StoredDocument* b) { return a->lsn() < b->lsn(); });
    for (size_t i = 0; i < wanted; ++i) {
      if (!add(*sorted_[i])) return page;
    }
  }
  page.lsn = partition.lsn();  // the end is reached: what was not asked for is behind as well
  return page;
}

const char* ChangeFeedRequests::ReadVersions(const Container& container, Partition* partition,
                                             const Scope& scope, const Start& start, int64_t most,
                                             Page* page) {
  const VersionLog* log = partition->versions();
  if (log == nullptr) {
    return "all versions and deletes are not kept for this container: give it a changeFeedPolicy "
           "with a retentionDuration";
  }
  page->lsn = partition->lsn();
  if (start.now) return nullptr;
  if (!start.lsn) {
    return "the change feed of all versions and deletes begins now or at a continuation, neither "
           "at the beginning nor at a point in time";
  }
  if (*start.lsn < log->complete_after()) {
    return "the continuation is older than the versions that are kept: they are kept for the "
           "container's retentionDuration, and not beyond a restart of the emulator";
  }
  for (auto at = log->FirstAfter(*start.lsn); at != log->versions().end(); ++at) {
    const bool is_asked_for = scope.key ? at->key == *scope.key : scope.keys.Contains(at->key);
    if (!is_asked_for) continue;
    if (page->count == most || page->documents.size() >= kMaxPageBytes) return nullptr;
    if (page->count++ == 0) page->documents.reserve(1024);
    if (page->count > 1) page->documents.push_back(',');
    AppendVersion(container, *at, &page->documents);
    for (const StoredDocument* image : {at->current, at->previous}) {
      if (image == nullptr) continue;
      const double kb = container.properties().StoredKb(*image);
      page->document_ru += container.charges().ReturnedDocument(kb);
    }
    page->lsn = at->lsn;
  }
  page->lsn = partition->lsn();
  return nullptr;
}

void ChangeFeedRequests::AppendVersion(const Container& container, const ItemVersion& version,
                                       std::string* out) {
  const SystemProperties& properties = container.properties();
  const bool is_delete = version.kind == ItemVersion::Kind::kDelete;
  const bool is_create = version.kind == ItemVersion::Kind::kCreate;
  out->append(R"({"current":)");
  if (is_delete) {
    out->append("{}");
  } else {
    properties.AppendJson(*version.current, out);
  }
  if (!is_create) {
    out->append(R"(,"previous":)");
    properties.AppendJson(*version.previous, out);
  }
  absl::StrAppend(out, R"(,"metadata":{"operationType":")",
                  is_delete   ? "delete"
                  : is_create ? "create"
                              : "replace",
                  R"(","lsn":)", version.lsn, R"(,"crts":)", version.unix_seconds,
                  R"(,"previousImageLSN":)",
                  version.previous == nullptr ? 0 : version.previous->lsn());
  if (is_delete) {
    out->append(R"(,"id":)");
    std::string json;
    AppendJsonString(version.previous->Id(), out);
    AppendKey(container, version.previous->JsonIn(&json), out);
    if (version.has_expired) out->append(R"(,"timeToLiveExpired":true)");
  }
  out->append("}}");
}

// ,"partitionKey":{…} by the container's paths, of an item's JSON.
void ChangeFeedRequests::AppendKey(const Container& container, std::string_view json,
                                   std::string* out) {
  simdjson::dom::element item;
  if (parser_.parse(json.data(), json.size()).get(item) != simdjson::SUCCESS) return;
  out->append(R"(,"partitionKey":{)");
  const char* separator = "";
  for (const PropertyPath& path : container.key_paths()) {
    simdjson::dom::element value = item;
    bool is_there = true;
    for (const std::string& name : path) {
      is_there = is_there && value[name].get(value) == simdjson::SUCCESS;
    }
    if (!is_there) continue;
    out->append(separator);
    AppendJsonString(path.back(), out);
    absl::StrAppend(out, ":", std::string(simdjson::minify(value)));
    separator = ",";
  }
  out->push_back('}');
}

HttpResponse ChangeFeedRequests::Answer(const Container& container, const Partition& partition,
                                        const Page& page, CentiRu charge) {
  HttpResponse response{304, {}, {}};
  if (page.count > 0) {
    response =
        JsonAnswer(200, absl::StrCat(R"({"_rid":")", container.ids().rid, R"(","Documents":[)",
                                     page.documents, R"(],"_count":)", page.count, "}"));
  }
  response.Set(header::kEtag, absl::StrCat("\"", page.lsn, "\""));
  response.Set(header::kItemCount, absl::StrCat(page.count));
  SetPartitionHeaders(container, partition, partition.lsn(), &response);
  SetCharge(charge, &response);
  return response;
}

}  // namespace weir::cosmos::emulator
