// What makes a batch take effect once (R50): a row of its own, written in the transaction that
// writes its records. When the answer to a batch was lost and it is sent again, that row tells
// whether it had been committed. Immutable; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

class BatchGuard {
 public:
  // `writer` tells the batches of this backend from those of every other, also of earlier runs.
  BatchGuard(std::string_view table, int64_t writer);

  int64_t writer() const { return writer_; }
  const std::string& table_name() const { return table_; }

  std::string CreateSql(bool unlogged) const;
  std::string DropSql() const;
  std::string InsertSql(uint64_t first_record) const;
  std::string ParameterSql() const;  // $1 the writer, $2 the first record, both bigint

 private:
  const std::string table_;
  const int64_t writer_;
};

}  // namespace weir
