#include "coordinator/cli/query_sample.h"

#include <algorithm>
#include <compare>

#include "base/random.h"

namespace weir {
namespace {

constexpr uint64_t kWindow = 100'000;
constexpr uint64_t kDraws = 12;  // of each query's parameters

struct Trial {
  size_t query;
  Parameters parameters;
  uint64_t matches = 0;
};

std::partial_ordering Compare(FieldType type, const Value& a, const Value& b) {
  if (type == FieldType::kText) return a.text() <=> b.text();
  if (type == FieldType::kDouble) return a.real() <=> b.real();
  return a.integer() <=> b.integer();
}

bool Holds(Comparison comparison, std::partial_ordering order) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kLessOrEqual:
      return order <= 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}

// Drawn near records in the middle half of the window.
std::vector<Trial> DrawTrials(const Dataset& dataset, uint64_t first, uint64_t window,
                              uint64_t seed) {
  std::vector<Trial> trials(dataset.schema().queries.size() * kDraws);
  for (size_t i = 0; i < trials.size(); ++i) {
    trials[i].query = i / kDraws;
    DrawStream draws(DeriveKey(seed, "plan"), i);
    const uint64_t near = first + window / 4 + draws.Below(window / 2 + 1);
    dataset.MakeParameters(dataset.schema().queries[trials[i].query],
                           std::min(near, first + window - 1), draws, &trials[i].parameters);
  }
  return trials;
}

}  // namespace

bool Matches(const RecordSchema& schema, const QuerySpec& query, const Parameters& parameters,
             const Record& record) {
  return std::all_of(query.where.begin(), query.where.end(), [&](const Condition& condition) {
    const auto field = static_cast<size_t>(condition.field);
    const Value& wanted = parameters[static_cast<size_t>(condition.parameter)];
    return Holds(condition.comparison, Compare(schema.fields[field].type, record[field], wanted));
  });
}

std::vector<double> SampleMatches(const Dataset& dataset, uint64_t records, uint64_t seed) {
  const RecordSchema& schema = dataset.schema();
  const uint64_t window = std::min(records, kWindow);
  const uint64_t first = (records - window) / 2;
  std::vector<Trial> trials = DrawTrials(dataset, first, window, seed);
  Record record;
  for (uint64_t i = first; i < first + window; ++i) {
    dataset.Make(i, 0, &record);
    for (Trial& trial : trials) {
      trial.matches += Matches(schema, schema.queries[trial.query], trial.parameters, record);
    }
  }
  std::vector<double> means(schema.queries.size());
  for (const Trial& trial : trials) {
    means[trial.query] += static_cast<double>(trial.matches) / kDraws;
  }
  return means;
}

}  // namespace weir
