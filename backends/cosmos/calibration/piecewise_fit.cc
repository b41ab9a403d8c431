#include "backends/cosmos/calibration/piecewise_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace weir::cosmos {
namespace {

constexpr double kHundredth = 0.005;

double SumOfDistances(const std::vector<SizedCharge>& reads, double least, const ReadFit& fit) {
  double sum = 0;
  for (const SizedCharge& read : reads) {
    double ru = least;
    if (fit.small_determined) ru = std::max(ru, fit.first_kb + fit.per_kb * (read.kb - 1));
    if (fit.large_determined) ru = std::max(ru, fit.large_per_kb * read.kb);
    sum += std::abs(ru - read.ru);
  }
  return sum;
}

// The reads of [from, to) lie on the middle line, those after on the last.
ReadFit FitDivided(const std::vector<SizedCharge>& reads, size_t from, size_t to) {
  ReadFit fit;
  std::vector<std::vector<double>> rows;
  std::vector<double> rights;
  for (size_t i = from; i < to; ++i) {
    rows.push_back({1, reads[i].kb - 1});
    rights.push_back(reads[i].ru);
  }
  if (rows.size() >= 2) {
    const LinearFit line = FitLinear(rows, rights, kHundredth);
    fit.small_determined = line.determined[0] && line.determined[1];
    fit.first_kb = line.values[0], fit.first_kb_error = line.errors[0];
    fit.per_kb = line.values[1], fit.per_kb_error = line.errors[1];
  }
  rows.clear(), rights.clear();
  for (size_t i = to; i < reads.size(); ++i) {
    rows.push_back({reads[i].kb});
    rights.push_back(reads[i].ru);
  }
  if (!rows.empty()) {
    const LinearFit line = FitLinear(rows, rights, kHundredth);
    fit.large_determined = line.determined[0];
    fit.large_per_kb = line.values[0], fit.large_per_kb_error = line.errors[0];
  }
  return fit;
}

// ------------------------------------------------------------------------------- queries

enum Column {
  kBase,
  kFilter,
  kMorePredicates,
  kOrderBy,
  kDocumentLeast,
  kReturnedPerKb,
  kScannedPerKb,
  kSortedLeast,
  kFeedBase,
  kChangeFeedBase,
  kColumns,
};

// What one item costs at least, and per KB.
struct ItemLines {
  Column least;
  Column rate;
};

ItemLines LinesOf(QueriedItem what) {
  switch (what) {
    case QueriedItem::kSorted:
      return {kSortedLeast, kReturnedPerKb};
    case QueriedItem::kScanned:
      return {kDocumentLeast, kScannedPerKb};
    case QueriedItem::kReturned:
      break;
  }
  return {kDocumentLeast, kReturnedPerKb};
}

bool IsPage(Charged what) {
  return what == Charged::kQuery || what == Charged::kFeedPage || what == Charged::kChangeFeedPage;
}

// From this size on an item costs by its KB; one boundary for each QueriedItem.
struct Boundaries {
  double kb[3];
  bool operator==(const Boundaries&) const = default;
};

std::vector<double> RowOf(const Observation& seen, const Boundaries& boundaries) {
  std::vector<double> row(kColumns);
  if (seen.what == Charged::kFeedPage) row[kFeedBase] = 1;
  if (seen.what == Charged::kChangeFeedPage) row[kChangeFeedBase] = 1;
  if (seen.what == Charged::kQuery) {
    const double partitions = seen.query.partitions;
    row[kBase] = partitions;
    row[kFilter] = seen.query.filter ? partitions : 0;
    row[kMorePredicates] = partitions * std::max(0, seen.query.predicates - 1);
    row[kOrderBy] = seen.query.order_by ? partitions : 0;
  }
  for (const QueriedItems& items : seen.items) {
    const ItemLines lines = LinesOf(items.what);
    const bool by_size = items.kb >= boundaries.kb[static_cast<int>(items.what)];
    row[by_size ? lines.rate : lines.least] += by_size ? items.count * items.kb : items.count;
  }
  return row;
}

// Where the two lines of each kind of item meet; a line that is not known leaves the boundary.
Boundaries MeetingOf(const LinearFit& fit, Boundaries boundaries) {
  for (const QueriedItem what :
       {QueriedItem::kReturned, QueriedItem::kSorted, QueriedItem::kScanned}) {
    const ItemLines lines = LinesOf(what);
    if (!fit.determined[lines.least] || !fit.determined[lines.rate]) continue;
    if (fit.values[lines.rate] <= 0) continue;
    boundaries.kb[static_cast<int>(what)] = fit.values[lines.least] / fit.values[lines.rate];
  }
  return boundaries;
}

struct Attempt {
  LinearFit fit;
  double distance;
};

// From a first guess of the boundaries to those that follow from their own fit.
Attempt FitFrom(const std::vector<const Observation*>& pages, Boundaries boundaries) {
  constexpr int kMostRounds = 20;
  std::vector<double> rights;
  for (const Observation* seen : pages) rights.push_back(seen->ru);
  Attempt attempt;
  std::vector<std::vector<double>> rows;
  for (int round = 0; round < kMostRounds; ++round) {
    rows.clear();
    for (const Observation* seen : pages) rows.push_back(RowOf(*seen, boundaries));
    attempt.fit = FitLinear(rows, rights, kHundredth);
    const Boundaries next = MeetingOf(attempt.fit, boundaries);
    if (next == boundaries) break;
    boundaries = next;
  }
  attempt.distance = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    double ru = 0;
    for (size_t k = 0; k < kColumns; ++k) ru += rows[i][k] * attempt.fit.values[k];
    attempt.distance += std::abs(ru - rights[i]);
  }
  return attempt;
}

}  // namespace

ReadFit FitReadsBySize(std::vector<SizedCharge> reads, double least) {
  std::sort(reads.begin(), reads.end(),
            [](const SizedCharge& a, const SizedCharge& b) { return a.kb < b.kb; });
  ReadFit best;
  double distance = SumOfDistances(reads, least, best);
  for (size_t from = 0; from <= reads.size(); ++from) {
    for (size_t to = from; to <= reads.size(); ++to) {
      const ReadFit fit = FitDivided(reads, from, to);
      const double its = SumOfDistances(reads, least, fit);
      if (its >= distance) continue;
      distance = its;
      best = fit;
    }
  }
  return best;
}

std::vector<double ChargeCoefficients::*> QueryColumns() {
  using C = ChargeCoefficients;
  return {&C::query_base,     &C::query_filter,    &C::query_per_more_predicate, &C::query_order_by,
          &C::document_least, &C::returned_per_kb, &C::scanned_per_kb,           &C::sorted_least,
          &C::feed_base,      &C::change_feed_base};
}

QueryFit FitQueries(const std::vector<Observation>& observations) {
  std::vector<const Observation*> pages;
  for (const Observation& seen : observations) {
    if (IsPage(seen.what)) pages.push_back(&seen);
  }
  if (pages.empty()) return {};
  Attempt best{{}, std::numeric_limits<double>::max()};
  for (const double plain : {1.0, 3.0, 8.0, 30.0}) {
    for (const double sorted : {3.0, 8.0, 30.0}) {
      Attempt attempt = FitFrom(pages, {{plain, sorted, plain}});
      if (attempt.distance < best.distance) best = std::move(attempt);
    }
  }
  return {std::move(best.fit)};
}

}  // namespace weir::cosmos
