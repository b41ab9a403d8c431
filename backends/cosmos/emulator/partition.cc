#include "backends/cosmos/emulator/partition.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>

#include "backends/cosmos/emulator/wall_clock.h"
#include "base/check.h"
#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

uint64_t HashOf(const EffectivePartitionKey& key) {
  uint64_t hash = 0;
  for (size_t at = 8; at < key.bytes().size(); at += EffectivePartitionKey::kHashBytes) {
    uint64_t word = 0;
    std::memcpy(&word, key.bytes().data() + at, sizeof(word));
    hash = hash * 31 + word;  // a hash already, all bits of it even
  }
  return hash;
}

}  // namespace

size_t Partition::KeyHash::operator()(const EffectivePartitionKey& key) const {
  return HashOf(key);
}

Partition::Partition(uint32_t id, KeyRange range, std::vector<uint32_t> parents, CentiRu per_second,
                     const PartitionSettings& settings)
    : id_(id),
      range_(range),
      parents_(std::move(parents)),
      settings_(settings),
      budget_(per_second),
      next_number_((static_cast<uint64_t>(id) << kIdShift) + 1) {
  const auto& keys = settings.definition->unique_keys();
  if (!keys.empty()) unique_keys_.emplace(keys);
  KeepVersionsAsDefined();
}

Partition::~Partition() {
  for (const Slot& slot : slots_) Dispose(slot.document);
}

// ---------------------------------------------------------------------------- operations

ItemOutcome Partition::Create(const EffectivePartitionKey& key, const DocumentView& document) {
  const ItemKey item = MakeItemKey(key, document.id);
  if (Find(item) != nullptr) return {409, settings_.charges->Conflict(), nullptr};
  if (const auto refusal = NotUnique(key, document, nullptr)) return *refusal;
  const StoredDocument* made = Insert(item, Counted(document));
  const double kb = settings_.properties->StoredKb(*made);
  return {201, settings_.charges->Insert(kb, static_cast<int>(made->body.terms)), made};
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
  const DocumentView& document = Counted(given);
  if (const auto refusal = NotUnique(existing->logical->key, document, existing)) return *refusal;
  const double old_kb = settings_.properties->StoredKb(*existing);
  ReadOld(*existing, IndexingDirective::kInclude);
  if (existing->body.terms == 0) old_view_.indexed_terms.clear();  // it was left out of the index
  const int changed = CountChangedTerms(old_view_.indexed_terms, document.indexed_terms);
  StoredDocument before;
  if (versions_) before = VersionLog::CopyOf(*existing);
  Swap(existing, MakeBody(document));
  if (journal_) journal_->Written(*existing);
  if (versions_) versions_->Replaced(*existing, std::move(before));
  const double new_kb = settings_.properties->StoredKb(*existing);
  return {200, settings_.charges->Replace(old_kb, new_kb, changed), existing};
}

ItemOutcome Partition::Delete(const EffectivePartitionKey& key, std::string_view id,
                              const Conditions& conditions) {
  StoredDocument* existing = Find(MakeItemKey(key, id));
  if (existing == nullptr) return {404, settings_.charges->ReadWithoutBody(false), nullptr};
  if (Fails(conditions, *existing)) return {412, settings_.charges->Conflict(), nullptr};
  const CentiRu charge = settings_.charges->Delete(settings_.properties->StoredKb(*existing),
                                                   static_cast<int>(existing->body.terms));
  ++lsn_;
  Unlink(existing);
  if (journal_) journal_->Deleted(*existing, lsn_);
  if (versions_) versions_->Deleted(*existing, lsn_, NowSeconds(), false);
  if (undoable_) {
    Note(Undo::Kind::kReinsert, existing, {});
  } else {
    Dispose(existing);
  }
  return {204, charge, nullptr};
}

