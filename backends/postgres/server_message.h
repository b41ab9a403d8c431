// The messages that a server sends in PostgreSQL's protocol 3.0, taken off a run of bytes. They
// point into those bytes. No state; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

// By the protocol's own letters.
enum class MessageType : char {
  kDataRow = 'D',
  kCommandComplete = 'C',
  kError = 'E',
  kNotice = 'N',
  kReady = 'Z',
  kCopyIn = 'G',
};

struct ServerMessage {
  MessageType type;
  std::string_view body;
};

enum class Taken {
  kMessage,
  kMore,  // there is no whole message yet
  kBad,   // no message begins so: we are out of step with the server
};

// Takes the first message off the front of *bytes.
Taken TakeMessage(std::string_view* bytes, ServerMessage* message);

// Of a DataRow: bytes of its values, without the counts and lengths between them.
uint64_t RowBytes(std::string_view body);

// Of a CommandComplete: rows that the command changed; 0 for one that changes none.
uint64_t ChangedRows(std::string_view body);

// Of an error: the fields that Weir asks for; empty where the server sent none.
struct ErrorFields {
  std::string_view severity;  // never translated: "FATAL"
  std::string_view code;      // SQLSTATE
  std::string_view message;
  std::string_view table;  // whose constraint was violated
};
ErrorFields ReadError(std::string_view body);

}  // namespace weir
