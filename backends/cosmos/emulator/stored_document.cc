#include "backends/cosmos/emulator/stored_document.h"

#include <simdjson.h>

#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/shape_book.h"
#include "base/check.h"

namespace weir::cosmos::emulator {
namespace {

constexpr std::string_view kEtagHead = "\"00000000-0000-0000-0000-";
constexpr size_t kEtagDigits = 12;

void PutHex(uint64_t value, char* to) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (size_t i = 0; i < kEtagDigits; ++i) {
    to[i] = kHex[(value >> 4 * (kEtagDigits - 1 - i)) & 0xF];
  }
}

}  // namespace

// ------------------------------------------------------------------------------------- text

bool StoredDocument::CanPack(const ItemText& text) {
  return text.shape != nullptr && text.ttl == 0 && text.terms <= 0xFFFF &&
         text.json.size() <= 0xFFFF &&
         sizeof(StoredDocument) + sizeof(PackedHead) + text.packed.size() <= BlockMemory::kLargest;
}

bool StoredDocument::IsLong(size_t text_bytes) {
  return sizeof(StoredDocument) + sizeof(PlainHead) + text_bytes > BlockMemory::kLargest;
}

StoredDocument* StoredDocument::New(BlockMemory* memory, const ItemText& text) {
  if (!CanPack(text)) return NewPlain(memory, text);
  const size_t bytes = sizeof(StoredDocument) + sizeof(PackedHead) + text.packed.size();
  auto* made = new (memory->Allocate(bytes)) StoredDocument(text.shape->number());
  made->Payload<PackedHead>() = {static_cast<uint16_t>(text.json.size()),
                                 static_cast<uint16_t>(text.terms)};
  std::memcpy(reinterpret_cast<char*>(made + 1) + sizeof(PackedHead), text.packed.data(),
              text.packed.size());
  return made;
}

StoredDocument* StoredDocument::NewPlain(BlockMemory* memory, const ItemText& text) {
  const size_t text_bytes = text.id.size() + text.json.size();
  const bool is_long = IsLong(text_bytes);
  const size_t bytes =
      sizeof(StoredDocument) + sizeof(PlainHead) + (is_long ? sizeof(char*) : text_bytes);
  auto* made = new (memory->Allocate(bytes)) StoredDocument(kPlain);
  auto& head = made->Payload<PlainHead>();
  head = {static_cast<uint32_t>(text.json.size()), static_cast<uint32_t>(text.id.size()),
          text.terms, text.ttl};
  char* to = reinterpret_cast<char*>(&head + 1);
  if (is_long) {
    char* const heap = memory->memory()->TakeLong(text_bytes);
    std::memcpy(to, &heap, sizeof(heap));
    to = heap;
  }
  std::memcpy(to, text.id.data(), text.id.size());
  std::memcpy(to + text.id.size(), text.json.data(), text.json.size());
  return made;
}

size_t StoredDocument::PayloadBytes() const {
  if (is_packed()) return sizeof(PackedHead) + shape().PackedBytes(packed_text());
  const size_t text_bytes = size_t{plain().id_size} + plain().json_size;
  return sizeof(PlainHead) + (IsLong(text_bytes) ? sizeof(char*) : text_bytes);
}

const char* StoredDocument::plain_text() const {
  const char* const text = reinterpret_cast<const char*>(&plain() + 1);
  if (!IsLong(size_t{plain().id_size} + plain().json_size)) return text;
  const char* heap = nullptr;
  std::memcpy(&heap, text, sizeof(heap));
  return heap;
}

void StoredDocument::Delete(StoredDocument* document, BlockMemory* memory) {
  if (document == nullptr) return;
  const size_t bytes = sizeof(StoredDocument) + document->PayloadBytes();
  if (!document->is_packed()) {
    const PlainHead& head = document->plain();
    if (IsLong(size_t{head.id_size} + head.json_size)) {
      memory->memory()->GiveLong(const_cast<char*>(document->plain_text()));
    }
  }
  memory->Free(document, bytes);
}

