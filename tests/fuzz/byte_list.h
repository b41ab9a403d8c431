// Several texts of bytes in one input: each preceded by its length, as a varint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/logging.h"

namespace weir {

// Those before the first that is not whole; 100 at most.
inline std::vector<std::string> BytesIn(const uint8_t* bytes, size_t size) {
  // What is no UTF-8 is refused, as it should be, and not worth a line each.
  [[maybe_unused]] static const auto talks = google::protobuf::SetLogHandler(nullptr);
  std::vector<std::string> parts;
  google::protobuf::io::CodedInputStream stream(bytes, static_cast<int>(size));
  for (uint32_t length; parts.size() < 100 && stream.ReadVarint32(&length);) {
    std::string part;
    if (!stream.ReadString(&part, static_cast<int>(length))) break;
    parts.push_back(std::move(part));
  }
  return parts;
}

inline std::string AsInput(const std::vector<std::string>& parts) {
  std::string input;
  google::protobuf::io::StringOutputStream stream(&input);
  google::protobuf::io::CodedOutputStream out(&stream);
  for (const std::string& part : parts) {
    out.WriteVarint32(static_cast<uint32_t>(part.size()));
    out.WriteString(part);
  }
  out.Trim();
  return input;
}

}  // namespace weir
