#include "reports/disclosure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/reports/sample_run.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;

// What a report has to state, one line per item of the checklist: whose it is, and its name. An
// item that goes missing from the product's list fails here.
const std::vector<std::pair<std::string, std::string>> kChecklist = {
    {"run", "version, commit and build type"},
    {"run", "compiler"},
    {"run", "compiler flags"},
    {"run", "campaign text"},
    {"run", "campaign digest"},
    {"run", "seed"},
    {"run", "records of the dataset"},
    {"run", "not run"},
    {"run", "repeated or discarded"},
    {"agent", "version"},
    {"agent", "CPU"},
    {"agent", "CPU governor"},
    {"agent", "SMT"},
    {"agent", "idle states"},
    {"agent", "kernel"},
    {"agent", "NUMA nodes"},
    {"agent", "clock source"},
    {"agent", "CPU limit"},
    {"agent", "memory limit"},
    {"agent", "machine type"},
    {"agent", "zone"},
    {"agent", "clock offset and its bound"},
    {"leg", "schedule digest"},
    {"leg", "dataset digest"},
    {"leg", "keys"},
    {"leg", "operations"},
    {"leg", "retries and throttling"},
    {"leg", "gates"},
    {"leg", "warm-up cut"},
    {"leg", "CPU per operation"},
    {"leg", "raw result"},
    {"postgres", "server version"},
    {"postgres", "round trip"},
    {"postgres", "settings that are not the default"},
    {"postgres", "table definition"},
    {"postgres", "indexes"},
    {"postgres", "table size with indexes"},
    {"postgres", "memory of the server"},
    {"postgres", "fsync"},
    {"postgres", "synchronous_commit"},
    {"postgres", "full_page_writes"},
    {"postgres", "checkpoints and autovacuum"},
    {"cosmos", "throughput"},
    {"cosmos", "consistency"},
    {"cosmos", "regions"},
    {"cosmos", "indexing policy"},
    {"cosmos", "physical partitions"},
    {"cosmos", "REST version"},
    {"cosmos", "round trip"},
    {"cosmos", "durability"},
};

// A run of one leg on each backend, of which nothing is known.
v1::RunResult Silent() {
  v1::RunResult run;
  run.add_agents()->set_name("a");
  for (const char* backend : {"postgres", "cosmos", "sqlite", "null"}) {
    v1::Leg* leg = run.add_legs();
    leg->set_scenario("mixed");
    leg->set_target(backend);
    leg->set_backend(backend);
  }
  return run;
}

std::string ValueOfItem(const v1::RunResult& run, const std::string& subject,
                        const std::string& name) {
  for (const DisclosedItem& item : DiscloseRun(run)) {
    if (item.subject == subject && item.item == name) return item.value;
  }
  ADD_FAILURE() << "no item " << name << " of " << subject;
  return "";
}

TEST(Disclosure, ListsEveryItemOfTheChecklist) {
  std::vector<std::pair<std::string, std::string>> listed;
  for (const DisclosureRule& rule : DisclosureRules()) {
    listed.emplace_back(rule.subject, rule.item);
    EXPECT_FALSE(rule.source.empty()) << rule.item;
  }
  EXPECT_THAT(listed, IsSupersetOf(kChecklist));
  EXPECT_EQ(std::set(listed.begin(), listed.end()).size(), listed.size());
}

// All but what holds whatever the run was: how many records, what was left out.
TEST(Disclosure, SaysOfEveryItemOfASilentRunThatItIsNotDisclosed) {
  const std::set<std::string> always = {"seed", "not run", "repeated or discarded", "agents"};
  size_t items = 0;
  for (const DisclosedItem& item : DiscloseRun(Silent())) {
    if (always.contains(std::string(item.item))) continue;
    EXPECT_EQ(item.value, kNotDisclosed) << item.subject << ": " << item.item;
    ++items;
  }
  EXPECT_GT(items, kChecklist.size());
}

TEST(Disclosure, StatesEveryConditionUnderItsItem) {
  for (const DisclosureRule& rule : DisclosureRules()) {
    if (rule.source != "leg.conditions" && rule.source != "agents.conditions") continue;
    v1::RunResult run = Silent();
    const bool of_agent = rule.subject == "agent";
    v1::Leg* leg = nullptr;
    for (v1::Leg& candidate : *run.mutable_legs()) {
      if (candidate.backend() == rule.subject) leg = &candidate;
    }
    ASSERT_TRUE(of_agent || leg != nullptr) << rule.subject;
    const std::map<std::string, std::string> names = {{"server version", "server_version"},
                                                      {"indexes", "index by_time"},
                                                      {"tables", "table weir_records"}};
    const std::string item(rule.item);
    v1::Condition* condition =
        of_agent ? run.mutable_agents(0)->add_conditions() : leg->add_conditions();
    condition->set_name(names.contains(item) ? names.at(item) : item);
    condition->set_value("the value");
    const std::string subject = of_agent ? "agent a" : "mixed on " + leg->target();
    EXPECT_THAT(ValueOfItem(run, subject, item), HasSubstr("the value"));
  }
}

TEST(Disclosure, StatesWhatTheSampleRunHolds) {
  v1::RunResult run = test::SampleRun();
  EXPECT_EQ(ValueOfItem(run, "run", "seed"), "42");
  EXPECT_EQ(ValueOfItem(run, "run", "records of the dataset"), "100000");
  EXPECT_EQ(ValueOfItem(run, "run", "not run"), "none");
  EXPECT_THAT(ValueOfItem(run, "mixed on postgres", "server version"), kNotDisclosed);
  EXPECT_THAT(ValueOfItem(run, "mixed on postgres", "dataset digest"),
              HasSubstr("5b1e0c7790a3f41d, "));
  EXPECT_THAT(ValueOfItem(run, "mixed on postgres", "keys"), HasSubstr("read: zipf θ=0.99"));
  EXPECT_THAT(ValueOfItem(run, "mixed on postgres", "operations"), HasSubstr("failed 4"));
  EXPECT_THAT(ValueOfItem(run, "mixed on cosmos", "retries and throttling"),
              HasSubstr(" attempts throttled (429)"));
  EXPECT_EQ(ValueOfItem(run, "mixed on postgres", "schedule digest"), "9f3a77c1e0b2");
  EXPECT_THAT(ValueOfItem(run, "mixed on postgres", "CPU per operation"), HasSubstr("database "));
  EXPECT_EQ(ValueOfItem(run, "mixed on postgres", "fsync"), "on");
}

TEST(Disclosure, NamesWhatWasNotRun) {
  v1::RunResult run = test::SampleRun();
  run.mutable_legs(1)->clear_results();
  EXPECT_EQ(ValueOfItem(run, "run", "not run"), "mixed on cosmos");
}

TEST(Disclosure, SaysWhenALegWasNotSteady) {
  v1::RunResult run = test::SampleRun();
  v1::Steadiness* steadiness = run.mutable_legs(0)->mutable_steadiness();
  steadiness->set_judged(true);
  steadiness->set_steady(false);
  steadiness->add_reasons("it drifted");
  EXPECT_EQ(ValueOfItem(run, "mixed on postgres", "warm-up cut"), "NOT STEADY: it drifted");
  steadiness->set_steady(true);
  steadiness->set_cut_seconds(15);
  EXPECT_EQ(ValueOfItem(run, "mixed on postgres", "warm-up cut"), "15 s");
}

}  // namespace
}  // namespace weir
