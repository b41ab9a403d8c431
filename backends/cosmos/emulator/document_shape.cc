#include "backends/cosmos/emulator/document_shape.h"

#include <emmintrin.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstring>

#include "backends/cosmos/emulator/block_memory.h"
#include "backends/cosmos/emulator/packed_text.h"

namespace weir::cosmos::emulator {
namespace {

constexpr size_t kMostSlots = 200;
constexpr size_t kMostLiteralBytes = 8192;
constexpr size_t kNoSlot = ~size_t{0};

// How text is packed: the values of the first byte. Below kLongPlain, the length of plain text.
constexpr uint8_t kLongPlain = 200;  // two bytes of length
constexpr uint8_t kHexText = 208;    // and half the length, less one
constexpr uint8_t kWordText = 240;   // and the number's upper byte; its lower one
constexpr uint8_t kDateText = 248;   // a byte of length
constexpr size_t kLongestPacked = 64;
constexpr size_t kShortestPacked = 4;

// How other scalars are. Below kOther, the number of digits.
constexpr uint8_t kOther = 32;  // and the length; the text as it is
constexpr size_t kLongestOther = 40;
constexpr uint8_t kTrue = 128;
constexpr uint8_t kFalse = 129;
constexpr uint8_t kNull = 130;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

__m128i Load(const char* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)); }

// In steps of 16 bytes.
char* Copy(const char* from, size_t size, char* to) {
  for (size_t at = 0; at < size; at += 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), Load(from + at));
  }
  return to + size;
}

bool Equal(const char* a, const char* b, size_t size) {
  for (size_t at = 0; at < size; at += 16) {
    const auto same =
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(Load(a + at), Load(b + at))));
    const uint32_t wanted = size - at >= 16 ? 0xFFFF : (1U << (size - at)) - 1;
    if ((same & wanted) != wanted) return false;
  }
  return true;
}

// Of the escape that the text begins with; 0 when it is none, or half of a pair.
size_t EscapeBytes(std::string_view text) {
  constexpr std::string_view kSimple = "\"\\/bfnrt";
  if (text.size() < 2) return 0;
  if (kSimple.find(text[1]) != std::string_view::npos) return 2;
  if (text[1] != 'u' || text.size() < 6) return 0;
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  if (!std::all_of(text.begin() + 2, text.begin() + 6, is_hex)) return 0;
  return (text[2] | 0x20) == 'd' && text[3] >= '8' ? 0 : 6;
}

struct Text {
  size_t size;
  bool is_whole;  // valid, with its closing quote
  bool is_plain;  // without escapes
};

// The text up to its closing quote.
Text ScanText(const char* text, const char* end) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  const auto left = static_cast<size_t>(end - text);
  bool is_plain = true;
  bool is_ascii = true;
  for (size_t at = 0; at < left;) {
    const __m128i x = Load(text + at);
    const __m128i stops = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, backslash)),
        _mm_cmplt_epi8(x, space));  // as signed: control characters and all beyond ASCII
    const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(stops));
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += static_cast<size_t>(std::countr_zero(mask));
    if (at >= left) break;
    const char c = text[at];
    if (c == '"') {
      const bool is_whole = is_ascii || simdjson::validate_utf8(text, at);
      return {at, is_whole, is_plain};
    }
    if (c == '\\') {
      const size_t size = EscapeBytes({text + at, left - at});
      if (size == 0) break;
      is_plain = false;
      at += size;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      is_ascii = false;
      ++at;
    } else {
      break;
    }
  }
  return {0, false, false};
}

// How long the number is that the text begins with; 0 when it is none, or one for a closer look.
size_t NumberBytes(const char* text, const char* end) {
  const char* at = text;
  const auto digits = [&] {
    const char* const begin = at;
    while (at < end && IsDigit(*at)) ++at;
    return at - begin;
  };
  if (at < end && *at == '-') ++at;
  const char* const whole = at;
  const auto whole_digits = digits();
  if (whole_digits == 0 || (*whole == '0' && whole_digits > 1)) return 0;
  if (at < end && *at == '.') {
    ++at;
    if (digits() == 0) return 0;
  }
  if (at < end && (*at | 0x20) == 'e') {
    ++at;
    if (at < end && (*at == '-' || *at == '+')) ++at;
    const auto exponent_digits = digits();
    if (exponent_digits == 0 || exponent_digits > 2) return 0;
  }
  const auto size = static_cast<size_t>(at - text);
  return size <= kLongestOther ? size : 0;
}

