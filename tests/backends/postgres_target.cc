#include "tests/backends/postgres_target.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/postgres/postgres_backend.h"
#include "base/check.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

constexpr const char* kPassword = "it's \\ a secret";
constexpr const char* kPasswordVariable = "WEIR_CONTRACT_PASSWORD";

// Shared by the targets; stopped when the last goes.
std::shared_ptr<ThrowawayPostgres> Server() {
  static std::weak_ptr<ThrowawayPostgres> shared;
  std::shared_ptr<ThrowawayPostgres> server = shared.lock();
  if (server == nullptr) {
    server = std::make_shared<ThrowawayPostgres>(kPassword);
    shared = server;
    setenv(kPasswordVariable, kPassword, 1);
  }
  return server;
}

class PostgresContractTarget final : public ContractTarget {
 public:
  explicit PostgresContractTarget(v1::PostgresTarget target)
      : server_(Server()), target_(std::move(target)) {
    if (target_.host().empty()) target_.set_host("127.0.0.1");
    if (target_.host() == "socket") target_.set_host(server_->socket_directory());
    target_.set_port(server_->port());
    target_.set_user("postgres");
    target_.set_database("postgres");
    target_.mutable_password()->set_env(kPasswordVariable);
    if (target_.table().empty()) target_.set_table("weir_records");
    target_.mutable_connect_timeout()->set_ns(5'000'000'000);
  }

  absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const RecordSource& records) override {
    return MakePostgresBackend(target_, records);
  }

  bool CanDropTable() const override { return true; }
  void DropTable() override {
    PGconn* connection = PQconnectdb(
        absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=", server_->port(),
                     " password='it\\'s \\\\ a secret'")
            .c_str());
    PGresult* result =
        PQexec(connection, absl::StrCat("DROP TABLE \"", target_.table(), "\"").c_str());
    WEIR_CHECK(PQresultStatus(result) == PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(connection);
  }

  bool HasServer() const override { return true; }
  void KillServer() override { server_->Kill(); }
  void StartServer() override { server_->Start(); }

 private:
  std::shared_ptr<ThrowawayPostgres> server_;
  v1::PostgresTarget target_;
};

v1::PostgresTarget Prepared() {
  v1::PostgresTarget target;
  target.set_prepared(true);
  target.set_fillfactor(90);
  return target;
}

}  // namespace

std::unique_ptr<ContractTarget> OpenPostgres() {
  return std::make_unique<PostgresContractTarget>(Prepared());
}

std::unique_ptr<ContractTarget> OpenPostgresPipelined() {
  v1::PostgresTarget target = Prepared();
  target.set_pipeline_depth(16);
  target.set_table("select");  // a keyword
  return std::make_unique<PostgresContractTarget>(target);
}

std::unique_ptr<ContractTarget> OpenPostgresMultiRow() {
  v1::PostgresTarget target = Prepared();
  target.set_batch_insert(v1::BATCH_INSERT_MULTI_ROW);
  target.set_synchronous_commit(v1::SYNCHRONOUS_COMMIT_OFF);
  target.set_indexes(v1::INDEX_SET_NONE);
  return std::make_unique<PostgresContractTarget>(target);
}

std::unique_ptr<ContractTarget> OpenPostgresUnprepared() {
  v1::PostgresTarget target;
  target.set_host("socket");
  target.set_unlogged(true);
  target.set_pipeline_depth(3);
  return std::make_unique<PostgresContractTarget>(target);
}

}  // namespace weir
