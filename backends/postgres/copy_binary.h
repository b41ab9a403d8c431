// The COPY BINARY format: records written straight into what COPY … FROM STDIN sends, and read from
// what COPY … TO STDOUT answers. No state; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "backends/api/record.h"

namespace weir {

void AppendCopyHeader(std::string* out);
void AppendCopyTuple(const RecordSchema& schema, const Record& record, std::string* out);
void AppendCopyTrailer(std::string* out);

// One CopyData message: whole tuples, the header before the first, the trailer as the last. Text in
// the records points into the message.
absl::Status DecodeCopyMessage(const RecordSchema& schema, std::string_view message,
                               absl::FunctionRef<void(const Record&)> visit);

}  // namespace weir
