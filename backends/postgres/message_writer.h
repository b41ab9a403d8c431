// The messages that a client sends in PostgreSQL's protocol 3.0 (documentation, "Frontend/Backend
// Protocol"), appended to a buffer of the caller's. All values go in their binary formats, and are
// asked for in them. No state but the buffer; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/types/span.h"

#include "backends/api/record.h"

namespace weir {

class MessageWriter {
 public:
  static constexpr size_t kMostParameters = 65'535;  // of one statement

  // The buffer outlives the writer.
  explicit MessageWriter(std::string* out) : out_(*out) {}

  // `types`: the parameters' type OIDs. An empty name is the unnamed statement.
  void Parse(std::string_view name, std::string_view sql, absl::Span<const uint32_t> types);

  // Bind of `statement`, then exactly `parameters` values, then EndBind.
  void BeginBind(std::string_view statement, size_t parameters);
  void AddValue(FieldType type, const Value& value);
  void AddRecord(const RecordSchema& schema, const Record& record);
  void EndBind();

  void Execute();  // of what was bound, to its end
  void Sync();
  void Query(std::string_view sql);

  std::string* BeginCopyData();  // data are appended to it until EndCopyData
  void EndCopyData();
  void CopyDone();

  size_t bytes() const { return out_.size(); }

 private:
  void Begin(char type);
  void End();

  std::string& out_;
  size_t length_at_ = 0;  // of the message that was begun
};

// A record's fields, each behind its length in four bytes: what Bind and a COPY tuple consist of.
void AppendFields(const RecordSchema& schema, const Record& record, std::string* out);

}  // namespace weir
