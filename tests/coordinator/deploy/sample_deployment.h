// A run on Kubernetes as tests render it: every part in use, and nothing secret in it.
#pragma once

#include <string>

#include "coordinator/campaign_reader.h"
#include "coordinator/deploy/agent_needs.h"
#include "coordinator/deploy/kubernetes_run.h"

namespace weir::test {

inline constexpr char kSampleCampaign[] = R"(name: sample
dataset: {records: 1000, logs: {}}
targets:
  - name: pg
    postgres:
      host: db.example
      password: ${env:PG_PASSWORD}
      tls: verify_full
      tls_root_certificate: /secrets/ca.crt
  - name: cosmos
    cosmos: {endpoint: 'https://account.example:443/', key: '${file:/secrets/cosmos-key}'}
scenarios:
  - name: mixed
    phases: {warm_up: 2s, measure: 8s}
    shape: {open: {rate: 100/s, sessions: 8}}
    operations: [{do: read}]
)";

inline v1::Campaign SampleCampaign() {
  return ReadCampaignText(kSampleCampaign, "sample.yaml", {}).campaign;
}

inline AgentNeeds SampleNeeds() {
  AgentNeeds needs = NeedsOf(SampleCampaign(), "in a pod");
  needs.addresses = {"account.example:443", "db.example:5432"};
  return needs;
}

inline KubernetesRun SampleRun() {
  return {.run_id = "sample-1",
          .namespace_name = "load",
          .image = "registry.example/weir:1.2",
          .agents = 5,
          .campaign_text = kSampleCampaign,
          .run_arguments = {"--set=scenarios.mixed.timeout=$(HOME)", "--confirm=db\"\n  x: y"},
          .needs = SampleNeeds(),
          .secret = "databases",
          .certificates = {.authority = "-----BEGIN CERTIFICATE-----\nauthority\n",
                           .coordinator = {"of the coordinator\n", "its key\n"},
                           .agent = {"of the agents\n", "their key\n"},
                           .join_token = "token"},
          .init = true,
          .deadline_ns = 7'200'000'000'000};
}

}  // namespace weir::test
