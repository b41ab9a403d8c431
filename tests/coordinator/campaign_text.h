// Campaign texts for tests.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "coordinator/campaign_reader.h"

namespace weir {

// Uses most of what a campaign may hold; has no mistake and no warning.
inline constexpr char kRichCampaign[] = R"(name: rich
description: Every part once.
seed: 42
dataset:
  records: 5000
  logs: {services: 8, user_theta: 0.5}
targets:
  - name: nothing
    null: {service_time: 2ms}
  - name: lite
    sqlite: {path: /tmp/weir.db, journal_mode: delete}
  - name: pg
    postgres:
      port: 5433
      password: ${env:PGPASSWORD}
      tls: verify_full
      fillfactor: 90
  - name: cosmos
    cosmos:
      endpoint: http://127.0.0.1:8081/
      key: ${file:/run/key}
      throughput: 4000
scenarios:
  - name: ingest
    phases:
      load: {batch: 100, sessions: 4}
  - name: mixed
    targets: [pg, cosmos]
    phases: {warm_up: 3s, measure: 1m30s}
    shape:
      open:
        stages:
          - {to: 100/s, duration: 10s}
          - {from: 100/s, to: 0.5/s, duration: 20s}
        arrivals: constant
    operations:
      - {do: read, weight: 8}
      - {do: insert, batch: 10}
      - {do: query, query: recent_errors, keys: {law: latest}}
      - {do: query, query: recent_errors, name: old_errors}
    keys: {law: zipf, theta: 0.9}
    timeout: 250ms
    retry: {attempts: 3}
    thresholds:
      - {metric: response_p99_us, operation: read, target: pg, at_most: 5000}
)";

// Every problem, one per line, as a user sees them; without the file's name.
inline std::string Problems(const std::string& text, const std::vector<std::string>& sets = {}) {
  const CampaignReading reading = ReadCampaignText(text, "f", sets);
  return absl::StrJoin(reading.problems, "\n", [](std::string* out, const Problem& problem) {
    absl::StrAppend(out, ToString(problem));
  });
}

// A campaign with one scenario and one null target, with these lines under the scenario.
inline std::string WithScenario(const std::string& lines) {
  return absl::StrCat(
      "name: c\ndataset: {records: 10, logs: }\ntargets: [{name: t, null: }]\n"
      "scenarios:\n  - name: s\n",
      lines);
}

}  // namespace weir
