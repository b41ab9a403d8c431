#include "backends/postgres/statement_set.h"

#include "absl/strings/str_cat.h"

#include "backends/postgres/postgres_dialect.h"
#include "backends/sql/query_sql.h"

namespace weir {
namespace {

const Oid kTextOid = PostgresTypeOid(FieldType::kText);

// Renders on first use.
template <typename Sql, typename Types>
Statement& Rendered(Statement* statement, Sql sql, Types types) {
  if (statement->sql.empty()) {
    statement->sql = sql();
    statement->types = types();
  }
  return *statement;
}

}  // namespace

std::vector<Oid> StatementSet::RecordTypes(size_t rows) const {
  std::vector<Oid> types;
  types.reserve(rows * table_.schema.fields.size());
  for (size_t row = 0; row < rows; ++row) {
    for (const Field& field : table_.schema.fields) types.push_back(PostgresTypeOid(field.type));
  }
  return types;
}

Statement& StatementSet::Insert(size_t rows, OnConflict on_conflict) {
  return Rendered(
      &inserts_[{rows, on_conflict}], [&] { return InsertSql(table_, rows, on_conflict); },
      [&] { return RecordTypes(rows); });
}

Statement& StatementSet::Read() {
  return Rendered(
      &read_, [&] { return ReadSql(table_); }, [] { return std::vector<Oid>{kTextOid}; });
}

Statement& StatementSet::Replace() {
  return Rendered(
      &replace_, [&] { return ReplaceSql(table_); }, [&] { return RecordTypes(1); });
}

Statement& StatementSet::Delete() {
  return Rendered(
      &delete_, [&] { return DeleteSql(table_); }, [] { return std::vector<Oid>{kTextOid}; });
}

Statement& StatementSet::Guard() {
  const Oid bigint = PostgresTypeOid(FieldType::kInt64);
  return Rendered(
      &guard_row_, [&] { return guard_.ParameterSql(); },
      [&] {
        return std::vector<Oid>{bigint, bigint};
      });
}

Statement& StatementSet::Query(const QuerySpec& query) {
  return Rendered(
      &queries_[&query], [&] { return QuerySql(table_, query); },
      [&] {
        std::vector<Oid> types;
        for (const FieldType type : query.parameters) types.push_back(PostgresTypeOid(type));
        return types;
      });
}

std::vector<Statement*> StatementSet::Common() {
  std::vector<Statement*> common = {&Insert(1, OnConflict::kFail),
                                    &Insert(1, OnConflict::kUpdate),
                                    &Read(),
                                    &Replace(),
                                    &Delete(),
                                    &Guard()};
  for (const QuerySpec& query : table_.schema.queries) common.push_back(&Query(query));
  return common;
}

std::string StatementSet::NewName() { return absl::StrCat("weir_", ++last_name_); }

void StatementSet::ForgetPrepared() {
  const auto forget = [](Statement& statement) { statement.sent = statement.confirmed = false; };
  for (auto& [key, statement] : inserts_) forget(statement);
  for (auto& [key, statement] : queries_) forget(statement);
  for (Statement* statement : {&read_, &replace_, &delete_, &guard_row_}) forget(*statement);
}

}  // namespace weir
