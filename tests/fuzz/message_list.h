// Several messages of one kind in one input (byte_list.h).
#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/byte_list.h"

namespace weir {

// Those before the first that is not whole; 100 at most.
template <typename Message>
std::vector<Message> MessagesIn(const uint8_t* bytes, size_t size) {
  std::vector<Message> messages;
  for (const std::string& part : BytesIn(bytes, size)) {
    Message message;
    if (!message.ParseFromString(part)) break;
    messages.push_back(std::move(message));
  }
  return messages;
}

template <typename Message>
std::string AsInput(const std::vector<Message>& messages) {
  std::vector<std::string> parts;
  for (const Message& message : messages) parts.push_back(message.SerializeAsString());
  return AsInput(parts);
}

}  // namespace weir
