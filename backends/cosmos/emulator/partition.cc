#include "backends/cosmos/emulator/partition.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>

#include "backends/cosmos/emulator/shape_book.h"
#include "backends/cosmos/emulator/wall_clock.h"
#include "base/check.h"
#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

uint64_t HashOfKey(const EffectivePartitionKey& key) {
  uint64_t hash = 0;
  for (size_t at = 8; at < key.bytes().size(); at += EffectivePartitionKey::kHashBytes) {
    uint64_t word = 0;
    std::memcpy(&word, key.bytes().data() + at, sizeof(word));
    hash = hash * 31 + word;  // a hash already, all bits of it even
  }
  return hash;
}

}  // namespace

size_t Partition::LogicalHash::operator()(const EffectivePartitionKey& key) const {
  return HashOfKey(key);
}

Partition::Partition(uint32_t id, KeyRange range, std::vector<uint32_t> parents, CentiRu per_second,
                     const PartitionSettings& settings)
    : id_(id),
      range_(range),
      parents_(std::move(parents)),
      settings_(settings),
      budget_(per_second),
      memory_(settings.memory),
      items_(settings.memory),
      made_(settings.memory),
      changes_(settings.memory),
      next_number_((static_cast<uint64_t>(id) << kIdShift) + 1) {
  const auto& keys = settings.definition->unique_keys();
  if (!keys.empty()) unique_keys_.emplace(keys);
  KeepVersionsAsDefined();
}

Partition::~Partition() = default;  // the container's memory goes as a whole

// ---------------------------------------------------------------------------- operations

ItemOutcome Partition::Create(const EffectivePartitionKey& key, const DocumentView& document) {
  const ItemKey item = MakeItemKey(key, document.id);
  if (Find(item) != nullptr) return {409, settings_.charges->Conflict(), nullptr};
  if (const auto refusal = NotUnique(key, document, nullptr)) return *refusal;
  const StoredDocument* made = Insert(item, Counted(document, false));
  const double kb = settings_.properties->StoredKb(*made);
  return {201, settings_.charges->Insert(kb, static_cast<int>(made->terms())), made};
}

ItemOutcome Partition::Upsert(const EffectivePartitionKey& key, const DocumentView& document,
                              const Conditions& conditions) {
  StoredDocument* existing = Find(MakeItemKey(key, document.id));
  if (existing == nullptr) return Create(key, document);
  if (Fails(conditions, *existing)) return {412, settings_.charges->Conflict(), nullptr};
  return ReplaceBody(existing, document);
}

ItemOutcome Partition::Replace(const EffectivePartitionKey& key, std::string_view id,
                               const DocumentView& document, const Conditions& conditions) {
  StoredDocument* existing = Find(MakeItemKey(key, id));
  if (existing == nullptr) return {404, settings_.charges->ReadWithoutBody(false), nullptr};
  if (Fails(conditions, *existing)) return {412, settings_.charges->Conflict(), nullptr};
  return ReplaceBody(existing, document);
}

ItemOutcome Partition::Edit(const EffectivePartitionKey& key, std::string_view id,
                            const Conditions& conditions,
                            const std::function<EditedItem(const StoredDocument&)>& edit) {
  StoredDocument* existing = Find(MakeItemKey(key, id));
  if (existing == nullptr) return {404, settings_.charges->ReadWithoutBody(false), nullptr};
  if (Fails(conditions, *existing)) return {412, settings_.charges->Conflict(), nullptr};
  const EditedItem edited = edit(*existing);
  if (edited.status == 200) return ReplaceBody(existing, *edited.document);
  return {edited.status, settings_.charges->Conflict(), nullptr};
}

ItemOutcome Partition::ReplaceBody(StoredDocument* existing, const DocumentView& given) {
  const DocumentView& document = Counted(given, true);
  if (const auto refusal = NotUnique(existing->logical()->key, document, existing)) return *refusal;
  const double old_kb = settings_.properties->StoredKb(*existing);
  ReadOld(*existing, IndexingDirective::kInclude);
  if (existing->terms() == 0) old_view_.indexed_terms.clear();  // it was left out of the index
  const int changed = CountChangedTerms(old_view_.indexed_terms, document.indexed_terms);
  StoredDocument* const made = MakeDocument(document);
  Swap(existing, made);
  if (journal_) journal_->Written(*made);
  if (versions_) versions_->Replaced(*made, *existing);
  if (undoable_) {
    Note(Undo::Kind::kRestore, made, existing);
  } else {
    Dispose(existing);
  }
  const double new_kb = settings_.properties->StoredKb(*made);
  return {200, settings_.charges->Replace(old_kb, new_kb, changed), made};
}

