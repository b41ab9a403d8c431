// Request units by a model fitted to published measurements; not Azure's meter. Pure; any thread.
//
// The model's form and first coefficients come from public documentation, labs and issue threads;
// tests/backends/emulator holds the points and prints how far the model is from each.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"

namespace weir::cosmos {

// Request units × 100: the resolution of x-ms-request-charge.
using CentiRu = int64_t;

// Every number of the model. Sizes are in KB of 1,000 bytes, system properties included.
struct ChargeCoefficients {
  double read_least = 1.0;
  double read_first_kb = 1.0;  // max(read_least, read_first_kb + read_per_kb·(S−1),
  double read_per_kb = 0.065;  //     read_large_per_kb·S)
  double read_large_per_kb = 0.102;

  double write_base = 4.95;
  double write_per_kb = 0.45;
  double write_per_term = 0.45;  // per indexed scalar of a new or deleted document
  double replace_factor = 2.0;   // of base and size, by the mean of old and new
  double replace_per_changed_term = 0.90;
  double quantum = 4.0 / 21.0;  // writes and throttled attempts are multiples of it

  double query_base = 2.25;
  double query_filter = 0.55;
  double query_per_more_predicate = 0.10;
  double query_order_by = 0.25;
  double document_least = 0.038;  // per document: max(least, rate·S)
  double returned_per_kb = 0.017;
  double scanned_per_kb = 0.010;  // evaluated, not returned
  double sorted_least = 0.15;     // returned in an order that no composite index gives

  double feed_base = 1.8;
  double change_feed_base = 1.0;  // of an empty page (304) as well
  double conflict = 1.24;         // 409, 412
  double refused = 1.0;           // 400
  double throttled_quanta = 2.0;  // one attempt that was answered 429
  double metadata = 1.0;          // databases, containers, offers, ranges
  double strong_factor = 2.0;     // of reads under Strong and BoundedStaleness

  bool operator==(const ChargeCoefficients&) const = default;
};

// A coefficient by its name, which is also its key in a settings file (proto/charges.proto).
struct Coefficient {
  std::string_view name;
  double ChargeCoefficients::*value;
};
absl::Span<const Coefficient> Coefficients();  // all of them, in the order of the struct

struct QueryCost {
  int partitions = 1;
  bool filter = false;
  int predicates = 0;
  bool order_by = false;
  double documents = 0;  // sum of QueryDocument… over the documents
};

class ChargeModel {
 public:
  explicit ChargeModel(const ChargeCoefficients& coefficients) : c_(coefficients) {}

  CentiRu Read(double kb, bool strong) const;
  CentiRu ReadWithoutBody(bool strong) const;  // 304, 404
  CentiRu Insert(double kb, int terms) const;
  CentiRu Delete(double kb, int terms) const;  // as the insert of the same item
  CentiRu Replace(double old_kb, double new_kb, int changed_terms) const;
  CentiRu Query(const QueryCost& cost, bool strong) const;
  CentiRu FeedPage(double documents, bool strong) const;
  CentiRu ChangeFeedPage(double documents, bool strong) const;  // 304: without documents
  CentiRu Conflict() const;
  CentiRu Refused() const;
  CentiRu Throttled() const;
  CentiRu Metadata() const;

  // Of one document in a query, in request units.
  double ReturnedDocument(double kb) const;
  double SortedDocument(double kb) const;
  double ScannedDocument(double kb) const;

 private:
  CentiRu RoundWrite(double ru) const;
  CentiRu Write(std::string_view operation, double kb, int terms) const;
  CentiRu Feed(std::string_view feed, double base, double documents, bool strong) const;
  CentiRu Flat(std::string_view what, double ru) const;

  ChargeCoefficients c_;
};

}  // namespace weir::cosmos
