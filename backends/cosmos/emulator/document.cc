#include "backends/cosmos/emulator/document.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>

#include "backends/cosmos/emulator/json_text.h"
#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr int kMaxDepth = 128;

bool IsSystemProperty(std::string_view name) {
  return name == "_rid" || name == "_self" || name == "_etag" || name == "_ts" ||
         name == "_attachments";
}

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

uint64_t HashText(std::string_view text) { return std::hash<std::string_view>()(text); }

// Where a walk stands: in which node of the policy's tree, and what holds there.
struct Place {
  int node = IndexingPolicy::kRoot;
  bool included = false;
  uint64_t path_hash = 0;
  int depth = 0;
};

class Walk {
 public:
  // indexed: whether the item is indexed at all.
  Walk(const IndexingPolicy& policy, bool indexed, bool want_terms, DocumentView* view,
       std::vector<SeenScalar>* seen)
      : policy_(policy), indexed_(indexed), want_terms_(want_terms), view_(view), seen_(seen) {}

  error_code Root(ondemand::object object) {
    Place place;
    Enter(&place);
    return Object(object, place);
  }

  // Spaces between tokens, or properties that only the server sets: not to be stored as it is.
  bool needs_rewriting() const { return needs_rewriting_; }

 private:
  const PathNode* Node(const Place& place) const {
    return place.node == IndexingPolicy::kNone ? nullptr : &policy_.node(place.node);
  }

  void Enter(Place* place) const {
    const PathNode* node = Node(*place);
    if (node != nullptr && node->below != PathNode::Rule::kInherited) {
      place->included = node->below == PathNode::Rule::kIncluded;
    }
  }

  Place Child(const Place& parent, std::string_view name) const {
    Place child = parent;
    ++child.depth;
    if (const PathNode* node = Node(parent)) {
      const PathNode::Child* found = node->children.empty() ? nullptr : node->Find(name);
      child.node = found == nullptr ? IndexingPolicy::kNone : found->node;
      Enter(&child);
    }
    if (want_terms_) child.path_hash = Mix64(parent.path_hash + HashText(name));
    return child;
  }

  error_code Object(ondemand::object object, const Place& place) {
    if (place.depth > kMaxDepth) return simdjson::DEPTH_ERROR;
    for (auto result : object) {
      ondemand::field field;
      if (const auto error = std::move(result).get(field)) return error;
      std::string_view name;
      if (const auto error = Name(field, &name)) return error;
      if (place.depth == 0 && !name.empty() && name[0] == '_' && IsSystemProperty(name)) {
        needs_rewriting_ = true;
        continue;
      }
      if (place.depth == 0 && name == "ttl") TakeTtl(field.value());
      const Place child = Child(place, name);
      if (const auto error = Value(field.value(), child)) return error;
      if (place.depth == 0 && name == "id" && !view_->has_id) return simdjson::INCORRECT_TYPE;
    }
    return simdjson::SUCCESS;
  }