// A number, true, false or null at *at, which moves behind it. Null when it is none of these.
char* PackBare(const char** at, const char* end, char* out) {
  const char* const text = *at;
  const size_t digits = PackDigits(text, out + 1);
  const char next = text[digits];
  if (digits > 0 && digits < 16 && text + digits < end && (text[0] != '0' || digits == 1) &&
      next != '.' && next != 'e' && next != 'E') {
    *out = static_cast<char>(digits);
    *at += digits;
    return out + 1 + (digits + 1) / 2;
  }
  const auto left = static_cast<size_t>(end - text);
  const auto word = [&](std::string_view name, uint8_t code) {
    if (left < name.size() || std::memcmp(text, name.data(), name.size()) != 0) return false;
    *out = static_cast<char>(code);
    *at += name.size();
    return true;
  };
  if (word("true", kTrue) || word("false", kFalse) || word("null", kNull)) return out + 1;
  const size_t size = NumberBytes(text, end);
  if (size == 0) return nullptr;
  *out = static_cast<char>(kOther + size);
  *at += size;
  return Copy(text, size, out + 1);
}

const char* UnpackBare(const char* packed, char** out) {
  const auto how = static_cast<uint8_t>(*packed++);
  if (how < kOther) {
    UnpackDate(packed, how, *out);
    *out += how;
    return packed + (how + 1) / 2;
  }
  if (how < kTrue) {
    *out = Copy(packed, how - kOther, *out);
    return packed + (how - kOther);
  }
  const std::string_view word = how == kTrue ? "true" : how == kFalse ? "false" : "null";
  std::memcpy(*out, word.data(), word.size());
  *out += word.size();
  return packed;
}

// How many bytes a packed scalar has.
size_t BytesOf(const char* packed, bool is_text) {
  const auto how = static_cast<uint8_t>(*packed);
  if (!is_text) return how < kOther ? 1 + (how + 1) / 2 : how < kTrue ? 1 + how - kOther : 1;
  if (how < kLongPlain) return 1 + size_t{how};
  if (how == kLongPlain) {
    uint16_t size = 0;
    std::memcpy(&size, packed + 1, sizeof(size));
    return 3 + size_t{size};
  }
  if (how < kWordText) return 2 + size_t{how} - kHexText;
  if (how < kDateText) return 2;
  return 2 + (static_cast<uint8_t>(packed[1]) + 1) / 2;
}

}  // namespace

// --------------------------------------------------------------------------------- learning

void DocumentShape::AddSlot(std::string_view json, size_t from, size_t to, bool is_text) {
  auto slot = std::make_unique<Slot>();
  slot->literal = static_cast<uint32_t>(literals_.size());
  slot->literal_bytes = static_cast<uint32_t>(to - from);
  slot->is_text = is_text;
  literals_.append(json.substr(from, to - from));
  slots_.push_back(std::move(slot));
}

// Takes valid, compact JSON apart. starts: where the scalars begin, text behind its quote.
bool DocumentShape::TakeLiterals(std::string_view json, std::vector<size_t>* starts) {
  size_t literal = 0;
  for (size_t at = 0; at < json.size();) {
    const char c = json[at];
    const bool is_text = c == '"';
    if (!is_text && std::strchr("{}[]:,", c) != nullptr) {
      ++at;
      continue;
    }
    const size_t begin = is_text ? at + 1 : at;
    size_t end = begin;
    if (is_text) {
      while (json[end] != '"') end += json[end] == '\\' ? 2 : 1;
      if (json[end + 1] == ':') {  // a name
        at = end + 1;
        continue;
      }
    } else {
      while (std::strchr("}],", json[end]) == nullptr) ++end;
    }
    if (slots_.size() == kMostSlots) return false;
    AddSlot(json, literal, begin, is_text);
    starts->push_back(begin);
    literal = end;
    at = is_text ? end + 1 : end;
  }
  tail_ = static_cast<uint32_t>(literals_.size());
  tail_bytes_ = static_cast<uint32_t>(json.size() - literal);
  literals_.append(json.substr(literal));
  return literals_.size() <= kMostLiteralBytes;
}

