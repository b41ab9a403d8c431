#include "backends/cosmos/emulator/charge.h"

#include <algorithm>
#include <cmath>

namespace weir::cosmos {
namespace {

CentiRu Centi(double ru) { return std::llround(ru * 100); }

}  // namespace

CentiRu ChargeModel::RoundWrite(double ru) const {
  return Centi(c_.quantum > 0 ? std::round(ru / c_.quantum) * c_.quantum : ru);
}

CentiRu ChargeModel::Read(double kb, bool strong) const {
  const double small = c_.read_first_kb + c_.read_per_kb * (kb - 1);
  const double ru = std::max({c_.read_least, small, c_.read_large_per_kb * kb});
  return Centi(strong ? c_.strong_factor * ru : ru);
}

CentiRu ChargeModel::ReadWithoutBody(bool strong) const {
  return Centi(strong ? c_.strong_factor * c_.read_least : c_.read_least);
}

CentiRu ChargeModel::Insert(double kb, int terms) const {
  return RoundWrite(c_.write_base + c_.write_per_kb * kb + c_.write_per_term * terms);
}

CentiRu ChargeModel::Replace(double old_kb, double new_kb, int changed_terms) const {
  const double body = c_.write_base + c_.write_per_kb * (old_kb + new_kb) / 2;
  return RoundWrite(c_.replace_factor * body + c_.replace_per_changed_term * changed_terms);
}

CentiRu ChargeModel::Query(const QueryCost& cost, bool strong) const {
  const double page = c_.query_base + (cost.filter ? c_.query_filter : 0) +
                      c_.query_per_more_predicate * std::max(0, cost.predicates - 1) +
                      (cost.order_by ? c_.query_order_by : 0);
  const double ru = cost.partitions * page + cost.documents;
  return Centi(strong ? c_.strong_factor * ru : ru);
}

CentiRu ChargeModel::FeedPage(double documents, bool strong) const {
  const double ru = c_.feed_base + documents;
  return Centi(strong ? c_.strong_factor * ru : ru);
}

CentiRu ChargeModel::ChangeFeedPage(double documents, bool strong) const {
  const double ru = c_.change_feed_base + documents;
  return Centi(strong ? c_.strong_factor * ru : ru);
}

CentiRu ChargeModel::Conflict() const { return Centi(c_.conflict); }
CentiRu ChargeModel::Refused() const { return Centi(c_.refused); }
CentiRu ChargeModel::Throttled() const { return Centi(c_.throttled_quanta * c_.quantum); }
CentiRu ChargeModel::Metadata() const { return Centi(c_.metadata); }

double ChargeModel::ReturnedDocument(double kb) const {
  return std::max(c_.document_least, c_.returned_per_kb * kb);
}

double ChargeModel::SortedDocument(double kb) const {
  return std::max(c_.sorted_least, c_.returned_per_kb * kb);
}

double ChargeModel::ScannedDocument(double kb) const {
  return std::max(c_.document_least, c_.scanned_per_kb * kb);
}

}  // namespace weir::cosmos