  // The property's name; escapes undone.
  error_code Name(ondemand::field& field, std::string_view* name) {
    const char* start = field.key().raw();
    needs_rewriting_ |= IsSpace(start[-2]);
    const char* end = start;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '\\') return field.unescaped_key().get(*name);
    *name = {start, static_cast<size_t>(end - start)};
    return simdjson::SUCCESS;
  }

  error_code Array(ondemand::array array, const Place& place) {
    if (place.depth > kMaxDepth) return simdjson::DEPTH_ERROR;
    uint64_t element_number = 0;
    for (auto result : array) {
      ondemand::value value;
      if (const auto error = std::move(result).get(value)) return error;
      Place child = Child(place, "[]");
      child.path_hash += Mix64(++element_number);
      if (const auto error = Value(value, child)) return error;
    }
    return simdjson::SUCCESS;
  }

  error_code Value(ondemand::value value, const Place& place) {
    ondemand::json_type type;
    if (const auto error = value.type().get(type)) return error;
    const std::string_view token = value.raw_json_token();
    needs_rewriting_ |= IsSpace(token.data()[-1]);
    switch (type) {
      case ondemand::json_type::object: {
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) return error;
        return Object(object, place);
      }
      case ondemand::json_type::array: {
        ondemand::array array;
        if (const auto error = value.get_array().get(array)) return error;
        return Array(array, place);
      }
      case ondemand::json_type::string: {
        std::string_view text;
        if (const auto error = Text(value, token, &text)) return error;
        if (place.depth == 1) TakeId(text, place);
        Scalar(place, PartitionKeyValue::String(text));
        return simdjson::SUCCESS;
      }
      case ondemand::json_type::number: {
        double number = 0;
        if (const auto error = value.get_double().get(number)) return error;
        Scalar(place, PartitionKeyValue::Number(number));
        return simdjson::SUCCESS;
      }
      case ondemand::json_type::boolean: {
        bool boolean = false;
        if (const auto error = value.get_bool().get(boolean)) return error;
        Scalar(place, PartitionKeyValue::Bool(boolean));
        return simdjson::SUCCESS;
      }
      case ondemand::json_type::null:
        if (token.substr(0, 4) != "null") return simdjson::N_ATOM_ERROR;
        Scalar(place, PartitionKeyValue::Null());
        return simdjson::SUCCESS;
    }
    return simdjson::TAPE_ERROR;
  }

  // Without escapes the text is used where it stands.
  static error_code Text(ondemand::value value, std::string_view token, std::string_view* text) {
    if (std::memchr(token.data(), '\\', token.size()) != nullptr)
      return value.get_string().get(*text);
    *text = token.substr(1, token.rfind('"') - 1);
    return simdjson::SUCCESS;
  }

  void TakeId(std::string_view text, const Place& place) {
    if (place.node == IndexingPolicy::kNone) return;
    if (view_->has_id || place.node != id_node_) return;
    view_->has_id = true;
    view_->id = text;
  }

  // Looks at the text only: the walk still has to go over the value.
  void TakeTtl(ondemand::value value) {
    std::string_view text = value.raw_json_token();
    while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
    if (text == "null") return;
    int32_t seconds = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, seconds);
    view_->has_bad_ttl = read.ec != std::errc() || read.ptr != end || seconds < -1 || seconds == 0;
    if (!view_->has_bad_ttl) view_->ttl = seconds;
  }

  void Scalar(const Place& place, const PartitionKeyValue& value) {
    bool indexed = place.included;
    if (const PathNode* node = Node(place)) {
      if (node->key_level >= 0) view_->key[node->key_level] = value;
      if (node->here != PathNode::Rule::kInherited) {
        indexed = node->here == PathNode::Rule::kIncluded;
      }
      indexed |= node->always_indexed;
      if (!policy_.composites().empty()) seen_->push_back({place.node, HashOf(value)});
    }
    if (!indexed || !indexed_) return;
    ++view_->terms;
    if (want_terms_) view_->indexed_terms.push_back({place.path_hash, HashOf(value)});
  }

  static uint64_t HashOf(const PartitionKeyValue& value) {
    const auto kind = static_cast<uint64_t>(value.kind());
    if (value.kind() == PartitionKeyValue::Kind::kString)
      return Mix64(kind + HashText(value.text()));
    return Mix64(kind + std::hash<double>()(value.number()));
  }

  const IndexingPolicy& policy_;
  const bool indexed_;
  const bool want_terms_;
  DocumentView* view_;
  std::vector<SeenScalar>* seen_;
  const int id_node_ = policy_.node(IndexingPolicy::kRoot).Find("id")->node;
  bool needs_rewriting_ = false;
};

const char* MessageFor(error_code error) {
  if (error == simdjson::INCORRECT_TYPE) return "the property \"id\" must be a string";
  if (error == simdjson::DEPTH_ERROR) return "the item is nested too deeply";
  return "the body is not valid JSON";
}

}  // namespace

bool DocumentReader::Indexes(const IndexingPolicy& policy) const {
  if (!policy.enabled() || directive_ == IndexingDirective::kExclude) return false;
  return policy.automatic() || directive_ == IndexingDirective::kInclude;
}

