#include "backends/cosmos/calibration/point_set.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/wire/headers.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

struct Shape {
  int pad;     // bytes
  int fields;  // numbers beside id, key and pad
};

// Sizes and numbers of properties independent of each other, so that both can be told apart.
constexpr Shape kShapes[] = {{20, 0},    {100, 3},    {200, 10},   {400, 1},   {700, 25},
                             {1000, 5},  {1500, 60},  {2500, 2},   {4000, 15}, {6000, 0},
                             {9000, 40}, {14000, 8},  {20000, 90}, {30000, 3}, {50000, 20},
                             {75000, 0}, {100000, 50}};

// Logical partitions that are queried: so many items of one size.
struct Group {
  const char* key;
  int count;
  int pad;
};
constexpr Group kGroups[] = {{"small", 30, 200}, {"middle", 12, 6000}, {"large", 6, 45000}};

}  // namespace

const char* NameOf(PointPolicy policy) {
  constexpr const char* kNames[] = {"everything", "keys-only", "nothing"};
  return kNames[static_cast<int>(policy)];
}

std::string IndexingPolicyJson(PointPolicy policy) {
  switch (policy) {
    case PointPolicy::kKeysOnly:
      return R"({"indexingMode":"consistent","automatic":true,"includedPaths":[{"path":"/pk/?"}],)"
             R"("excludedPaths":[{"path":"/*"}]})";
    case PointPolicy::kNothing:
      return R"({"indexingMode":"none","automatic":false})";
    case PointPolicy::kEverything:
      break;
  }
  return R"({"indexingMode":"consistent","automatic":true,"includedPaths":[{"path":"/*"}],)"
         R"("excludedPaths":[{"path":"/\"_etag\"/?"}]})";
}

int PointSet::Terms(const Item& item) const {
  if (policy_ == PointPolicy::kNothing) return 0;
  return 2 + (policy_ == PointPolicy::kEverything ? item.fields + 1 : 0);  // id, key; fields, pad
}

std::string PointSet::Json(const Item& item) {
  std::string json = absl::StrCat(R"({"id":")", item.id, R"(","pk":")", item.key, "\"");
  for (int i = 0; i < item.fields; ++i) {
    const int version = i < item.fields / 2 ? item.version : 0;
    absl::StrAppend(&json, ",\"f", i, "\":", 100'000 * (version + 1) + i);
  }
  absl::StrAppend(&json, R"(,"pad":")", std::string(static_cast<size_t>(item.pad), 'x'), "\"}");
  return json;
}

Resource PointSet::ResourceOf(const std::string& id) const {
  return {absl::StrCat(gateway_.documents.target, "/", id), "docs",
          absl::StrCat(gateway_.container.link, "/docs/", id)};
}

absl::StatusOr<MeasuredAnswer> PointSet::Send(HttpMethod method, const Resource& resource,
                                              const std::string& key, const std::string& body,
                                              MeasuredRequests::Headers more) {
  more.emplace_back(header::kPartitionKey, absl::StrCat("[\"", key, "\"]"));
  return requests_->Send(client_, method, resource, more, body);
}

bool PointSet::Note(const MeasuredAnswer& answer, int expected, Observation observation) {
  if (answer.status == expected) {
    observation.ru = answer.ru;
    results_->observations.push_back(std::move(observation));
    return true;
  }
  std::string text =
      absl::StrCat(NameOf(observation.what), ": HTTP ", answer.status, " instead of ", expected);
  auto& list = results_->not_measured;
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
  return false;
}

absl::Status PointSet::Run() {
  int number = 0;
  for (const Shape& shape : kShapes) {
    Item item{absl::StrCat("item", number), "points", shape.fields, shape.pad};
    WEIR_RETURN_IF_ERROR(RunItem(std::move(item), number++));
  }
  WEIR_RETURN_IF_ERROR(RunRefusals());
  if (policy_ == PointPolicy::kNothing) return absl::OkStatus();
  for (const Group& group : kGroups) {
    WEIR_RETURN_IF_ERROR(RunGroup(group.key, group.count, group.pad));
  }
  return absl::OkStatus();
}

// ----------------------------------------------------------------------------------- items

absl::Status PointSet::Create(Item* item) {
  WEIR_ASSIGN_OR_RETURN(const MeasuredAnswer answer,
                        Send(HttpMethod::kPost, gateway_.documents, item->key, Json(*item)));
  item->kb = answer.kb;  // the answer is the item with its system properties
  item->etag = answer.etag;
  if (Note(answer, 201, {.what = Charged::kCreate, .kb = item->kb, .terms = Terms(*item)})) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("creating an item was answered with HTTP ", answer.status));
}

absl::Status PointSet::RunItem(Item item, int number) {
  WEIR_RETURN_IF_ERROR(Create(&item));
  const Resource resource = ResourceOf(item.id);
  WEIR_ASSIGN_OR_RETURN(MeasuredAnswer answer, Send(HttpMethod::kGet, resource, item.key, ""));
  Note(answer, 200, {.what = Charged::kRead, .kb = item.kb});
  if (number % 4 == 0) {
    WEIR_ASSIGN_OR_RETURN(answer, Send(HttpMethod::kGet, resource, item.key, "",
                                       {{header::kIfNoneMatch, item.etag}}));
    Note(answer, 304, {.what = Charged::kReadWithoutBody});
    WEIR_ASSIGN_OR_RETURN(answer, Send(HttpMethod::kGet, resource, item.key, "",
                                       {{header::kConsistencyLevel, "Strong"}}));
    Note(answer, 200, {.what = Charged::kStrongRead, .kb = item.kb});
  }
  Item next = item;
  ++next.version;
  if (number % 2 == 1) next.pad = item.pad * 3 / 4;
  WEIR_RETURN_IF_ERROR(Replace(&item, std::move(next)));
  if (item.fields > 0) WEIR_RETURN_IF_ERROR(Patch(&item));
  return Delete(item);
}

absl::Status PointSet::Replace(Item* item, Item next) {
  WEIR_ASSIGN_OR_RETURN(const MeasuredAnswer answer,
                        Send(HttpMethod::kPut, ResourceOf(item->id), item->key, Json(next)));
  const bool everything = policy_ == PointPolicy::kEverything;
  const int changed = everything ? next.fields / 2 + (next.pad != item->pad ? 1 : 0) : 0;
  next.kb = answer.kb;
  if (Note(answer, 200,
           {.what = Charged::kReplace,
            .kb = next.kb,
            .old_kb = item->kb,
            .changed_terms = changed})) {
    *item = std::move(next);
  }
  return absl::OkStatus();
}

absl::Status PointSet::Patch(Item* item) {
  WEIR_ASSIGN_OR_RETURN(const MeasuredAnswer answer,
                        Send(HttpMethod::kPatch, ResourceOf(item->id), item->key,
                             R"({"operations":[{"op":"set","path":"/f0","value":990000}]})"));
  const int changed = policy_ == PointPolicy::kEverything ? 1 : 0;
  if (Note(answer, 200,
           {.what = Charged::kPatch,
            .kb = answer.kb,
            .old_kb = item->kb,
            .changed_terms = changed})) {
    item->kb = answer.kb;
  }
  return absl::OkStatus();
}

absl::Status PointSet::Delete(const Item& item) {
  WEIR_ASSIGN_OR_RETURN(const MeasuredAnswer answer,
                        Send(HttpMethod::kDelete, ResourceOf(item.id), item.key, ""));
  Note(answer, 204, {.what = Charged::kDelete, .kb = item.kb, .terms = Terms(item)});
  return absl::OkStatus();
}

absl::Status PointSet::RunRefusals() {
  Item item{"twice", "points", 1, 100};
  WEIR_RETURN_IF_ERROR(Create(&item));
  WEIR_ASSIGN_OR_RETURN(MeasuredAnswer answer,
                        Send(HttpMethod::kPost, gateway_.documents, item.key, Json(item)));
  Note(answer, 409, {.what = Charged::kConflict});
  WEIR_ASSIGN_OR_RETURN(answer, Send(HttpMethod::kPut, ResourceOf(item.id), item.key, Json(item),
                                     {{header::kIfMatch, "\"another\""}}));
  Note(answer, 412, {.what = Charged::kConflict});
  WEIR_ASSIGN_OR_RETURN(
      answer, Send(HttpMethod::kPost, gateway_.documents, item.key, R"({"pk":"points","id":1})"));
  Note(answer, 400, {.what = Charged::kRefused});
  WEIR_ASSIGN_OR_RETURN(answer, Send(HttpMethod::kGet, ResourceOf("nothing"), item.key, ""));
  Note(answer, 404, {.what = Charged::kReadWithoutBody});
  WEIR_ASSIGN_OR_RETURN(answer,
                        requests_->Send(client_, HttpMethod::kGet, gateway_.container, {}, ""));
  Note(answer, 200, {.what = Charged::kMetadata});
  return Delete(item);
}

// --------------------------------------------------------------------------------- queries

absl::Status PointSet::RunGroup(const std::string& key, int count, int pad) {
  QueriedItems items{QueriedItem::kReturned, 0, count};
  for (int i = 0; i < count; ++i) {
    Item item{absl::StrCat(key, 100 + i), key, 2, pad};
    WEIR_RETURN_IF_ERROR(Create(&item));
    items.kb = item.kb;
  }
  Observation seen{.what = Charged::kQuery, .items = {items}};
  WEIR_RETURN_IF_ERROR(Query(key, "SELECT * FROM c", seen));
  seen.query = {.filter = true, .predicates = 1};
  WEIR_RETURN_IF_ERROR(Query(key, "SELECT * FROM c WHERE c.f1 = 100001", seen));
  if (policy_ == PointPolicy::kEverything) {
    WEIR_RETURN_IF_ERROR(RunIndexedQueries(key, items));
    return RunFeeds(key, items);
  }
  seen.items[0].what = QueriedItem::kScanned;
  return Query(key, "SELECT * FROM c WHERE c.f1 = 0", seen);
}

absl::Status PointSet::RunIndexedQueries(const std::string& key, const QueriedItems& items) {
  Observation none{.what = Charged::kQuery, .query = {.filter = true, .predicates = 1}};
  WEIR_RETURN_IF_ERROR(Query(key, "SELECT * FROM c WHERE c.f1 = 0", none));
  none.query.order_by = true;
  WEIR_RETURN_IF_ERROR(Query(key, "SELECT * FROM c WHERE c.f1 = 0 ORDER BY c.id", none));
  none.query.order_by = false;
  std::string text = "SELECT * FROM c WHERE c.f1 = 0";
  for (const char* more : {" AND c.f0 = 1", " AND c.pad = 'y'", " AND c.id = 'z'"}) {
    text += more;
    ++none.query.predicates;
    WEIR_RETURN_IF_ERROR(Query(key, text, none));
  }
  Observation sorted{.what = Charged::kQuery, .query = {.order_by = true}, .items = {items}};
  sorted.items[0].what = QueriedItem::kSorted;
  WEIR_RETURN_IF_ERROR(Query(key, "SELECT * FROM c ORDER BY c.id", sorted));
  Observation page{.what = Charged::kQuery, .items = {items}};
  page.items[0].count = items.count / 2;
  return Query(key, "SELECT * FROM c", page, items.count / 2);
}

// seen.items: what the page holds, by its sizes; taken as measured only if the page is as expected.
absl::Status PointSet::Query(const std::string& key, const std::string& text, Observation seen,
                             int page_size) {
  WEIR_ASSIGN_OR_RETURN(const MeasuredAnswer answer,
                        Send(HttpMethod::kPost, gateway_.documents, key,
                             absl::StrCat(R"({"query":")", text, R"(","parameters":[]})"),
                             {{header::kContentType, std::string(kQueryContentType)},
                              {header::kIsQuery, "true"},
                              {header::kEnableCrossPartition, "true"},
                              {header::kMaxItemCount, absl::StrCat(page_size)}}));
  int expected = 0;
  for (const QueriedItems& items : seen.items) {
    if (items.what != QueriedItem::kScanned) expected += items.count;
  }
  if (answer.status == 200 && answer.count != expected) {
    results_->not_measured.push_back(absl::StrCat(text, ": ", answer.count, " items in a page of ",
                                                  page_size, " instead of ", expected));
    return absl::OkStatus();
  }
  Note(answer, 200, std::move(seen));
  return absl::OkStatus();
}

absl::Status PointSet::RunFeeds(const std::string& key, const QueriedItems& items) {
  WEIR_ASSIGN_OR_RETURN(MeasuredAnswer answer, Send(HttpMethod::kGet, gateway_.documents, key, "",
                                                    {{header::kMaxItemCount, "1000"}}));
  if (answer.count == items.count)
    Note(answer, 200, {.what = Charged::kFeedPage, .items = {items}});
  WEIR_ASSIGN_OR_RETURN(
      answer, Send(HttpMethod::kGet, gateway_.documents, key, "",
                   {{header::kAIm, "Incremental feed"}, {header::kMaxItemCount, "1000"}}));
  if (answer.status != 200 || answer.count == items.count) {
    Note(answer, 200, {.what = Charged::kChangeFeedPage, .items = {items}});
  }
  WEIR_ASSIGN_OR_RETURN(answer,
                        Send(HttpMethod::kGet, gateway_.documents, key, "",
                             {{header::kAIm, "Incremental feed"}, {header::kIfNoneMatch, "*"}}));
  Note(answer, 304, {.what = Charged::kChangeFeedPage});
  return absl::OkStatus();
}

}  // namespace weir::cosmos
