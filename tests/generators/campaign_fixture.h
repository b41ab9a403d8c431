// Settings that the generators' tests share.
#pragma once

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "proto/campaign.pb.h"

namespace weir {

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    ADD_FAILURE() << "not a message: " << text;
  }
  return message;
}

// What a campaign file with `logs: {}` means.
inline v1::LogsDataset DefaultLogs() {
  return FromText<v1::LogsDataset>(
      "services: 64 hosts: 400 regions: 6 users: 100000 user_theta: 0.99 "
      "records_per_trace: 8 records_per_second: 1000");
}

// Operations per second.
inline std::string RatePerSecond(uint64_t rate) {
  return "operations: " + std::to_string(rate) + " per_ns: 1000000000";
}

}  // namespace weir
