#include "backends/cosmos/answer_reader.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>
#include <vector>

#include "backends/cosmos/http/answer_headers.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::document;
using simdjson::ondemand::object;

bool ReadResult(object& operation, BatchResult* result) {
  for (auto field : operation) {
    std::string_view name;
    if (field.unescaped_key().get(name) != SUCCESS) return false;
    double number = 0;
    const bool refused = result->status == 429 && name == "requestCharge";
    if (name != "statusCode" && name != "subStatusCode" && name != "retryAfterMilliseconds" &&
        !refused)
      continue;
    if (field.value().get_double().get(number) != SUCCESS) return false;
    if (refused) result->refused_charge = std::llround(number * 1000);
    if (name == "statusCode") result->status = static_cast<int>(number);
    if (name == "subStatusCode") result->substatus = static_cast<int>(number);
    if (name == "retryAfterMilliseconds") {
      result->retry_after_ns = RetryAfterNs(static_cast<int64_t>(number));
    }
  }
  return true;
}

// Reads the usual answer to a bulk load, in which every operation was done and nothing is returned
// but its charge and etag: by skipping what is known.
class PlainResults {
 public:
  explicit PlainResults(std::string_view answer)
      : at_(answer.data()), end_(answer.data() + answer.size()) {}

  // Into statuses; false when there is anything else in the answer.
  bool Read(std::vector<int>* statuses) {
    statuses->clear();
    if (!Take("[")) return false;
    do {
      int status = 0;
      if (!Take(R"({"statusCode":)") || !TakeStatus(&status)) return false;
      if (!Take(R"(,"requestCharge":)") || !SkipNumber()) return false;
      if (!Take(R"(,"eTag":")") || !SkipText() || !Take("}")) return false;
      statuses->push_back(status);
    } while (Take(","));
    return Take("]") && at_ == end_;
  }

 private:
  bool Take(std::string_view text) {
    if (static_cast<size_t>(end_ - at_) < text.size() ||
        std::memcmp(at_, text.data(), text.size()) != 0) {
      return false;
    }
    at_ += text.size();
    return true;
  }
  bool TakeStatus(int* status) {
    const auto read = std::from_chars(at_, end_, *status);
    at_ = read.ptr;
    return read.ec == std::errc() && *status >= 200 && *status < 300;
  }
  bool SkipNumber() {
    const char* const begin = at_;
    while (at_ < end_ && ((*at_ >= '0' && *at_ <= '9') || *at_ == '.')) ++at_;
    return at_ != begin;
  }
  // Behind its opening quote. A quote behind a backslash is part of it.
  bool SkipText() {
    for (;;) {
      const void* quote = std::memchr(at_, '"', static_cast<size_t>(end_ - at_));
      if (quote == nullptr) return false;
      const bool is_escaped = static_cast<const char*>(quote)[-1] == '\\';
      at_ = static_cast<const char*>(quote) + 1;
      if (!is_escaped) return true;
    }
  }

  const char* at_;
  const char* end_;
};

}  // namespace

struct AnswerReader::Parser {
  std::vector<int> statuses;
  simdjson::ondemand::parser json;
  document root;

  bool Parse(std::string* answer) {
    answer->reserve(answer->size() + simdjson::SIMDJSON_PADDING);
    return json.iterate(answer->data(), answer->size(), answer->capacity()).get(root) == SUCCESS;
  }
};

AnswerReader::AnswerReader() : parser_(std::make_unique<Parser>()) {}
AnswerReader::~AnswerReader() = default;

std::string_view AnswerReader::ErrorMessage(std::string* answer) {
  if (answer->empty() || !parser_->Parse(answer)) return {};
  std::string_view message;
  if (parser_->root["message"].get_string().get(message) != SUCCESS) return {};
  return message.substr(0, message.find_first_of("\r\n"));
}

bool AnswerReader::ForEachResult(std::string* answer,
                                 absl::FunctionRef<void(const BatchResult&)> visit) {
  if (PlainResults(*answer).Read(&parser_->statuses)) {
    for (const int status : parser_->statuses) visit(BatchResult{.status = status});
    return true;
  }
  if (!parser_->Parse(answer)) return false;
  simdjson::ondemand::array operations;
  if (parser_->root.get_array().get(operations) != SUCCESS) return false;
  for (auto item : operations) {
    object operation;
    BatchResult result;
    if (item.get_object().get(operation) != SUCCESS || !ReadResult(operation, &result))
      return false;
    visit(result);
  }
  return true;
}

}  // namespace weir::cosmos
