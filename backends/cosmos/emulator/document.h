// Reading an item's JSON once: what is stored of it, its id and partition key, and how much of it
// is indexed. A DocumentReader is one thread's.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/indexing_policy.h"
#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos::emulator {

// One indexed scalar: hashes of its path and of its value.
struct IndexedTerm {
  uint64_t path;
  uint64_t value;
  auto operator<=>(const IndexedTerm&) const = default;
};

class DocumentShape;

// Text points into the reader's input or into the reader; 64 bytes behind `json` are readable.
struct DocumentView {
  std::string_view json;  // compact, without system properties
  std::string_view id;
  bool has_id = false;
  std::optional<int32_t> ttl;  // seconds or −1; nothing when it has none
  bool has_bad_ttl = false;    // it has one that is no such number
  PartitionKeyValue key[kMaxPartitionKeyLevels];
  const IndexingPolicy* policy = nullptr;  // that the terms were counted by
  int terms = 0;                           // indexed scalars and composite entries
  std::vector<IndexedTerm> indexed_terms;  // the same, sorted
  bool lists_terms = false;                // whether indexed_terms is complete
  bool is_directed = false;                // by an indexing directive: the terms may be others
  const DocumentShape* shape = nullptr;    // with `packed`; null when it has none, as far as known
  std::string_view packed;
};

// A scalar whose path the policy names: the node of its path, a hash of its value.
struct SeenScalar {
  int node;
  uint64_t value;
};

// x-ms-indexing-directive: whether an item is indexed, whatever the policy's "automatic" says.
enum class IndexingDirective : uint8_t { kAutomatic, kInclude, kExclude };

class DocumentReader {
 public:
  DocumentReader() = default;
  DocumentReader(const DocumentReader&) = delete;
  DocumentReader& operator=(const DocumentReader&) = delete;

  // Of the items that are read from now on.
  void set_directive(IndexingDirective directive) { directive_ = directive; }

  // json must be followed by simdjson::SIMDJSON_PADDING readable bytes. An error text, or nullptr.
  const char* Read(std::string_view json, const IndexingPolicy& policy, bool want_terms,
                   DocumentView* view);

  // The same for an object inside a larger text that its owner iterates.
  const char* Read(simdjson::ondemand::value value, std::string_view whole,
                   const IndexingPolicy& policy, bool want_terms, DocumentView* view);

 private:
  bool Indexes(const IndexingPolicy& policy) const;
  void AddCompositeEntries(const IndexingPolicy& policy, DocumentView* view) const;
  const char* Rewrite(std::string_view json, DocumentView* view);

  simdjson::ondemand::parser parser_;
  simdjson::dom::parser rewrite_parser_;
  std::string rewritten_;
  std::vector<SeenScalar> seen_;
  IndexingDirective directive_ = IndexingDirective::kAutomatic;
};

// Indexed scalars added, removed or changed between two sorted lists.
int CountChangedTerms(const std::vector<IndexedTerm>& before,
                      const std::vector<IndexedTerm>& after);

}  // namespace weir::cosmos::emulator