// Which slots are the id and the key's levels.
bool DocumentShape::FindNamed(const DocumentView& view, const std::vector<size_t>& starts,
                              size_t key_levels) {
  const auto slot_of = [&](std::string_view text) {
    const auto at = static_cast<size_t>(text.data() - view.json.data());
    const auto found = std::find(starts.begin(), starts.end(), at);
    return found == starts.end() ? kNoSlot : static_cast<size_t>(found - starts.begin());
  };
  id_slot_ = slot_of(view.id);
  if (id_slot_ == kNoSlot || !slots_[id_slot_]->is_text) return false;
  slots_[id_slot_]->roles = kId;
  has_level_.assign(key_levels, false);
  for (size_t level = 0; level < key_levels; ++level) {
    const PartitionKeyValue& value = view.key[level];
    if (value.kind() == PartitionKeyValue::Kind::kUndefined) continue;
    if (value.kind() != PartitionKeyValue::Kind::kString) return false;
    const size_t slot = slot_of(value.text());
    if (slot == kNoSlot || !slots_[slot]->is_text) return false;
    slots_[slot]->roles |= static_cast<uint8_t>(kFirstLevel << level);
    has_level_[level] = true;
  }
  return true;
}

std::unique_ptr<DocumentShape> DocumentShape::Of(const DocumentView& view, size_t key_levels) {
  if (view.ttl || view.has_bad_ttl || !view.has_id) return nullptr;
  std::unique_ptr<DocumentShape> shape(new DocumentShape);
  std::vector<size_t> starts;
  if (!shape->TakeLiterals(view.json, &starts)) return nullptr;
  const std::string_view literals = shape->literals_;
  if (literals.find('\\') != std::string_view::npos ||
      literals.find("\"ttl\":") != std::string_view::npos) {
    return nullptr;
  }
  if (!shape->FindNamed(view, starts, key_levels)) return nullptr;
  shape->literals_.append(16, '\0');  // readable
  return shape;
}

bool DocumentShape::HasLiteralsOf(const DocumentShape& other) const {
  if (literals_ != other.literals_ || slots_.size() != other.slots_.size()) return false;
  return std::equal(slots_.begin(), slots_.end(), other.slots_.begin(),
                    [](const auto& a, const auto& b) {
                      return a->literal == b->literal && a->is_text == b->is_text;
                    });
}

// ---------------------------------------------------------------------------------- packing

// The form that the slot's last text had is tried first; usually all have the same.
char* DocumentShape::PackText(const Slot& slot, std::string_view text, char* out) {
  const size_t size = text.size();
  const bool is_short = size >= kShortestPacked && size <= kLongestPacked;
  const auto pack = [&](Form form) -> char* {
    if (form == kHex && is_short && size % 2 == 0 && PackHex(text.data(), size, out + 1)) {
      *out = static_cast<char>(kHexText + size / 2 - 1);
      return out + 1 + size / 2;
    }
    if (form == kDate && is_short && PackDate(text.data(), size, out + 2)) {
      out[0] = static_cast<char>(kDateText);
      out[1] = static_cast<char>(size);
      return out + 2 + (size + 1) / 2;
    }
    if (form != kWord || (slot.roles & kId) != 0 || size < 2) return nullptr;
    const int number = slot.words.NumberOf(text);
    if (number == WordList::kNone) return nullptr;
    out[0] = static_cast<char>(kWordText + number / 256);
    out[1] = static_cast<char>(number % 256);
    return out + 2;
  };
  const auto last = static_cast<Form>(slot.form.load(std::memory_order_relaxed));
  if (last != kPlain) {
    if (char* end = pack(last)) return end;
  }
  for (const Form form : {kHex, kDate, kWord}) {
    if (form == last) continue;
    if (char* end = pack(form)) {
      slot.form.store(form, std::memory_order_relaxed);
      return end;
    }
  }
  if (size < kLongPlain) {
    *out = static_cast<char>(size);
    return Copy(text.data(), size, out + 1);
  }
  *out = static_cast<char>(kLongPlain);
  const auto bytes = static_cast<uint16_t>(size);
  std::memcpy(out + 1, &bytes, sizeof(bytes));
  return Copy(text.data(), size, out + 3);
}

