// Holds a message from elsewhere to the rules of its schema (R56): a campaign that came over the
// wire, a result from a file. By its descriptor, so that a field that comes later is looked at as
// well. Pure.
#pragma once

#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace weir {

struct MessageLimits {
  int most_items = 10'000;  // of a list
  size_t longest_text = 4096;
  // The magnitude of numbers for which the schema has no rule.
  double most = std::numeric_limits<double>::infinity();
  // Numbers that may be ∞ all the same; of none when null.
  bool (*may_be_infinite)(const google::protobuf::FieldDescriptor& field) = nullptr;
};

// Every number in its range and finite, every enum known, every text of its pattern, texts and
// lists within the limits. A number that was left out is not looked at. kInvalidArgument with the
// path of the first field that breaks a rule, "targets[0].postgres.table does not match …"; nothing
// of the message is quoted.
absl::Status CheckMessageRules(const google::protobuf::Message& message,
                               const MessageLimits& limits = {});

// "[A-Za-z0-9._-]{1,64}", or as long as stated: of agents, runs and operations.
bool IsName(absl::string_view name, size_t longest = 64);

// Of a run's id: its campaign's name, when it started, and four digits.
inline constexpr size_t kLongestRunName = 128;

}  // namespace weir
