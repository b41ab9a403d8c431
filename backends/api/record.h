// The vocabulary of data: a record is a row of typed fields, made from its index on demand.
// Generators make records; backends encode them straight into what they send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace weir {

enum class FieldType : uint8_t {
  kText,  // UTF-8 without NUL
  kInt64,
  kDouble,
  kBool,
  kTimestamp,  // microseconds since 1970-01-01 UTC
};

struct Field {
  std::string name;  // [a-z_][a-z0-9_]*; a column, a JSON key
  FieldType type;
};

// One field's value; its type is the schema's. Does not own text.
class Value {
 public:
  Value() : integer_(0) {}
  static Value Text(std::string_view text) {
    Value value;
    value.text_ = text.data();
    value.size_ = text.size();
    return value;
  }
  static Value Integer(int64_t integer) {  // kInt64, kTimestamp
    Value value;
    value.integer_ = integer;
    return value;
  }
  static Value Real(double real) {
    Value value;
    value.real_ = real;
    return value;
  }
  static Value Bool(bool boolean) { return Integer(boolean ? 1 : 0); }

  std::string_view text() const { return {text_, size_}; }
  int64_t integer() const { return integer_; }
  double real() const { return real_; }
  bool boolean() const { return integer_ != 0; }

 private:
  union {
    const char* text_;
    int64_t integer_;
    double real_;
  };
  size_t size_ = 0;
};

// A row of values in the order of the schema's fields, with room for the text they point to. Reused
// from record to record: no allocation once it has grown to the largest.
class Record {
 public:
  static constexpr size_t kMaxFields = 64;

  // Starts a new record: `fields` values, at most text_bytes of text. Invalidates earlier text.
  void Reset(size_t fields, size_t text_bytes) {
    WEIR_CHECK(fields <= kMaxFields);
    size_ = fields;
    if (text_bytes > capacity_) {
      text_ = std::make_unique<char[]>(text_bytes);
      capacity_ = text_bytes;
    }
    used_ = 0;
  }

  size_t size() const { return size_; }
  const Value& operator[](size_t field) const { return values_[field]; }
  void Set(size_t field, Value value) { values_[field] = value; }

  // The unused room for text; Commit takes the first `bytes` of it for a field.
  char* room() { return text_.get() + used_; }
  size_t room_bytes() const { return capacity_ - used_; }
  void Commit(size_t field, size_t bytes) {
    WEIR_CHECK(used_ + bytes <= capacity_);
    values_[field] = Value::Text({text_.get() + used_, bytes});
    used_ += bytes;
  }

 private:
  Value values_[kMaxFields];
  size_t size_ = 0;
  std::unique_ptr<char[]> text_;
  size_t capacity_ = 0;
  size_t used_ = 0;
};

// ---------------------------------------------------------------------------------- queries

enum class Comparison : uint8_t { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

struct Condition {
  int field;
  Comparison comparison;
  int parameter;  // index into the query's parameters
};

struct GroupKey {
  int field;
  bool by_minute = false;  // of a kTimestamp field: the minute it lies in
};

enum class AggregateKind : uint8_t {
  kCount,
  kP95,  // nearest-rank 95th percentile of a numeric field (percentile_disc)
};

struct Aggregate {
  AggregateKind kind;
  int field = -1;
};

// A query in the abstract; each backend puts it into its own language. Either plain (select fields,
// order by a field) or grouped (select keys and aggregates, order by an aggregate or the keys).
struct QuerySpec {
  std::string name;
  std::string doc;
  std::vector<FieldType> parameters;
  std::vector<Condition> where;    // joined by AND
  std::vector<int> select;         // plain: fields; empty means all
  int order_by_field = -1;         // plain: −1 for any order
  std::vector<GroupKey> group_by;  // empty: plain
  std::vector<Aggregate> aggregates;
  int order_by_aggregate = -1;  // grouped: −1 orders by the keys, ascending
  bool descending = false;      // of order_by_field or order_by_aggregate
  uint32_t limit = 0;           // rows returned at most; 0: all
};

// ----------------------------------------------------------------------------------- schema

struct RecordSchema {
  std::string name;  // of the dataset: "logs"
  std::vector<Field> fields;
  int id_field;                           // kText, unique
  int partition_field;                    // the dataset's choice of partition key
  std::vector<std::vector<int>> indexes;  // what the queries need, each a list of fields
  std::vector<QuerySpec> queries;

  int FieldIndex(std::string_view field_name) const {  // −1 when there is none
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == field_name) return static_cast<int>(i);
    }
    return -1;
  }
  const QuerySpec* FindQuery(std::string_view query_name) const {
    for (const QuerySpec& query : queries) {
      if (query.name == query_name) return &query;
    }
    return nullptr;
  }
};

// Whether the query's conditions fix the value of partition_field.
inline bool StaysInOnePartition(const QuerySpec& query, int partition_field) {
  for (const Condition& condition : query.where) {
    if (condition.field == partition_field && condition.comparison == Comparison::kEqual)
      return true;
  }
  return false;
}

// record = f(seed, index, revision). Revision 0 is what a load writes; replacing writes another.
// Immutable; any thread.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  virtual const RecordSchema& schema() const = 0;
  virtual void Make(uint64_t index, uint64_t revision, Record* record) const = 0;
  // Only the id is made; the other fields hold nothing. An id is the same in every revision.
  virtual void MakeId(uint64_t index, Record* record) const { Make(index, 0, record); }
};

}  // namespace weir