void DocumentShape::Name(const Slot& slot, std::string_view text, ShapedItem* item) {
  if ((slot.roles & kId) != 0) item->id = text;
  for (int level = 0; level < kMaxPartitionKeyLevels; ++level) {
    if ((slot.roles & (kFirstLevel << level)) != 0) item->key[level] = text;
  }
}

bool DocumentShape::Pack(std::string_view text, char* room, ShapedItem* item) const {
  const char* at = text.data();
  const char* const end = at + text.size();
  char* out = room;
  for (std::string_view& level : item->key) level = {};
  bool is_plain = true;
  for (const auto& known : slots_) {
    const Slot& slot = *known;
    if (static_cast<size_t>(end - at) < slot.literal_bytes ||
        !Equal(at, literals_.data() + slot.literal, slot.literal_bytes)) {
      return false;
    }
    at += slot.literal_bytes;
    if (!slot.is_text) {
      out = PackBare(&at, end, out);
      if (out == nullptr) return false;
      continue;
    }
    const Text scanned = ScanText(at, end);
    if (!scanned.is_whole || scanned.size > 0xFFFF) return false;
    if (slot.roles != 0) {
      is_plain &= scanned.is_plain;
      Name(slot, {at, scanned.size}, item);
    }
    out = PackText(slot, {at, scanned.size}, out);
    at += scanned.size;
  }
  if (static_cast<size_t>(end - at) < tail_bytes_ ||
      !Equal(at, literals_.data() + tail_, tail_bytes_)) {
    return false;
  }
  at += tail_bytes_;
  item->shape = this;
  item->json = {text.data(), static_cast<size_t>(at - text.data())};
  item->packed = {room, static_cast<size_t>(out - room)};
  return is_plain;
}

// -------------------------------------------------------------------------------- unpacking

const char* DocumentShape::UnpackText(const Slot& slot, const char* packed, char** out) {
  const auto how = static_cast<uint8_t>(packed[0]);
  if (how < kLongPlain) {
    *out = Copy(packed + 1, how, *out);
    return packed + 1 + how;
  }
  if (how == kLongPlain) {
    uint16_t size = 0;
    std::memcpy(&size, packed + 1, sizeof(size));
    *out = Copy(packed + 3, size, *out);
    return packed + 3 + size;
  }
  if (how < kWordText) {
    const size_t bytes = size_t{how} - kHexText + 1;
    UnpackHex(packed + 1, 2 * bytes, *out);
    *out += 2 * bytes;
    return packed + 1 + bytes;
  }
  if (how < kDateText) {
    const std::string_view word =
        slot.words.At((how - kWordText) * 256 + static_cast<uint8_t>(packed[1]));
    *out = Copy(word.data(), word.size(), *out);
    return packed + 2;
  }
  const size_t size = static_cast<uint8_t>(packed[1]);
  UnpackDate(packed + 2, size, *out);
  *out += size;
  return packed + 2 + (size + 1) / 2;
}

char* DocumentShape::Unpack(const char* packed, char* out) const {
  for (const auto& slot : slots_) {
    out = Copy(literals_.data() + slot->literal, slot->literal_bytes, out);
    packed = slot->is_text ? UnpackText(*slot, packed, &out) : UnpackBare(packed, &out);
  }
  return Copy(literals_.data() + tail_, tail_bytes_, out);
}

size_t DocumentShape::PackedBytes(const char* packed) const {
  const char* at = packed;
  for (const auto& slot : slots_) at += BytesOf(at, slot->is_text);
  return static_cast<size_t>(at - packed);
}

// room: as a StoredDocument's block, and kPadding.
std::string_view DocumentShape::UnpackId(const char* packed, char* room) const {
  for (size_t i = 0; i < id_slot_; ++i) packed += BytesOf(packed, slots_[i]->is_text);
  char* end = room;
  UnpackText(*slots_[id_slot_], packed, &end);
  return {room, static_cast<size_t>(end - room)};
}

void DocumentShape::AppendId(const char* packed, std::string* out) const {
  char room[BlockMemory::kLargest + kPadding];
  out->append(UnpackId(packed, room));
}

bool DocumentShape::HasId(const char* packed, std::string_view id) const {
  char room[BlockMemory::kLargest + kPadding];
  return UnpackId(packed, room) == id;
}

}  // namespace weir::cosmos::emulator
