#include "measure/index_runs.h"

#include <algorithm>

namespace weir {
namespace {

constexpr int kNumbers = 3;

// Of one message: more than any second of a run can settle, and little enough to be walked.
constexpr uint64_t kMostIndices = uint64_t{1} << 24;

// The sum, or nothing where it does not fit.
bool Advance(uint64_t by, uint64_t* number) { return !__builtin_add_overflow(*number, by, number); }

bool IsWhole(const IndexRuns& runs) {
  if (runs.size() % kNumbers != 0) return false;
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t indices = 0;
  for (int i = 0; i < runs.size(); i += kNumbers) {
    const uint64_t count = runs[i + 1];
    const uint64_t stride = runs[i + 2];
    if (count == 0 || stride == 0 || count > kMostIndices - indices) return false;
    if (!Advance(runs[i], &first) || (i > 0 && first <= last)) return false;
    uint64_t length = 0;
    last = first;
    if (__builtin_mul_overflow(count - 1, stride, &length) || !Advance(length, &last)) return false;
    indices += count;
  }
  return true;
}

}  // namespace

void EncodeRuns(std::vector<uint64_t>* indices, IndexRuns* runs) {
  if (!std::is_sorted(indices->begin(), indices->end()))
    std::sort(indices->begin(), indices->end());
  uint64_t before = 0;
  for (size_t i = 0; i < indices->size();) {
    const uint64_t first = (*indices)[i];
    const uint64_t stride = i + 1 < indices->size() ? (*indices)[i + 1] - first : 1;
    size_t end = i + 1;
    while (end < indices->size() && (*indices)[end] - (*indices)[end - 1] == stride) ++end;
    runs->Add(first - before);
    runs->Add(end - i);
    runs->Add(stride);
    before = first;
    i = end;
  }
}

absl::Status ForEachIndex(const IndexRuns& runs, absl::FunctionRef<void(uint64_t)> visit) {
  if (!IsWhole(runs)) return absl::InvalidArgumentError("the runs of a ledger are damaged");
  uint64_t first = 0;
  for (int i = 0; i < runs.size(); i += kNumbers) {
    first += runs[i];
    for (uint64_t k = 0; k < runs[i + 1]; ++k) visit(first + k * runs[i + 2]);
  }
  return absl::OkStatus();
}

uint64_t CountIndices(const IndexRuns& runs) {
  uint64_t count = 0;
  for (int i = 1; i < runs.size(); i += kNumbers) count += runs[i];
  return count;
}

}  // namespace weir
