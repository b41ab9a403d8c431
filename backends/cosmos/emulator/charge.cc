#include "backends/cosmos/emulator/charge.h"

#include <algorithm>
#include <cmath>

#include "backends/cosmos/emulator/charge_explanation.h"

namespace weir::cosmos {
namespace {

CentiRu Centi(double ru) { return std::llround(ru * 100); }

constexpr Coefficient kCoefficients[] = {
    {"read_least", &ChargeCoefficients::read_least},
    {"read_first_kb", &ChargeCoefficients::read_first_kb},
    {"read_per_kb", &ChargeCoefficients::read_per_kb},
    {"read_large_per_kb", &ChargeCoefficients::read_large_per_kb},
    {"write_base", &ChargeCoefficients::write_base},
    {"write_per_kb", &ChargeCoefficients::write_per_kb},
    {"write_per_term", &ChargeCoefficients::write_per_term},
    {"replace_factor", &ChargeCoefficients::replace_factor},
    {"replace_per_changed_term", &ChargeCoefficients::replace_per_changed_term},
    {"quantum", &ChargeCoefficients::quantum},
    {"query_base", &ChargeCoefficients::query_base},
    {"query_filter", &ChargeCoefficients::query_filter},
    {"query_per_more_predicate", &ChargeCoefficients::query_per_more_predicate},
    {"query_order_by", &ChargeCoefficients::query_order_by},
    {"document_least", &ChargeCoefficients::document_least},
    {"returned_per_kb", &ChargeCoefficients::returned_per_kb},
    {"scanned_per_kb", &ChargeCoefficients::scanned_per_kb},
    {"sorted_least", &ChargeCoefficients::sorted_least},
    {"feed_base", &ChargeCoefficients::feed_base},
    {"change_feed_base", &ChargeCoefficients::change_feed_base},
    {"conflict", &ChargeCoefficients::conflict},
    {"refused", &ChargeCoefficients::refused},
    {"throttled_quanta", &ChargeCoefficients::throttled_quanta},
    {"metadata", &ChargeCoefficients::metadata},
    {"strong_factor", &ChargeCoefficients::strong_factor},
};

}  // namespace

absl::Span<const Coefficient> Coefficients() { return kCoefficients; }

CentiRu ChargeModel::RoundWrite(double ru) const {
  return Centi(c_.quantum > 0 ? std::round(ru / c_.quantum) * c_.quantum : ru);
}

CentiRu ChargeModel::Flat(std::string_view what, double ru) const {
  const CentiRu charge = Centi(ru);
  if (auto* why = ChargeExplanation::OfThread()) why->Flat(what, charge);
  return charge;
}

CentiRu ChargeModel::Read(double kb, bool strong) const {
  const double small = c_.read_first_kb + c_.read_per_kb * (kb - 1);
  const double ru = std::max({c_.read_least, small, c_.read_large_per_kb * kb});
  const CentiRu charge = Centi(strong ? c_.strong_factor * ru : ru);
  if (auto* why = ChargeExplanation::OfThread()) why->Read(c_, kb, strong, charge);
  return charge;
}

CentiRu ChargeModel::ReadWithoutBody(bool strong) const {
  return Flat("answered without an item",
              strong ? c_.strong_factor * c_.read_least : c_.read_least);
}

CentiRu ChargeModel::Write(std::string_view operation, double kb, int terms) const {
  const double ru = c_.write_base + c_.write_per_kb * kb + c_.write_per_term * terms;
  const CentiRu charge = RoundWrite(ru);
  if (auto* why = ChargeExplanation::OfThread()) why->Write(c_, operation, kb, terms, ru, charge);
  return charge;
}

CentiRu ChargeModel::Insert(double kb, int terms) const { return Write("create", kb, terms); }
CentiRu ChargeModel::Delete(double kb, int terms) const { return Write("delete", kb, terms); }

CentiRu ChargeModel::Replace(double old_kb, double new_kb, int changed_terms) const {
  const double body = c_.write_base + c_.write_per_kb * (old_kb + new_kb) / 2;
  const double ru = c_.replace_factor * body + c_.replace_per_changed_term * changed_terms;
  const CentiRu charge = RoundWrite(ru);
  if (auto* why = ChargeExplanation::OfThread()) {
    why->Replace(c_, old_kb, new_kb, changed_terms, ru, charge);
  }
  return charge;
}

CentiRu ChargeModel::Query(const QueryCost& cost, bool strong) const {
  const double page = c_.query_base + (cost.filter ? c_.query_filter : 0) +
                      c_.query_per_more_predicate * std::max(0, cost.predicates - 1) +
                      (cost.order_by ? c_.query_order_by : 0);
  const double ru = cost.partitions * page + cost.documents;
  const CentiRu charge = Centi(strong ? c_.strong_factor * ru : ru);
  if (auto* why = ChargeExplanation::OfThread()) why->Query(c_, cost, strong, charge);
  return charge;
}

CentiRu ChargeModel::Feed(std::string_view feed, double base, double documents, bool strong) const {
  const double ru = base + documents;
  const CentiRu charge = Centi(strong ? c_.strong_factor * ru : ru);
  if (auto* why = ChargeExplanation::OfThread()) {
    why->FeedPage(feed, base, documents, c_, strong, charge);
  }
  return charge;
}

CentiRu ChargeModel::FeedPage(double documents, bool strong) const {
  return Feed("feed page", c_.feed_base, documents, strong);
}

CentiRu ChargeModel::ChangeFeedPage(double documents, bool strong) const {
  return Feed("change feed page", c_.change_feed_base, documents, strong);
}

CentiRu ChargeModel::Conflict() const { return Flat("conflict", c_.conflict); }
CentiRu ChargeModel::Refused() const { return Flat("refused", c_.refused); }
CentiRu ChargeModel::Throttled() const {
  return Flat("throttled", c_.throttled_quanta * c_.quantum);
}
CentiRu ChargeModel::Metadata() const { return Flat("metadata", c_.metadata); }

double ChargeModel::ReturnedDocument(double kb) const {
  const double ru = std::max(c_.document_least, c_.returned_per_kb * kb);
  if (auto* why = ChargeExplanation::OfThread()) why->AddItem(QueriedItem::kReturned, ru);
  return ru;
}

double ChargeModel::SortedDocument(double kb) const {
  const double ru = std::max(c_.sorted_least, c_.returned_per_kb * kb);
  if (auto* why = ChargeExplanation::OfThread()) why->AddItem(QueriedItem::kSorted, ru);
  return ru;
}

double ChargeModel::ScannedDocument(double kb) const {
  const double ru = std::max(c_.document_least, c_.scanned_per_kb * kb);
  if (auto* why = ChargeExplanation::OfThread()) why->AddItem(QueriedItem::kScanned, ru);
  return ru;
}

}  // namespace weir::cosmos
