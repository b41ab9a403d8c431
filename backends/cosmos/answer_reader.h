// Reads the JSON of answers that a session must look into: errors and batches. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

#include "backends/api/operation.h"

namespace weir::cosmos {

struct BatchResult {
  int status = 0;
  int substatus = 0;
  int64_t retry_after_ns = 0;
  MilliRu refused_charge = 0;  // of one that was throttled; others' charges are not read
};

// An answer is grown by what the parser needs behind its end.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();

  // The first line of an error's "message": what follows names the single request, which would make
  // every error one of its own kind. Empty when there is none. Valid until the next call.
  std::string_view ErrorMessage(std::string* answer);

  // One result for each operation of a batch, in their order. False when the answer is broken.
  bool ForEachResult(std::string* answer, absl::FunctionRef<void(const BatchResult&)> visit);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace weir::cosmos
