#include "coordinator/campaign_reader.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::Campaign Read(const std::string& text) {
  CampaignReading reading = ReadCampaignText(text, "f", {});
  EXPECT_EQ(Problems(text), "");
  return reading.campaign;
}

TEST(CampaignReader, TenMistakesGiveTenProblemsWithTheirPlaces) {
  EXPECT_EQ(Problems(R"(name: ten-mistakes
dataset:
  reccords: 1000
  logs: {services: 0}
targets:
  - name: pg
    postgres:
      port: seventy
      password: hunter2
      tls: verify-full
scenarios:
  - name: mixed
    targets: [pq]
    phases: {measure: 30}
    shape: {open: {rate: 5000}}
    operations:
      - {do: query}
    thresholds:
      - {metric: response_p99_us}
)"),
            "f:3:3: unknown key 'reccords'; did you mean 'records'?\n"
            "f:4:20: services: must be from 1 to 100000, found '0'\n"
            "f:8:13: port: expected a whole number, found 'seventy'\n"
            "f:9:17: password: a secret is never written into a campaign; refer to it as "
            "${env:NAME} or ${file:PATH}\n"
            "f:10:12: tls: expected one of prefer, disable, require, verify_ca, verify_full; found "
            "'verify-full'; did you mean 'verify_full'?\n"
            "f:13:15: no target is called 'pq'; did you mean 'pg'?\n"
            "f:14:23: measure: expected a duration with its unit, such as 30s, 250ms or 1m30s, "
            "found '30'\n"
            "f:15:26: rate: expected a rate with its unit, such as 2000/s, 0.5/s or 300/m, found "
            "'5000'\n"
            "f:17:9: do: query needs the key 'query' with the name of a query\n"
            "f:19:9: a threshold needs 'at_most' or 'at_least'");
}

