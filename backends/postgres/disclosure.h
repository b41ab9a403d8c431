// What a run must state about the PostgreSQL it ran against: version, settings, durability, the
// table.
#pragma once

#include <pqxx/pqxx>

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

// Throws pqxx's exceptions; for postgres_backend.cc, which catches them.
void DisclosePostgres(pqxx::connection& connection, const v1::PostgresTarget& target,
                      Disclosure* disclosure);

// "remote_write", as PostgreSQL writes it.
std::string SynchronousCommitName(v1::SynchronousCommit value);

}  // namespace weir