ItemOutcome Partition::Delete(const EffectivePartitionKey& key, std::string_view id,
                              const Conditions& conditions) {
  StoredDocument* existing = Find(MakeItemKey(key, id));
  if (existing == nullptr) return {404, settings_.charges->ReadWithoutBody(false), nullptr};
  if (Fails(conditions, *existing)) return {412, settings_.charges->Conflict(), nullptr};
  const CentiRu charge = settings_.charges->Delete(settings_.properties->StoredKb(*existing),
                                                   static_cast<int>(existing->terms()));
  ++lsn_;
  Unlink(existing);
  if (journal_) journal_->Deleted(*existing, lsn_);
  if (versions_) versions_->Deleted(*existing, lsn_, NowSeconds(), false);
  if (undoable_) {
    Note(Undo::Kind::kReinsert, existing, nullptr);
  } else {
    Dispose(existing);
  }
  return {204, charge, nullptr};
}

void Partition::DeleteLogical(const EffectivePartitionKey& key) {
  const auto found = logical_.find(key);
  if (found == logical_.end()) return;
  while ((*found)->first != nullptr) {
    const std::string id = (*found)->first->Id();
    WEIR_CHECK(Delete(key, id, {}).status == 204);
  }
}

ItemOutcome Partition::Read(const EffectivePartitionKey& key, std::string_view id,
                            const Conditions& conditions, bool strong) const {
  const StoredDocument* existing = Find(MakeItemKey(key, id));
  if (existing == nullptr) return {404, settings_.charges->ReadWithoutBody(strong), nullptr};
  const std::string_view none_match = conditions.if_none_match;
  if (!none_match.empty() && (none_match == "*" || none_match == Etag(*existing))) {
    return {304, settings_.charges->ReadWithoutBody(strong), existing};
  }
  return {200, settings_.charges->Read(settings_.properties->StoredKb(*existing), strong),
          existing};
}

// Before a write: if-match must name the item's etag, if-none-match must not.
bool Partition::Fails(const Conditions& conditions, const StoredDocument& document) const {
  if (conditions.if_match.empty() && conditions.if_none_match.empty()) return false;
  const std::string etag = Etag(document);
  const auto matches = [&](std::string_view value) { return value == "*" || value == etag; };
  return (!conditions.if_match.empty() && !matches(conditions.if_match)) ||
         (!conditions.if_none_match.empty() && matches(conditions.if_none_match));
}

std::string Partition::Etag(const StoredDocument& document) const {
  std::string etag;
  SystemProperties::AppendEtag(document.lsn(), &etag);
  return etag;
}

// -------------------------------------------------------------------------------- storage

Partition::ItemKey Partition::MakeItemKey(const EffectivePartitionKey& key, std::string_view id) {
  return {&key, id, Mix64(HashOfKey(key) + std::hash<std::string_view>()(id))};
}

StoredDocument* Partition::Find(const ItemKey& item) const {
  return items_.Find(item.hash, [&](const StoredDocument& document) {
    return document.logical()->key == *item.key && document.HasId(item.id);
  });
}

void Partition::Dispose(StoredDocument* document) { StoredDocument::Delete(document, &memory_); }

StoredDocument* Partition::MakeDocument(const DocumentView& document) {
  ItemText text{.id = document.id,
                .json = document.json,
                .terms = static_cast<uint32_t>(document.terms),
                .ttl = document.ttl.value_or(0),
                .shape = document.shape,
                .packed = document.packed};
  if (text.shape == nullptr) FindShape(document, &text);
  StoredDocument* const made = StoredDocument::New(&memory_, text);
  made->set_timestamp(NowSeconds());
  made->set_lsn(++lsn_);
  return made;
}

// The items that come next may then be read by it.
void Partition::FindShape(const DocumentView& document, ItemText* text) {
  ShapeBook* const shapes = settings_.memory->shapes();
  if (shapes == nullptr) return;
  if (room_.size() < document.json.size() + DocumentShape::kPadding) {
    room_.resize(document.json.size() + DocumentShape::kPadding);
  }
  ShapedItem shaped;
  if (!shapes->Pack(document.json, room_.data(), &shaped)) {
    if (!document.is_directed) shapes->Learn(document);
    return;
  }
  if (shaped.id != document.id || shaped.json.size() != document.json.size()) return;
  text->shape = shaped.shape;
  text->packed = shaped.packed;
  if (!document.is_directed && !shaped.shape->TermsBy(document.policy)) {
    shapes->Count(shaped.shape->number(), document);
  }
}