void Partition::DeleteLogical(const EffectivePartitionKey& key) {
  const auto found = logical_.find(key);
  if (found == logical_.end()) return;
  while (found->second->first != nullptr) {
    const std::string id(found->second->first->body.id());
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
  SystemProperties::AppendEtag(document.body.lsn, &etag);
  return etag;
}

// -------------------------------------------------------------------------------- storage

Partition::ItemKey Partition::MakeItemKey(const EffectivePartitionKey& key, std::string_view id) {
  return {&key, id, Mix64(HashOf(key) + std::hash<std::string_view>()(id))};
}

StoredDocument* Partition::Find(const ItemKey& item) const {
  const auto found = items_.find(item);
  return found == items_.end() ? nullptr : *found;
}

StoredDocument* Partition::NewDocument() {
  return new (settings_.memory->Allocate(sizeof(StoredDocument))) StoredDocument;
}

void Partition::Dispose(StoredDocument* document) {
  if (document == nullptr) return;
  document->~StoredDocument();
  settings_.memory->Free(document, sizeof(StoredDocument));
}

DocumentBody Partition::MakeBody(const DocumentView& document) {
  DocumentBody body;
  body.text = DocumentText(document.id, document.json, settings_.memory);
  body.terms = static_cast<uint32_t>(document.terms);
  body.ttl = document.ttl.value_or(0);
  body.timestamp = NowSeconds();
  body.lsn = ++lsn_;
  return body;
}

// The document with its terms by the policy of now: that of the container may have been replaced
// since it was read.
const DocumentView& Partition::Counted(const DocumentView& document) {
  const IndexingPolicy& policy = settings_.definition->policy();
  if (document.policy == &policy) return document;
  recount_text_.assign(document.json);
  recount_text_.reserve(recount_text_.size() + simdjson::SIMDJSON_PADDING);
  WEIR_CHECK(recount_reader_.Read(recount_text_, policy, true, &recount_view_) == nullptr);
  return recount_view_;
}

// Into old_view_, with its terms.
void Partition::ReadOld(const StoredDocument& document, IndexingDirective directive) {
  old_reader_.set_directive(directive);
  old_text_.assign(document.body.json());
  old_text_.reserve(old_text_.size() + simdjson::SIMDJSON_PADDING);
  const IndexingPolicy& policy = settings_.definition->policy();
  WEIR_CHECK(old_reader_.Read(old_text_, policy, true, &old_view_) == nullptr);
}

void Partition::Redefine(const ContainerDefinition& definition) {
  RemoveExpired();  // by the definition that they expired under
  settings_.definition = &definition;
  KeepVersionsAsDefined();
  expiries_.Clear();
  for (const Slot& slot : slots_) {
    if (slot.document == nullptr) continue;
    Remind(*slot.document);
    ReadOld(*slot.document, IndexingDirective::kAutomatic);
    slot.document->body.terms = static_cast<uint32_t>(old_view_.terms);
  }
  equality_indexes_.clear();  // made again by the first query that asks
}

LogicalPartition* Partition::Logical(const EffectivePartitionKey& key) {
  auto& logical = logical_[key];
  if (logical == nullptr)
    logical = std::make_unique<LogicalPartition>(LogicalPartition{.key = key});
  return logical.get();
}

StoredDocument* Partition::Insert(const ItemKey& item, const DocumentView& document) {
  StoredDocument* made = NewDocument();
  made->body = MakeBody(document);
  made->number = next_number_++;
  made->hash = item.hash;
  made->logical = Logical(*item.key);
  made->previous = made->logical->last;
  slots_.push_back({made->number, nullptr});
  ++empty_slots_;
  Link(made);
  if (journal_) journal_->Written(*made);
  if (versions_) versions_->Created(*made);
  if (undoable_) Note(Undo::Kind::kRemove, made, {});
  return made;
}

// previous and next say where; the slot exists.
void Partition::Link(StoredDocument* document) {
  LogicalPartition* logical = document->logical;
  (document->previous ? document->previous->next : logical->first) = document;
  (document->next ? document->next->previous : logical->last) = document;
  slots_[SlotOf(document->number)].document = document;
  --empty_slots_;
  items_.insert(document);
  changes_.Insert(document);
  bytes_ += document->body.json_size();
  for (EqualityIndex& index : equality_indexes_) index.Add(*document);
  if (unique_keys_) unique_keys_->Add(*document);
  Remind(*document);
}

void Partition::Unlink(StoredDocument* document) {
  LogicalPartition* logical = document->logical;
  (document->previous ? document->previous->next : logical->first) = document->next;
  (document->next ? document->next->previous : logical->last) = document->previous;
  slots_[SlotOf(document->number)].document = nullptr;
  ++empty_slots_;
  items_.erase(document);
  changes_.Erase(document);
  bytes_ -= document->body.json_size();
  for (EqualityIndex& index : equality_indexes_) index.Remove(*document);
  if (unique_keys_) unique_keys_->Remove(*document);
  if (!undoable_ && undo_.empty()) CompactSlots();  // an undo needs its slot
}

void Partition::Swap(StoredDocument* document, DocumentBody body) {
  for (EqualityIndex& index : equality_indexes_) index.Remove(*document);
  if (unique_keys_) unique_keys_->Remove(*document);
  bytes_ += body.json_size();
  bytes_ -= document->body.json_size();
  changes_.Erase(document);
  std::swap(document->body, body);
  changes_.Insert(document);
  for (EqualityIndex& index : equality_indexes_) index.Add(*document);
  if (unique_keys_) unique_keys_->Add(*document);
  Remind(*document);
  if (undoable_) Note(Undo::Kind::kRestoreBody, document, std::move(body));
}

// The slot of this number, which exists.
size_t Partition::SlotOf(uint64_t number) const {
  // Without compaction the partition's own numbers stand one after the other.
  const uint64_t guess = (number & ((uint64_t{1} << kIdShift) - 1)) - 1 + adopted_slots_;
  if (guess < slots_.size() && slots_[guess].number == number) return guess;
  return FirstSlotAfter(number - 1);
}

size_t Partition::FirstSlotAfter(uint64_t after) const {
  const auto slot = std::upper_bound(slots_.begin(), slots_.end(), after,
                                     [](uint64_t n, const Slot& s) { return n < s.number; });
  return static_cast<size_t>(slot - slots_.begin());
}

void Partition::CompactSlots() {
  constexpr size_t kWorthIt = 1024;
  if (empty_slots_ < kWorthIt || 2 * empty_slots_ < slots_.size()) return;
  std::erase_if(slots_, [](const Slot& slot) { return slot.document == nullptr; });
  empty_slots_ = 0;
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
std::optional<uint32_t> Partition::ExpiryOf(const DocumentBody& body) const {
  const std::optional<int32_t> otherwise = settings_.definition->default_ttl();
  if (!otherwise) return std::nullopt;
  const int32_t lives = body.ttl != 0 ? body.ttl : *otherwise;
  if (lives == kItemsNeverExpire) return std::nullopt;
  return body.timestamp + static_cast<uint32_t>(lives);
}

void Partition::Remind(const StoredDocument& document) {
  if (const auto second = ExpiryOf(document.body)) expiries_.Add(*second, document.number);
}

void Partition::RemoveExpired() {
  if (!expiries_.empty()) RemoveExpired(NowSeconds());
}

void Partition::RemoveExpired(uint32_t now) {
  WEIR_CHECK(!undoable_);
  while (expiries_.IsDue(now)) {
    const uint64_t number = expiries_.Pop();
    const size_t slot = FirstSlotAfter(number - 1);
    if (slot == slots_.size() || slots_[slot].number != number) continue;
    StoredDocument* document = slots_[slot].document;
    if (document == nullptr) continue;
    const auto second = ExpiryOf(document->body);
    if (!second || *second > now) continue;
    ++lsn_;
    Unlink(document);
    if (journal_) journal_->Deleted(*document, lsn_);
    if (versions_) versions_->Deleted(*document, lsn_, NowSeconds(), true);
    Dispose(document);
  }
}

// ----------------------------------------------------------------------------------- undo

void Partition::Note(Undo::Kind kind, StoredDocument* document, DocumentBody body) {
  undo_.push_back({kind, document, std::move(body)});
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
  }
  undo_.clear();
  if (journal_) journal_->Flush();
  CompactSlots();
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
      case Undo::Kind::kRestoreBody:
        Swap(step->document, std::move(step->body));
        break;
      case Undo::Kind::kReinsert:
        Link(step->document);
        break;
    }
  }
  undo_.clear();
  lsn_ = lsn_before_;  // nobody has seen those in between
  CompactSlots();
}

// -------------------------------------------------------------------------------- queries

const LogicalPartition* Partition::FindLogical(const EffectivePartitionKey& key) const {
  const auto found = logical_.find(key);
  return found == logical_.end() ? nullptr : found->second.get();
}

const std::vector<const StoredDocument*>& Partition::FindEqual(const PropertyPath& path,
                                                               const PartitionKeyValue& value) {
  for (const EqualityIndex& index : equality_indexes_) {
    if (index.path() == path) return index.Find(value);
  }
  EqualityIndex& made = equality_indexes_.emplace_back(path);
  for (const Slot& slot : slots_) {
    if (slot.document != nullptr) made.Add(*slot.document);
  }
  return made.Find(value);
}

}  // namespace weir::cosmos::emulator
