// One database under test, and one connection to it. What every backend implements; the contract
// suite (tests/backends/contract_test.cc) holds each to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

#include "backends/api/observer.h"
#include "backends/api/operation.h"
#include "backends/api/record.h"
#include "base/event_loop.h"

namespace weir {

// Names one operation in flight on a worker.
using Ticket = uint32_t;

class Session;

// The worker's side of a session. Called on the worker's thread, also from inside Start.
class CompletionSink {
 public:
  virtual ~CompletionSink() = default;
  // Exactly once for each started operation, unless it was abandoned.
  virtual void Complete(Ticket ticket, const Outcome& outcome) = 0;
  // The session can take operations again, for another reason than a completion (reconnected).
  virtual void Ready(Session* session) = 0;
};

// One connection (or, over HTTP, one lane of requests), driven by one worker's event loop. Never
// blocks, sleeps, throws or retries an operation. When its connection breaks it completes what is
// in flight as kInDoubt, opens a new one by itself (waiting 100 ms … 1 s between tries), has no
// capacity meanwhile and then calls Ready.
class Session {
 public:
  virtual ~Session() = default;

  // Operations that can be started now.
  virtual int Capacity() const = 0;

  // Capacity() > 0. Sends the operation, or queues it until Flush.
  virtual void Start(const Operation& operation, Ticket ticket) = 0;

  // After one or more Start calls: sends what is queued.
  virtual void Flush() {}

  // When an operation in flight was last seen to go on: a part of it was answered, or it was held
  // back by the session's own choice. The worker lets its timeout begin anew from there.
  virtual int64_t LastSignNs(Ticket) const { return INT64_MIN; }

  // Gives up an operation in flight: its Complete will not come. The session may have to reconnect.
  virtual void Abandon(Ticket ticket) = 0;
};

// One thing to state about the conditions of a run: {"PostgreSQL", "fsync", "on"}.
struct DisclosedFact {
  std::string group;
  std::string name;
  std::string value;
};

struct Disclosure {
  std::vector<DisclosedFact> facts;
  uint64_t provisioned_ru = 0;       // RU/s; 0 where the database has no such thing
  uint32_t physical_partitions = 0;  // 0 where the database has no such thing
  std::string charge_basis;          // who computed the request units; empty where there are none
  std::string caution;               // what to know before comparing with another target; or empty
};

// What a database is provisioned with.
struct Throughput {
  uint64_t ru = 0;       // RU/s
  bool pending = false;  // it has agreed to a change and is still carrying it out
  uint32_t physical_partitions = 0;
};

// Whether the target may be written to, as far as the database itself tells (R55).
struct Standing {
  bool on_this_machine = true;  // a file, a Unix socket, or nothing but loopback addresses
  bool consent = false;         // the marker of Backend::Consent is there
  bool exists = false;          // the table or container
  bool foreign = false;         // it holds something and was not made by us: never to be dropped
  // What would be lost if it were dropped: "300 records", "about 5000000 records". Empty where it
  // holds none; not looked for on this machine, nor where nobody has consented.
  std::string holds;
  // Who else would feel a write: "it has 1 replica, and 2 sessions of other programs are at work in
  // it". Empty where nobody is known of.
  std::string others;
  std::string place;  // "table weir_records of database logs at 10.0.0.3:5432"
};

inline absl::Status WontDrop(const Standing& standing) {
  return absl::PermissionDeniedError(
      absl::StrCat(standing.place,
                   " holds what Weir did not make, and will not be dropped or written to: "
                   "name another one in "
                   "the campaign, or drop it yourself"));
}

// Made by its factory without connecting. Everything but OpenSession blocks and may be called from
// any one thread; OpenSession from several threads at once, after SetUp. Status codes:
// kUnavailable, the database cannot be reached; kUnauthenticated and kPermissionDenied, it refused
// us; kNotFound, the table or container is missing; kInvalidArgument, the target's settings are
// wrong.
class Backend {
 public:
  virtual ~Backend() = default;

  // Connects. With create: drops what is there of an earlier run and creates schema, indexes and
  // throughput. Without: creates only what is missing and leaves the records alone.
  virtual absl::Status SetUp(bool create) = 0;

  // After a load, and before each drive so that all begin in the same phase: what the database
  // wants done once (ANALYZE, CHECKPOINT). Returns, in words, what it may not do.
  virtual absl::StatusOr<std::vector<std::string>> Settle() { return std::vector<std::string>(); }

  // Asks for so many RU/s; what is there then. kUnimplemented where throughput is not provisioned;
  // any other error carries the database's words. From any thread, also while sessions are driven.
  virtual absl::StatusOr<Throughput> ChangeThroughput(uint64_t /*ru*/) {
    return absl::UnimplementedError("this database has no throughput to provision");
  }
  // As it is now; see `pending`.
  virtual absl::StatusOr<Throughput> ReadThroughput() {
    return absl::UnimplementedError("this database has no throughput to provision");
  }

  // Opens a connection; may block for the connect timeout. `loop` and `sink` outlive the session.
  virtual absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                               CompletionSink& sink) = 0;

  // Versions, settings, durability, consistency, indexes.
  virtual absl::StatusOr<Disclosure> Disclose() = 0;

  // Connects, to watch the database while it is driven. Null where there is nothing to be seen.
  virtual absl::StatusOr<std::unique_ptr<Observer>> Observe() { return nullptr; }

  // Where the server is; may connect to ask it. Empty where there is none.
  virtual ServerLocation Location() { return {}; }

  // Connects and looks; changes nothing.
  virtual absl::StatusOr<Standing> Survey() { return Standing{}; }

  // Leaves the marker in the database by which its owner allows Weir to write to it; idempotent.
  virtual absl::Status Consent() { return absl::OkStatus(); }

  // Instead of a Scan of everything: the number of records, and single ones by their index (null:
  // not there). kUnimplemented where a scan is cheap enough.
  virtual absl::StatusOr<uint64_t> Count() { return absl::UnimplementedError("no count"); }
  virtual absl::Status ReadBack(
      absl::Span<const uint64_t> indices,
      absl::FunctionRef<void(uint64_t index, const Record* record)> visit) {
    (void)indices;
    (void)visit;
    return absl::UnimplementedError("no point reads");
  }

  // Bytes of the table or container with its indexes, as the database tells; within seconds,
  // however much that is.
  virtual absl::StatusOr<uint64_t> StoredBytes() {
    return absl::UnimplementedError("does not tell how much it stores");
  }

  // Reads every record back, in any order; text is valid during the call only.
  virtual absl::Status Scan(absl::FunctionRef<void(const Record&)> visit) = 0;
};

}  // namespace weir