// The document with its terms by the policy of now: that of the container may have been replaced
// since it was read.
const DocumentView& Partition::Counted(const DocumentView& document, bool with_terms) {
  const IndexingPolicy& policy = settings_.definition->policy();
  if (document.policy == &policy && (!with_terms || document.lists_terms)) return document;
  recount_text_.assign(document.json);
  recount_text_.reserve(recount_text_.size() + simdjson::SIMDJSON_PADDING);
  WEIR_CHECK(recount_reader_.Read(recount_text_, policy, true, &recount_view_) == nullptr);
  return recount_view_;
}

// Into old_view_, with its terms.
void Partition::ReadOld(const StoredDocument& document, IndexingDirective directive) {
  old_reader_.set_directive(directive);
  const std::string_view json = document.JsonIn(&old_text_);
  const IndexingPolicy& policy = settings_.definition->policy();
  WEIR_CHECK(old_reader_.Read(json, policy, true, &old_view_) == nullptr);
}

void Partition::Redefine(const ContainerDefinition& definition) {
  RemoveExpired();  // by the definition that they expired under
  settings_.definition = &definition;
  KeepVersionsAsDefined();
  expiries_.Clear();
  auto walk = made_.All();
  while (StoredDocument* document = walk.Next()) {
    Remind(*document);
    ReadOld(*document, IndexingDirective::kAutomatic);
    document->set_terms(static_cast<uint32_t>(old_view_.terms));
  }
  equality_indexes_.clear();  // made again by the first query that asks
}

LogicalPartition* Partition::Logical(const EffectivePartitionKey& key) {
  const auto found = logical_.find(key);
  if (found != logical_.end()) return *found;
  auto* made = new (memory_.Allocate(sizeof(LogicalPartition))) LogicalPartition{.key = key};
  logical_.insert(made);
  return made;
}

StoredDocument* Partition::Insert(const ItemKey& item, const DocumentView& document) {
  StoredDocument* made = MakeDocument(document);
  made->set_number(next_number_++);
  LogicalPartition* const logical = Logical(*item.key);
  made->set_logical(logical);
  made->set_previous(logical->last);
  Link(made, item.hash);
  if (journal_) journal_->Written(*made);
  if (versions_) versions_->Created(*made);
  if (undoable_) Note(Undo::Kind::kRemove, made, nullptr);
  return made;
}

uint64_t Partition::HashOf(const StoredDocument& document) {
  return MakeItemKey(document.logical()->key, document.Id()).hash;
}

// previous and next say where.
void Partition::Link(StoredDocument* document, uint64_t hash) {
  LogicalPartition* const logical = document->logical();
  StoredDocument* const previous = document->previous();
  StoredDocument* const next = document->next();
  if (previous != nullptr) {
    previous->set_next(document);
  } else {
    logical->first = document;
  }
  if (next != nullptr) {
    next->set_previous(document);
  } else {
    logical->last = document;
  }
  made_.Set(document->number(), document);
  items_.Insert(hash, document);
  changes_.Set(document->lsn(), document);
  bytes_ += document->json_size();
  Index(*document);
}

void Partition::Unlink(StoredDocument* document) {
  LogicalPartition* const logical = document->logical();
  StoredDocument* const previous = document->previous();
  StoredDocument* const next = document->next();
  if (previous != nullptr) {
    previous->set_next(next);
  } else {
    logical->first = next;
  }
  if (next != nullptr) {
    next->set_previous(previous);
  } else {
    logical->last = previous;
  }
  made_.Erase(document->number());
  items_.Erase(HashOf(*document), document);
  changes_.Erase(document->lsn());
  bytes_ -= document->json_size();
  Unindex(*document);
}

// Puts `by` where the document is: it gets its number and its place.
void Partition::Swap(StoredDocument* document, StoredDocument* by) {
  Unindex(*document);
  bytes_ += by->json_size();
  bytes_ -= document->json_size();
  by->set_number(document->number());
  LogicalPartition* const logical = document->logical();
  by->set_logical(logical);
  by->set_previous(document->previous());
  by->set_next(document->next());
  if (logical->first == document) logical->first = by;
  if (logical->last == document) logical->last = by;
  if (StoredDocument* previous = by->previous()) previous->set_next(by);
  if (StoredDocument* next = by->next()) next->set_previous(by);
  made_.Set(by->number(), by);
  items_.Replace(HashOf(*document), document, by);
  changes_.Erase(document->lsn());
  changes_.Set(by->lsn(), by);
  Index(*by);
}

