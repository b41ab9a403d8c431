// What many items of a container have in common, so that it is kept once: everything of their JSON
// but the scalars. An item of a known shape is read by comparing and skipping what is known, and is
// kept as its packed scalars, from which the JSON comes back byte for byte.
//
// Packed, a scalar is a byte that says how, then its bytes. Text: as it stands between the quotes,
// or two characters to a byte when it has hex digits only, or the characters of dates only, or the
// number of a word that many items of the container have there. Numbers: two digits to a byte.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/block_memory.h"
#include "backends/cosmos/emulator/document.h"
#include "backends/cosmos/emulator/word_list.h"
#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos::emulator {

class DocumentShape;

// An item's text, taken apart. Views into the text and into the room it was packed into.
struct ShapedItem {
  const DocumentShape* shape = nullptr;
  std::string_view json;
  std::string_view packed;
  std::string_view id;
  std::string_view key[kMaxPartitionKeyLevels];
};

// Any thread: what changes are atomics and word lists.
class DocumentShape {
 public:
  // Bytes: readable behind what is packed, writable behind both.
  static constexpr size_t kPadding = ItemMemory::kPadding;

  // Of an item that was read: its JSON is valid and compact. Null when its items cannot be told by
  // their text alone: ttl, escaped names, an id or key that is not a plain string.
  // key_levels: of the container.
  static std::unique_ptr<DocumentShape> Of(const DocumentView& view, size_t key_levels);

  // Takes the item apart that `text` begins with; more may follow. False when it is not of this
  // shape or needs a closer look; whatever it accepts is valid JSON. room: as many bytes as text.
  bool Pack(std::string_view text, char* room, ShapedItem* item) const;

  // Writes the JSON to `out` and returns its end. Reads and writes up to kPadding bytes more than
  // the item has.
  char* Unpack(const char* packed, char* out) const;
  size_t PackedBytes(const char* packed) const;
  // Appends the id, its escapes undone: it has none.
  void AppendId(const char* packed, std::string* out) const;
  bool HasId(const char* packed, std::string_view id) const;

  bool HasLiteralsOf(const DocumentShape& other) const;
  // Whether its items have this level of the key; else it is undefined.
  bool has_level(size_t level) const { return has_level_[level]; }

  // Its number in the ShapeBook.
  uint16_t number() const { return number_; }
  void set_number(uint16_t number) { number_ = number; }

  // How many scalars of such an item a policy indexes; nothing when that is not known of it.
  struct Count {
    const IndexingPolicy* policy;
    int terms;
  };
  std::optional<int> TermsBy(const IndexingPolicy* policy) const {
    const Count* count = count_.load(std::memory_order_acquire);
    if (count == nullptr || count->policy != policy) return std::nullopt;
    return count->terms;
  }
  // count lives as long as this.
  void set_count(const Count* count) { count_.store(count, std::memory_order_release); }

 private:
  enum Role : uint8_t { kId = 1, kFirstLevel = 2 };  // and the levels behind it
  enum Form : uint8_t { kPlain, kHex, kDate, kWord };
  struct Slot {
    uint32_t literal;        // where what stands before it begins in literals_
    uint32_t literal_bytes;  // with the opening quote
    bool is_text;
    uint8_t roles = 0;
    mutable std::atomic<uint8_t> form{kPlain};  // of the last text: tried first
    mutable WordList words;
  };

  DocumentShape() = default;
  bool TakeLiterals(std::string_view json, std::vector<size_t>* starts);
  void AddSlot(std::string_view json, size_t from, size_t to, bool is_text);
  bool FindNamed(const DocumentView& view, const std::vector<size_t>& starts, size_t key_levels);
  static void Name(const Slot& slot, std::string_view text, ShapedItem* item);
  static char* PackText(const Slot& slot, std::string_view text, char* out);
  std::string_view UnpackId(const char* packed, char* room) const;
  static const char* UnpackText(const Slot& slot, const char* packed, char** out);

  std::string literals_;  // all of them one after the other, the last closes the item
  std::vector<std::unique_ptr<Slot>> slots_;
  uint32_t tail_ = 0;  // of literals_
  uint32_t tail_bytes_ = 0;
  size_t id_slot_ = 0;
  std::vector<bool> has_level_;
  uint16_t number_ = 0;
  std::atomic<const Count*> count_{nullptr};
};

}  // namespace weir::cosmos::emulator
