#include "coordinator/cli/cosmos_estimate.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/emulator.h"
#include "backends/cosmos/emulator/stored_document.h"
#include "backends/cosmos/wire/effective_partition_key.h"
#include "base/random.h"
#include "coordinator/cli/query_sample.h"

namespace weir {
namespace {

constexpr uint64_t kPartitionSample = 20'000;
constexpr uint64_t kRevisionSample = 200;

// Indexed scalars of a document: the id and the partition key always, then what the policy names.
std::set<int> IndexedFields(const v1::CosmosTarget& target, const RecordSchema& schema,
                            int partition_field) {
  std::set<int> fields;
  if (target.indexes() == v1::INDEX_SET_NONE) return fields;
  fields = {schema.id_field, partition_field};
  if (target.indexes() == v1::INDEX_SET_ALL) {
    for (size_t i = 0; i < schema.fields.size(); ++i) fields.insert(static_cast<int>(i));
    return fields;
  }
  for (const std::vector<int>& index : schema.indexes) fields.insert(index.begin(), index.end());
  for (const QuerySpec& query : schema.queries) {
    for (const Condition& condition : query.where) fields.insert(condition.field);
    if (query.order_by_field >= 0) fields.insert(query.order_by_field);
  }
  return fields;
}

bool SameValue(const Field& field, const Value& a, const Value& b) {
  if (field.type == FieldType::kText) return a.text() == b.text();
  if (field.type == FieldType::kDouble) return a.real() == b.real();
  return a.integer() == b.integer();
}

// Indexed fields that another revision of a record changes, on average.
double ChangedFields(const Dataset& dataset, const std::set<int>& indexed, uint64_t records) {
  const uint64_t sample = std::min(records, kRevisionSample);
  uint64_t changed = 0;
  Record before;
  Record after;
  for (uint64_t i = 0; i < sample; ++i) {
    dataset.Make(i * (records / sample), 0, &before);
    dataset.Make(i * (records / sample), 1, &after);
    for (int field : indexed) {
      const auto index = static_cast<size_t>(field);
      changed += !SameValue(dataset.schema().fields[index], before[index], after[index]);
    }
  }
  return static_cast<double>(changed) / static_cast<double>(sample);
}

cosmos::PartitionKeyValue KeyOf(const Field& field, const Value& value) {
  if (field.type == FieldType::kText) return cosmos::PartitionKeyValue::String(value.text());
  if (field.type == FieldType::kBool) return cosmos::PartitionKeyValue::Bool(value.boolean());
  const bool real = field.type == FieldType::kDouble;
  return cosmos::PartitionKeyValue::Number(real ? value.real()
                                                : static_cast<double>(value.integer()));
}

double BusiestShare(const Dataset& dataset, int partition_field, int partitions, uint64_t records) {
  const uint64_t sample = std::min(records, kPartitionSample);
  const auto field = static_cast<size_t>(partition_field);
  std::vector<uint64_t> held(static_cast<size_t>(partitions));
  std::vector<cosmos::EffectivePartitionKey> bounds;
  for (int i = 1; i <= partitions; ++i) bounds.push_back(cosmos::EvenBound(i, partitions));
  Record record;
  for (uint64_t i = 0; i < sample; ++i) {
    dataset.Make(i * (records / sample), 0, &record);
    const auto key = cosmos::HashPartitionKey(KeyOf(dataset.schema().fields[field], record[field]));
    const auto range = std::upper_bound(bounds.begin(), bounds.end(), key) - bounds.begin();
    ++held[static_cast<size_t>(std::min<ptrdiff_t>(range, partitions - 1))];
  }
  return static_cast<double>(*std::max_element(held.begin(), held.end())) /
         static_cast<double>(sample);
}

double StoredKb(const Dataset& dataset) {
  const cosmos::emulator::SystemProperties typical("AQAAAA==", "AQAAAAEAAAA=", std::string(8, 'a'));
  return typical.StoredKb(static_cast<uint32_t>(dataset.TypicalJsonBytes()));
}

// Charges of one document: what is returned, and what is only looked at.
double DocumentsRu(const cosmos::ChargeModel& model, const QuerySpec& query, double matches,
                   double returned, double kb) {
  const bool fetches_all =
      std::any_of(query.aggregates.begin(), query.aggregates.end(),
                  [](const Aggregate& a) { return a.kind == AggregateKind::kP95; });
  if (fetches_all) return matches * model.ReturnedDocument(kb);
  if (!query.group_by.empty()) return matches * model.ScannedDocument(kb);
  const double each =
      query.order_by_field >= 0 ? model.SortedDocument(kb) : model.ReturnedDocument(kb);
  return returned * each + (matches - returned) * model.ScannedDocument(kb);
}

double QueryCharge(const cosmos::ChargeModel& model, const v1::CosmosTarget& target,
                   const QuerySpec& query, double matches, int partitions, double kb, bool strong) {
  const double most = query.limit == 0 ? matches : static_cast<double>(query.limit) * partitions;
  const double returned = std::min(matches, most);
  const double pages = std::max(1.0, std::ceil(returned / partitions / target.page_size()));
  cosmos::QueryCost cost;
  cost.partitions = static_cast<int>(pages) * partitions;
  cost.filter = !query.where.empty();
  cost.predicates = static_cast<int>(query.where.size());
  cost.order_by = query.order_by_field >= 0;
  cost.documents = DocumentsRu(model, query, matches, returned, kb);
  return static_cast<double>(model.Query(cost, strong)) / 100;
}

int PartitionFieldOf(const v1::CosmosTarget& target, const RecordSchema& schema) {
  const int named = schema.FieldIndex(target.partition_key());
  return named >= 0 ? named : schema.partition_field;
}

}  // namespace

CosmosEstimate::CosmosEstimate(const v1::CosmosTarget& target, const Dataset& dataset,
                               uint64_t records, uint64_t seed)
    : throughput_(target.throughput()) {
  const RecordSchema& schema = dataset.schema();
  const int per_partition = cosmos::EmulatorOptions().throughput_per_partition;
  partitions_ = (static_cast<int>(throughput_) + per_partition - 1) / per_partition;
  const int key_field = PartitionFieldOf(target, schema);
  busiest_share_ = BusiestShare(dataset, key_field, partitions_, records);

  const cosmos::ChargeModel model{cosmos::ChargeCoefficients()};
  const bool strong = target.consistency() == v1::CONSISTENCY_STRONG ||
                      target.consistency() == v1::CONSISTENCY_BOUNDED_STALENESS;
  const double kb = StoredKb(dataset);
  const std::set<int> indexed = IndexedFields(target, schema, key_field);
  const double changed = ChangedFields(dataset, indexed, records);
  read_ru_ = static_cast<double>(model.Read(kb, strong)) / 100;
  insert_ru_ = static_cast<double>(model.Insert(kb, static_cast<int>(indexed.size()))) / 100;
  replace_ru_ =
      static_cast<double>(model.Replace(kb, kb, static_cast<int>(std::lround(changed)))) / 100;
  const std::vector<double> matches = SampleMatches(dataset, records, seed);
  for (size_t i = 0; i < schema.queries.size(); ++i) {
    const QuerySpec& query = schema.queries[i];
    const int touched = StaysInOnePartition(query, key_field) ? 1 : partitions_;
    queries_.push_back(
        {query.name, QueryCharge(model, target, query, matches[i], touched, kb, strong)});
  }
}

double CosmosEstimate::InsertRu(uint64_t records) const {
  return insert_ru_ * static_cast<double>(records);
}

double CosmosEstimate::OperationRu(const OperationType& type) const {
  switch (type.kind) {
    case v1::OPERATION_KIND_READ:
      return read_ru_;
    case v1::OPERATION_KIND_UPSERT:
    case v1::OPERATION_KIND_REPLACE:
      return replace_ru_ * type.batch;
    case v1::OPERATION_KIND_QUERY:
      for (const QueryRu& query : queries_) {
        if (query.query == type.query->name) return query.ru;
      }
      return 0;
    default:
      return InsertRu(type.batch);
  }
}

}  // namespace weir
