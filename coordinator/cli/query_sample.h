// How many records a dataset's queries find, by trying a few on a stretch of the records. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "generators/dataset.h"

namespace weir {

// For each query of the schema: records that match, on average over a few draws of its parameters.
// Looks at 100,000 records in the middle at most, so that of a larger dataset matches may be missed
// that lie far from the record that the parameters were drawn near.
std::vector<double> SampleMatches(const Dataset& dataset, uint64_t records, uint64_t seed);

// Whether a record meets the query's conditions.
bool Matches(const RecordSchema& schema, const QuerySpec& query, const Parameters& parameters,
             const Record& record);

}  // namespace weir
