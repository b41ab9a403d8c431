// Texts that would break out of whatever shows them carelessly, and every text of a message filled
// with one: by its descriptor, so that a field that comes later is filled as well.
#pragma once

#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir::test {

struct HostileText {
  const char* name;
  std::string text;
  bool utf8 = true;  // else no message carries it, and no results store keeps it
};

std::vector<HostileText> HostileTexts();

// For a browser: what it would run or make of it sets window.pwned or asks for something.
std::string HostileMarkup();

// Puts `text` before every text within, empty ones too, however deep. What was equal stays equal,
// so that names still name.
void FillTexts(const std::string& text, google::protobuf::Message* message);

// The sample run with everything of results.proto that it lacks, one of each, and every text of it
// filled.
v1::RunResult HostileRun(const std::string& text);

}  // namespace weir::test
