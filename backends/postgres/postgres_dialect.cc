#include "backends/postgres/postgres_dialect.h"

namespace weir {
namespace {

class Dialect final : public SqlDialect {
 public:
  // COLLATE "C": text compares by its bytes, as on the other databases, whatever the server's
  // locale.
  std::string_view ColumnType(FieldType type) const override {
    switch (type) {
      case FieldType::kText:
        return "text COLLATE \"C\"";
      case FieldType::kInt64:
        return "bigint";
      case FieldType::kDouble:
        return "float8";
      case FieldType::kBool:
        return "boolean";
      case FieldType::kTimestamp:
        return "timestamptz";
    }
    return "";
  }

  char ParameterMark() const override { return '$'; }

  std::string MinuteOf(std::string_view column) const override {
    return absl::StrCat("date_trunc('minute', ", std::string(column), ", 'UTC')");
  }

  bool HasPercentiles() const override { return true; }
};

}  // namespace

const SqlDialect& PostgresDialect() {
  static const Dialect dialect;
  return dialect;
}

unsigned PostgresTypeOid(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return 25;
    case FieldType::kInt64:
      return 20;
    case FieldType::kDouble:
      return 701;
    case FieldType::kBool:
      return 16;
    case FieldType::kTimestamp:
      return 1184;
  }
  return 0;
}

}  // namespace weir
