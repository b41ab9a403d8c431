// The statements of one session: their SQL, rendered once, and which of them the connection knows
// as prepared. Single thread.
#pragma once

#include <libpq-fe.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backends/postgres/batch_guard.h"
#include "backends/sql/table_sql.h"

namespace weir {

struct Statement {
  std::string sql;
  std::vector<Oid> types;  // of the parameters
  std::string name;        // on the current connection; a new one for each attempt to prepare
  bool sent = false;       // Parse has been sent, and has not failed as far as we know
  bool confirmed = false;  // … and has succeeded
};

class StatementSet {
 public:
  StatementSet(SqlTable table, const BatchGuard& guard) : table_(std::move(table)), guard_(guard) {}

  Statement& Insert(size_t rows, OnConflict on_conflict);
  Statement& Read();
  Statement& Replace();
  Statement& Delete();
  Statement& Guard();  // the row that goes with a batch
  Statement& Query(const QuerySpec& query);

  // What nearly every run needs: prepared when a connection is opened, so that no measured
  // operation pays for it. Batches are prepared when their size first occurs.
  std::vector<Statement*> Common();

  std::string NewName();
  void ForgetPrepared();  // a new connection knows nothing

 private:
  std::vector<Oid> RecordTypes(size_t rows) const;

  const SqlTable table_;
  const BatchGuard& guard_;
  std::map<std::pair<size_t, OnConflict>, Statement> inserts_;
  std::map<const QuerySpec*, Statement> queries_;
  Statement read_, replace_, delete_, guard_row_;
  int last_name_ = 0;
};

}  // namespace weir