TEST(CampaignReader, ReadsEveryPart) {
  const v1::Campaign campaign = Read(kRichCampaign);
  EXPECT_EQ(campaign.seed(), 42u);
  EXPECT_EQ(campaign.dataset().records(), 5000u);
  EXPECT_EQ(campaign.dataset().logs().services(), 8u);
  EXPECT_EQ(campaign.targets(0).null().service_time().ns(), 2'000'000);
  EXPECT_EQ(campaign.targets(1).sqlite().journal_mode(), v1::JOURNAL_MODE_DELETE);
  EXPECT_EQ(campaign.targets(2).postgres().password().env(), "PGPASSWORD");
  EXPECT_EQ(campaign.targets(3).cosmos().key().file(), "/run/key");
  const v1::Scenario& mixed = campaign.scenarios(1);
  EXPECT_EQ(mixed.phases().measure().ns(), 90'000'000'000);
  EXPECT_EQ(mixed.shape().open().stages(1).to().operations(), 1u);
  EXPECT_EQ(mixed.shape().open().stages(1).to().per_ns(), 2'000'000'000u);
  EXPECT_EQ(mixed.operations(2).keys().law(), v1::KEY_LAW_LATEST);
  EXPECT_TRUE(mixed.thresholds(0).has_at_most());
  EXPECT_FALSE(mixed.thresholds(0).has_at_least());
}

TEST(CampaignReader, FillsInDefaults) {
  const v1::Campaign campaign = Read(WithScenario("    phases: {load: }\n"));
  EXPECT_EQ(campaign.seed(), 1u);
  EXPECT_EQ(campaign.dataset().logs().records_per_trace(), 8u);
  const v1::Scenario& scenario = campaign.scenarios(0);
  EXPECT_EQ(scenario.phases().load().batch(), 500u);
  EXPECT_TRUE(scenario.phases().load().verify());
  EXPECT_EQ(scenario.timeout().ns(), 30'000'000'000);
  EXPECT_EQ(scenario.retry().attempts(), 1u);
  EXPECT_TRUE(scenario.retry().obey_retry_after());
  EXPECT_DOUBLE_EQ(scenario.keys().theta(), 0.99);
}

TEST(CampaignReader, LeavesOutWhatHasNoDefault) {
  const v1::Campaign campaign = Read(kRichCampaign);
  EXPECT_FALSE(campaign.scenarios(0).has_shape());
  EXPECT_FALSE(campaign.scenarios(1).phases().has_load());
  EXPECT_FALSE(campaign.scenarios(1).operations(0).has_keys());
  EXPECT_EQ(campaign.targets(3).cosmos().partition_key(), "");
}

TEST(CampaignReader, NamesEachMissingKeyAtItsParent) {
  EXPECT_EQ(Problems("description: nothing else\n"),
            "f:1:1: the key 'name' is missing\n"
            "f:1:1: the key 'dataset' is missing\n"
            "f:1:1: the key 'targets' is missing\n"
            "f:1:1: the key 'scenarios' is missing");
  EXPECT_EQ(Problems(WithScenario("    phases: {load: }\n    shape: {closed: {}}\n")),
            "f:7:5: 'shape' has no effect without a measure phase\n"
            "f:7:13: the key 'sessions' is missing");
}

TEST(CampaignReader, WantsExactlyOneOfTheBackends) {
  EXPECT_EQ(Problems("name: c\ndataset: {records: 1, logs: }\n"
                     "targets:\n  - name: a\n  - name: b\n    null: {}\n    sqlite: {path: x}\n"
                     "scenarios: [{name: s, phases: {load: }}]\n"),
            "f:4:5: the backend is missing: give one of null, sqlite, postgres, cosmos\n"
            "f:7:5: 'sqlite' contradicts 'null' (line 6); give only one of null, sqlite, postgres, "
            "cosmos");
}

TEST(CampaignReader, RefusesEqualNamesInAList) {
  EXPECT_EQ(Problems("name: c\ndataset: {records: 1, logs: }\n"
                     "targets:\n  - {name: a, null: }\n  - {name: a, null: }\n"
                     "scenarios: [{name: s, phases: {load: }}]\n"),
            "f:5:12: the name 'a' is already used in line 4; names in targets must differ");
}

TEST(CampaignReader, SaysWhatWasExpectedInsteadOfAList) {
  EXPECT_EQ(Problems("name: [c]\ndataset: 7\ntargets: t\nscenarios: []\n"),
            "f:1:7: name: expected a single value, found a list\n"
            "f:2:10: expected keys (records, logs), found '7'\n"
            "f:3:10: targets: expected a list (one '- …' per item), found 't'\n"
            "f:4:1: scenarios: the list is empty");
}

struct WrongValue {
  const char* lines;
  const char* problem;
};

class CampaignValues : public ::testing::TestWithParam<WrongValue> {};

TEST_P(CampaignValues, AreCheckedByTheirRule) {
  const std::string text =
      "name: c\ndataset: {records: 10, logs: }\nscenarios: [{name: s, phases: {load: }}]\n"
      "targets:\n  - name: t\n    postgres:\n      " +
      std::string(GetParam().lines) + "\n";
  EXPECT_EQ(Problems(text), GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    OfEachKind, CampaignValues,
    ::testing::Values(
        WrongValue{"port: 65536", "f:7:13: port: must be from 1 to 65535, found '65536'"},
        WrongValue{"port: -1", "f:7:13: port: must be from 1 to 65535, found '-1'"},
        WrongValue{"port: 5.5", "f:7:13: port: expected a whole number, found '5.5'"},
        WrongValue{"port: '5432'", "f:7:13: port: expected a whole number, found the text '5432'"},
        WrongValue{"port:", "f:7:7: port: has no value; give one or remove the key"},
        WrongValue{"prepared: yes", "f:7:17: prepared: expected true or false, found 'yes'"},
        WrongValue{"prepared: {}", "f:7:17: prepared: expected a single value, found keys"},
        WrongValue{"table: Bad", "f:7:14: table: 'Bad' does not match [a-z_][a-z0-9_]{0,62}"},
        WrongValue{"host: \"a\\u0007b\"", "f:7:13: host: contains control characters"},
        WrongValue{"connect_timeout: 3 seconds",
                   "f:7:24: connect_timeout: expected a duration with its unit, such as 30s, 250ms "
                   "or 1m30s, found '3 seconds'"},
        WrongValue{"password: [a]",
                   "f:7:17: password: a secret is never written into a campaign; refer to it as "
                   "${env:NAME} or ${file:PATH}"},
        WrongValue{"indexes: some",
                   "f:7:16: indexes: expected one of queried, none, all; found 'some'"},
        WrongValue{"colour: red",
                   "f:7:7: unknown key 'colour'; there are: host, port, database, user, password, "
                   "tls, tls_root_certificate, tls_certificate, tls_key, table, unlogged, "
                   "synchronous_commit, …"}));

TEST(CampaignReader, NeverRepeatsALiteralSecret) {
  EXPECT_THAT(Problems(kRichCampaign, {"targets.pg.postgres.password=hunter2"}),
              AllOf(HasSubstr("--set targets.pg.postgres.password: password: a secret is never"),
                    Not(HasSubstr("hunter2"))));
}

TEST(CampaignReader, ShowsThePatternThatANameMustMatch) {
  EXPECT_EQ(
      Problems(kRichCampaign, {"name=two words"}),
      "--set name: name: 'two words' does not match [A-Za-z0-9._-]{1,64}, such as quickstart");
}

TEST(CampaignReader, WillNotNameTheUnspecifiedValue) {
  EXPECT_THAT(
      Problems(WithScenario("    phases: {measure: 1s}\n    shape: {closed: {sessions: 1}}\n"
                            "    operations: [{do: unspecified}]\n")),
      HasSubstr("f:8:23: do: expected one of insert, upsert, read,"));
}

TEST(CampaignReader, CountsColumnsInCharacters) {
  EXPECT_THAT(Problems("{\"näme\": c, descriptiön: 1}\n"),
              AllOf(HasSubstr("f:1:2: unknown key 'n\303\244me'; there are: name"),
                    HasSubstr("f:1:13: unknown key")));
}

TEST(CampaignReader, FindsThePlaceOfAValueOrOfWhatIsAroundIt) {
  const CampaignReading reading = ReadCampaignText(kRichCampaign, "f", {});
  EXPECT_EQ(reading.Find("scenarios[1].operations[2].query").line, 39);
  EXPECT_EQ(reading.Find("scenarios[1].operations[2].query").column, 28);
  EXPECT_EQ(reading.Find("scenarios[1].operations[2].batch").line, 39);
  EXPECT_EQ(reading.Find("scenarios[1].operations[2].batch").column, 9);
  EXPECT_EQ(reading.Find("nowhere").line, 1);
}

TEST(CampaignReader, SaysWhyAFileCannotBeRead) {
  const CampaignReading missing = ReadCampaignFile("/nonexistent/c.yaml", {});
  ASSERT_EQ(missing.problems.size(), 1u);
  EXPECT_EQ(ToString(missing.problems[0]),
            "/nonexistent/c.yaml: cannot read the campaign: No such file or directory");
  EXPECT_THAT(ReadCampaignFile("/", {}).problems, Not(IsEmpty()));
}

TEST(CampaignReader, RefusesAnEmptyFile) {
  for (const char* text : {"", "# nothing\n", "---\n", "~\n"}) {
    EXPECT_THAT(Problems(text), HasSubstr("f:1:1: the campaign is empty")) << text;
  }
  EXPECT_THAT(Problems("- a\n"), HasSubstr("f:1:1: expected keys"));
}

TEST(CampaignReader, ReadyCampaignsHaveNoProblems) {
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator("campaigns")) {
    if (entry.path().extension() != ".yaml") continue;
    const CampaignReading reading = ReadCampaignFile(entry.path(), {});
    for (const Problem& problem : reading.problems) ADD_FAILURE() << ToString(problem);
    for (const Problem& warning : reading.warnings) ADD_FAILURE() << ToString(warning);
    ++read;
  }
  EXPECT_GE(read, 3);
}

}  // namespace
}  // namespace weir
