#include "backends/cosmos/answer_reader.h"

#include <simdjson.h>

#include <cmath>

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

}  // namespace

struct AnswerReader::Parser {
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