// An item is in a composite index when it has all of its paths. Such an entry changes with any of
// its values.
void DocumentReader::AddCompositeEntries(const IndexingPolicy& policy, DocumentView* view) const {
  uint64_t number = 0;
  for (const CompositeIndex& index : policy.composites()) {
    IndexedTerm entry{Mix64(~++number), 0};
    const bool complete =
        std::all_of(index.parts.begin(), index.parts.end(), [&](const auto& part) {
          const auto found =
              std::find_if(seen_.begin(), seen_.end(),
                           [&](const SeenScalar& scalar) { return scalar.node == part.node; });
          if (found == seen_.end()) return false;
          entry.value = Mix64(entry.value + found->value);
          return true;
        });
    if (!complete) continue;
    ++view->terms;
    view->indexed_terms.push_back(entry);
  }
}

const char* DocumentReader::Read(std::string_view json, const IndexingPolicy& policy,
                                 bool want_terms, DocumentView* view) {
  ondemand::document document;
  const simdjson::padded_string_view padded(json, json.size() + simdjson::SIMDJSON_PADDING);
  if (parser_.iterate(padded).get(document) != simdjson::SUCCESS) {
    return "the body is not valid JSON";
  }
  ondemand::value root;
  if (document.get_value().get(root) != simdjson::SUCCESS) return "an item must be a JSON object";
  const char* error = Read(root, json, policy, want_terms, view);
  const char* more = nullptr;
  if (error == nullptr && document.current_location().get(more) == simdjson::SUCCESS) {
    return "there is more after the item";
  }
  return error;
}

const char* DocumentReader::Read(ondemand::value value, std::string_view whole,
                                 const IndexingPolicy& policy, bool want_terms,
                                 DocumentView* view) {
  ondemand::object object;
  const char* start = value.raw_json_token().data();
  if (value.get_object().get(object) != simdjson::SUCCESS) return "an item must be a JSON object";
  view->policy = &policy;
  view->lists_terms = want_terms;
  view->is_directed = directive_ != IndexingDirective::kAutomatic;
  view->shape = nullptr;
  view->has_id = false;
  view->ttl.reset();
  view->has_bad_ttl = false;
  view->id = {};
  std::fill(std::begin(view->key), std::end(view->key), PartitionKeyValue());
  view->terms = 0;
  view->indexed_terms.clear();
  seen_.clear();
  const bool indexed = Indexes(policy);
  Walk walk(policy, indexed, want_terms, view, &seen_);
  if (const error_code error = walk.Root(object)) return MessageFor(error);
  if (indexed) AddCompositeEntries(policy, view);
  std::sort(view->indexed_terms.begin(), view->indexed_terms.end());

  // The walk stands behind the object; its end is the last brace before there.
  const char* end = whole.data() + whole.size();
  const char* here = nullptr;
  if (value.current_location().get(here) == simdjson::SUCCESS) end = here;
  while (end[-1] != '}') --end;
  view->json = {start, static_cast<size_t>(end - start)};
  return walk.needs_rewriting() || IsSpace(end[-2]) ? Rewrite(view->json, view) : nullptr;
}

const char* DocumentReader::Rewrite(std::string_view json, DocumentView* view) {
  simdjson::dom::object object;
  if (rewrite_parser_.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return "the body is not valid JSON";
  }
  rewritten_.assign(1, '{');
  for (const auto field : object) {
    if (IsSystemProperty(field.key)) continue;
    if (rewritten_.size() > 1) rewritten_ += ',';
    AppendJsonString(field.key, &rewritten_);
    rewritten_ += ':';
    rewritten_ += simdjson::minify(field.value);
  }
  rewritten_ += '}';
  rewritten_.reserve(rewritten_.size() + simdjson::SIMDJSON_PADDING);
  view->json = rewritten_;
  return nullptr;
}

int CountChangedTerms(const std::vector<IndexedTerm>& before,
                      const std::vector<IndexedTerm>& after) {
  int changed = 0;
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->path < b->path)) {
      ++changed, ++a;
    } else if (a == before.end() || b->path < a->path) {
      ++changed, ++b;
    } else {
      changed += a->value != b->value;
      ++a, ++b;
    }
  }
  return changed;
}

}  // namespace weir::cosmos::emulator
