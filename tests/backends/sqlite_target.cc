#include "tests/backends/sqlite_target.h"

#include <SQLiteCpp/Database.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "backends/sqlite/sqlite_backend.h"
#include "base/check.h"

namespace weir {
namespace {

class SqliteContractTarget final : public ContractTarget {
 public:
  explicit SqliteContractTarget(bool in_memory) {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-sqlite-XXXXXX").string();
    WEIR_CHECK(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    target_.set_path(in_memory ? ":memory:" : folder_ / "test.db");
    target_.set_table("weir_records");
  }
  ~SqliteContractTarget() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const RecordSource& records) override {
    return MakeSqliteBackend(target_, records);
  }

  // A database in memory is out of reach from here: the suite skips what needs this.
  bool CanDropTable() const override { return target_.path() != ":memory:"; }
  void DropTable() override {
    SQLite::Database(target_.path(), SQLite::OPEN_READWRITE).exec("DROP TABLE weir_records");
  }

 private:
  std::filesystem::path folder_;
  v1::SqliteTarget target_;
};

}  // namespace

std::unique_ptr<ContractTarget> OpenSqliteMemory() {
  return std::make_unique<SqliteContractTarget>(true);
}

std::unique_ptr<ContractTarget> OpenSqliteFile() {
  return std::make_unique<SqliteContractTarget>(false);
}

}  // namespace weir
