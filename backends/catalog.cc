#include "backends/catalog.h"

#include "absl/strings/str_cat.h"

#include "backends/cosmos/cosmos_backend.h"
#include "backends/null/null_backend.h"
#include "backends/postgres/postgres_backend.h"
#include "backends/sqlite/sqlite_backend.h"

namespace weir {

absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const v1::Target& target,
                                                     const RecordSource& records) {
  switch (target.backend_case()) {
    case v1::Target::kNull:
      return MakeNullBackend(target.null(), records);
    case v1::Target::kSqlite:
      return MakeSqliteBackend(target.sqlite(), records);
    case v1::Target::kPostgres:
      return MakePostgresBackend(target.postgres(), records);
    case v1::Target::kCosmos:
      return MakeCosmosBackend(target.cosmos(), records);
    case v1::Target::BACKEND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(absl::StrCat("target ", target.name(), " names no backend"));
}

std::string_view BackendName(const v1::Target& target) {
  const auto* field =
      v1::Target::descriptor()->FindFieldByNumber(static_cast<int>(target.backend_case()));
  return field == nullptr ? std::string_view("none") : std::string_view(field->name());
}

}  // namespace weir