void Partition::Index(const StoredDocument& document) {
  for (EqualityIndex& index : equality_indexes_) index.Add(document);
  if (unique_keys_) unique_keys_->Add(document);
  Remind(document);
}

void Partition::Unindex(const StoredDocument& document) {
  for (EqualityIndex& index : equality_indexes_) index.Remove(document);
  if (unique_keys_) unique_keys_->Remove(document);
}

// ------------------------------------------------------------------- unique keys and expiry

std::optional<ItemOutcome> Partition::NotUnique(const EffectivePartitionKey& key,
                                                const DocumentView& document,
                                                const StoredDocument* self) {
  if (!unique_keys_) return std::nullopt;
  const auto message = unique_keys_->Conflict(key, document.json, self);
  if (!message) return std::nullopt;
  return ItemOutcome{409, settings_.charges->Conflict(), nullptr, *message};
}

// The second in which an item is gone.
std::optional<uint32_t> Partition::ExpiryOf(const StoredDocument& document) const {
  const std::optional<int32_t> otherwise = settings_.definition->default_ttl();
  if (!otherwise) return std::nullopt;
  const int32_t ttl = document.ttl();
  const int32_t lives = ttl != 0 ? ttl : *otherwise;
  if (lives == kItemsNeverExpire) return std::nullopt;
  return document.timestamp() + static_cast<uint32_t>(lives);
}

void Partition::Remind(const StoredDocument& document) {
  if (const auto second = ExpiryOf(document)) expiries_.Add(*second, document.number());
}

void Partition::RemoveExpired() {
  if (!expiries_.empty()) RemoveExpired(NowSeconds());
}

void Partition::RemoveExpired(uint32_t now) {
  WEIR_CHECK(!undoable_);
  while (expiries_.IsDue(now)) {
    const uint64_t number = expiries_.Pop();
    StoredDocument* document = made_.Find(number);
    if (document == nullptr) continue;
    const auto second = ExpiryOf(*document);
    if (!second || *second > now) continue;
    ++lsn_;
    Unlink(document);
    if (journal_) journal_->Deleted(*document, lsn_);
    if (versions_) versions_->Deleted(*document, lsn_, NowSeconds(), true);
    Dispose(document);
  }
}

// ----------------------------------------------------------------------------------- undo

void Partition::Note(Undo::Kind kind, StoredDocument* document, StoredDocument* before) {
  undo_.push_back({kind, document, before});
}

void Partition::Begin() {
  WEIR_CHECK(!undoable_ && undo_.empty());
  undoable_ = true;
  lsn_before_ = lsn_;
  if (journal_) journal_->Hold();
}

void Partition::Commit() {
  undoable_ = false;
  for (const Undo& undo : undo_) {
    if (undo.kind == Undo::Kind::kReinsert) Dispose(undo.document);
    Dispose(undo.before);
  }
  undo_.clear();
  if (journal_) journal_->Flush();
}

void Partition::RollBack() {
  undoable_ = false;
  if (journal_) journal_->Discard();
  if (versions_) versions_->DropAfter(lsn_before_);
  for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) {
    switch (step->kind) {
      case Undo::Kind::kRemove:
        Unlink(step->document);
        Dispose(step->document);
        break;
      case Undo::Kind::kRestore:
        Swap(step->document, step->before);
        Dispose(step->document);
        break;
      case Undo::Kind::kReinsert:
        Link(step->document, HashOf(*step->document));
        break;
    }
  }
  undo_.clear();
  lsn_ = lsn_before_;  // nobody has seen those in between
}

// -------------------------------------------------------------------------------- queries

const LogicalPartition* Partition::FindLogical(const EffectivePartitionKey& key) const {
  const auto found = logical_.find(key);
  return found == logical_.end() ? nullptr : *found;
}

ItemSequence::Walk Partition::ChangesSince(int64_t unix_seconds) const {
  return changes_.FirstWhere([unix_seconds](const StoredDocument& document) {
    return int64_t{document.timestamp()} >= unix_seconds;
  });
}

const std::vector<const StoredDocument*>& Partition::FindEqual(const PropertyPath& path,
                                                               const PartitionKeyValue& value) {
  for (const EqualityIndex& index : equality_indexes_) {
    if (index.path() == path) return index.Find(value);
  }
  EqualityIndex& made = equality_indexes_.emplace_back(path);
  auto walk = made_.All();
  while (const StoredDocument* document = walk.Next()) made.Add(*document);
  return made.Find(value);
}

}  // namespace weir::cosmos::emulator
