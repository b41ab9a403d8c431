#include "backends/sqlite/sqlite_dialect.h"

namespace weir {
namespace {

class Dialect final : public SqlDialect {
 public:
  std::string_view ColumnType(FieldType type) const override {
    switch (type) {
      case FieldType::kText:
        return "TEXT";
      case FieldType::kDouble:
        return "REAL";
      default:
        return "INTEGER";
    }
  }

  char ParameterMark() const override { return '?'; }

  // Rounds down before 1970 too, where % is negative.
  std::string MinuteOf(std::string_view column) const override {
    const std::string name(column);
    return absl::StrCat("(", name, " - (", name, " % 60000000 + 60000000) % 60000000)");
  }

  bool HasPercentiles() const override { return false; }
};

}  // namespace

const SqlDialect& SqliteDialect() {
  static const Dialect dialect;
  return dialect;
}

}  // namespace weir
