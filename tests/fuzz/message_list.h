// Several messages of one kind in one input: each preceded by the number of its bytes, as a varint.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/logging.h"

namespace weir {

// Those before the first that is not whole; 100 at most.
template <typename Message>
std::vector<Message> MessagesIn(const uint8_t* bytes, size_t size) {
  // What is no UTF-8 is refused, as it should be, and not worth a line each.
  [[maybe_unused]] static const auto talks = google::protobuf::SetLogHandler(nullptr);
  std::vector<Message> messages;
  google::protobuf::io::CodedInputStream stream(bytes, static_cast<int>(size));
  for (uint32_t length; messages.size() < 100 && stream.ReadVarint32(&length);) {
    std::string text;
    if (!stream.ReadString(&text, static_cast<int>(length))) break;
    Message message;
    if (!message.ParseFromString(text)) break;
    messages.push_back(std::move(message));
  }
  return messages;
}

template <typename Message>
std::string AsInput(const std::vector<Message>& messages) {
  std::string input;
  google::protobuf::io::StringOutputStream stream(&input);
  google::protobuf::io::CodedOutputStream out(&stream);
  for (const Message& message : messages) {
    const std::string text = message.SerializeAsString();
    out.WriteVarint32(static_cast<uint32_t>(text.size()));
    out.WriteString(text);
  }
  out.Trim();
  return input;
}

}  // namespace weir