StoredDocument* StoredDocument::CopyOf(const StoredDocument& document, BlockMemory* memory) {
  StoredDocument* copy = nullptr;
  if (document.is_packed()) {
    const size_t bytes = sizeof(StoredDocument) + document.PayloadBytes();
    copy = new (memory->Allocate(bytes)) StoredDocument(document.shape_);
    std::memcpy(static_cast<void*>(copy + 1), &document + 1, bytes - sizeof(StoredDocument));
  } else {
    const PlainHead& head = document.plain();
    const char* const text = document.plain_text();
    copy = NewPlain(memory, {.id = {text, head.id_size},
                             .json = {text + head.id_size, head.json_size},
                             .terms = head.terms,
                             .ttl = head.ttl});
  }
  copy->number_ = document.number_;
  copy->lsn_ = document.lsn_;
  copy->timestamp_ = document.timestamp_;
  return copy;
}

const DocumentShape& StoredDocument::shape() const {
  return ItemMemory::Of(this).shapes()->At(shape_);
}

std::string StoredDocument::Id() const {
  if (!is_packed()) return {plain_text(), plain().id_size};
  std::string id;
  shape().AppendId(packed_text(), &id);
  return id;
}

bool StoredDocument::HasId(std::string_view id) const {
  if (!is_packed()) return std::string_view(plain_text(), plain().id_size) == id;
  return shape().HasId(packed_text(), id);
}

void StoredDocument::AppendJson(std::string* out) const {
  if (!is_packed()) {
    out->append(plain_text() + plain().id_size, plain().json_size);
    return;
  }
  const size_t before = out->size();
  out->resize(before + packed().json_size + DocumentShape::kPadding);
  shape().Unpack(packed_text(), out->data() + before);
  out->resize(before + packed().json_size);
}

std::string_view StoredDocument::JsonIn(std::string* room) const {
  room->clear();
  room->reserve(json_size() + simdjson::SIMDJSON_PADDING);
  AppendJson(room);
  return *room;
}

void StoredDocument::set_terms(uint32_t terms) {
  if (is_packed()) {
    WEIR_CHECK(terms <= 0xFFFF);  // a shape has few scalars
    Payload<PackedHead>().terms = static_cast<uint16_t>(terms);
  } else {
    Payload<PlainHead>().terms = terms;
  }
}

// ------------------------------------------------------------------------ system properties

SystemProperties::SystemProperties(const std::string& database_rid,
                                   const std::string& container_rid,
                                   std::string container_rid_bytes)
    : self_head_(absl::StrCat("dbs/", database_rid, "/colls/", container_rid, "/docs/")),
      container_rid_bytes_(std::move(container_rid_bytes)) {
  std::string sample;
  AppendProperties(0, 0, 1'500'000'000, &sample);
  bytes_ = static_cast<uint32_t>(sample.size());
}

std::string SystemProperties::DocumentRid(uint64_t number) const {
  std::string raw = container_rid_bytes_;
  for (int shift = 0; shift < 64; shift += 8) raw.push_back(static_cast<char>(number >> shift));
  std::string rid = absl::Base64Escape(raw);
  for (char& c : rid) c = c == '/' ? '-' : c;
  return rid;
}

void SystemProperties::AppendEtag(uint64_t lsn, std::string* out) {
  char tail[kEtagDigits + 1];
  PutHex(lsn, tail);
  tail[kEtagDigits] = '"';
  out->append(kEtagHead).append(tail, sizeof(tail));
}

void SystemProperties::AppendEscapedEtag(uint64_t lsn, std::string* out) {
  char tail[kEtagDigits + 2];
  PutHex(lsn, tail);
  tail[kEtagDigits] = '\\';
  tail[kEtagDigits + 1] = '"';
  out->append("\\").append(kEtagHead).append(tail, sizeof(tail));
}

void SystemProperties::AppendProperties(uint64_t number, uint64_t lsn, uint32_t unix_seconds,
                                        std::string* out) const {
  const std::string rid = DocumentRid(number);
  out->append(R"(,"_rid":")").append(rid);
  out->append(R"(","_self":")").append(self_head_).append(rid);
  out->append(R"(/","_etag":")");
  AppendEscapedEtag(lsn, out);
  out->append(R"(","_attachments":"attachments/","_ts":)");
  AppendInteger(unix_seconds, out);
}

void SystemProperties::AppendJson(const StoredDocument& document, std::string* out) const {
  document.AppendJson(out);
  out->pop_back();
  AppendProperties(document.number(), document.lsn(), document.timestamp(), out);
  out->push_back('}');
}

}  // namespace weir::cosmos::emulator
