// The databases that the contract suite runs on: one line each in the table of contract_targets.cc.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"

namespace weir {

// One database, running. Made once per test program and target.
class ContractTarget {
 public:
  virtual ~ContractTarget() = default;

  virtual absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const RecordSource& records) = 0;

  // False for a backend that discards what is written.
  virtual bool KeepsRecords() const { return true; }

  // False for a query in a language that the server does not know all of.
  virtual bool Answers(const QuerySpec&) const { return true; }

  // Behind the backend's back, while sessions are open.
  virtual bool CanDropTable() const { return false; }
  virtual void DropTable() {}

  // A server can be killed and started again.
  virtual bool HasServer() const { return false; }
  virtual void KillServer() {}
  virtual void StartServer() {}
};

struct ContractEntry {
  std::string name;  // of the test's instance; starts with the backend's name
  std::unique_ptr<ContractTarget> (*open)();
};

inline void PrintTo(const ContractEntry& entry, std::ostream* out) { *out << entry.name; }

const std::vector<ContractEntry>& ContractEntries();

}  // namespace weir
