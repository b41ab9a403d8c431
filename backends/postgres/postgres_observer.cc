#include "backends/postgres/postgres_observer.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/postgres/counters.h"
#include "backends/postgres/timed_connection.h"
#include "backends/sql/table_sql.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir {
namespace {

constexpr int64_t kLongestBeginNs = 2 * kNsPerSecond;
// A sample and the end together take less time than a run has to stop.
constexpr int64_t kLongestCallNs = kNsPerSecond;
constexpr size_t kMostEvents = 1'000;
constexpr char kOwnName[] = "weir observer";
constexpr char kCompleted[] = "checkpoint completed";
constexpr int kCyclesWanted = 2;
constexpr double kFewWalBytes = 1 << 20;  // a phase that hardly wrote

// A session that is active and waits for nothing runs, or waits for a CPU to run on.
constexpr char kWaits[] = R"(
  SELECT coalesce(wait_event_type || '/' || wait_event, 'CPU'), count(*) FROM pg_stat_activity
  WHERE application_name = 'weir' AND datname = current_database() AND usename = current_user
    AND backend_type = 'client backend' AND state = 'active'
  GROUP BY 1)";

constexpr char kVacuums[] = R"(
  SELECT p.pid, coalesce(c.relname::text, 'a table that our role may not see')
  FROM pg_stat_progress_vacuum p LEFT JOIN pg_class c ON c.oid = p.relid
  WHERE p.datname = current_database())";

constexpr char kCheckpoints[] = "SELECT checkpoints_timed, checkpoints_req FROM pg_stat_bgwriter";
constexpr char kCheckpoints17[] = "SELECT num_timed, num_requested FROM pg_stat_checkpointer";
constexpr char kLastCheckpoint[] = "SELECT checkpoint_lsn FROM pg_control_checkpoint()";
constexpr char kTableCare[] = R"(
  SELECT vacuum_count, autovacuum_count, analyze_count, autoanalyze_count
  FROM pg_stat_user_tables WHERE relid = to_regclass($1))";

constexpr char kTimings[] = R"(
  SELECT name FROM pg_settings
  WHERE name IN ('track_io_timing', 'track_wal_io_timing') AND setting = 'off' ORDER BY name)";

// A question that is put again and again, until the server refuses it.
struct Question {
  std::string about;
  std::string sql;
  std::vector<const char*> parameters = {};
  bool refused = false;
};

// One row of values of which each change is an event.
struct Watch {
  Question question;
  std::vector<std::string> events;  // by column
  std::vector<std::string> last = {};
};

bool WentOn(const std::string& before, const std::string& now) {
  int64_t from = 0;
  int64_t to = 0;
  const bool numbers = absl::SimpleAtoi(before, &from) && absl::SimpleAtoi(now, &to);
  return numbers ? to > from : now != before;
}

std::vector<std::string> RowOf(const PGresult* rows) {
  std::vector<std::string> row;
  if (PQntuples(rows) == 0) return row;
  for (int i = 0; i < PQnfields(rows); ++i) row.emplace_back(PQgetvalue(rows, 0, i));
  return row;
}

class PostgresObserver final : public Observer {
 public:
  PostgresObserver(TimedConnection connection, const std::string& table)
      : connection_(std::move(connection)), quoted_table_(Quoted(table)) {
    const bool new_views = connection_.server_version() >= 170000;
    watches_ = {{{"checkpoints", new_views ? kCheckpoints17 : kCheckpoints},
                 {"checkpoint (timed)", "checkpoint (requested)"}},
                {{"pg_control_checkpoint", kLastCheckpoint}, {kCompleted}},
                {{"pg_stat_user_tables", kTableCare, {quoted_table_.c_str()}},
                 {absl::StrCat("vacuum of ", table), absl::StrCat("autovacuum of ", table),
                  absl::StrCat("analyze of ", table), absl::StrCat("autoanalyze of ", table)}}};
  }

  void Begin(uint32_t second) override {
    connection_.Allow(kLongestBeginNs);
    NoteTimings();
    for (const CounterView& view : CounterViews()) ReadFirst(view);
    for (Watch& watch : watches_) Look(&watch, second);
    SeeVacuums(second);
  }

  void Sample(uint32_t second) override {
    connection_.Allow(kLongestCallNs);
    ++samples_;
    bool answered = SampleWaits();
    for (Watch& watch : watches_) answered = answered && Look(&watch, second);
    answered = answered && SeeVacuums(second);
    if (!answered) ++missed_;
  }

  ObservedFacts Conclude() override {
    connection_.Allow(kLongestCallNs);
    for (const CounterView& view : CounterViews()) ReadLast(view);
    NoteCycles();
    for (const auto& [wait, count] : waits_) {
      facts_.waits.push_back({"pg_stat_activity", wait, static_cast<double>(count), "samples"});
    }
    if (missed_ > 0) {
      facts_.gaps.push_back(
          absl::StrCat(missed_, " of ", samples_, " samples failed: ", why_missed_));
    }
    return std::move(facts_);
  }

 private:
  // Null when there is no answer, now or at all.
  ResultPtr Ask(Question* question) {
    if (question->refused) return nullptr;
    absl::StatusOr<ResultPtr> answer = connection_.Ask(question->sql, question->parameters);
    if (answer.ok()) return *std::move(answer);
    if (absl::IsUnavailable(answer.status())) {
      why_missed_ = std::string(answer.status().message());
      return nullptr;
    }
    question->refused = true;
    facts_.gaps.push_back(
        absl::StrCat(question->about, ": ", std::string(answer.status().message())));
    return nullptr;
  }

  void NoteTimings() {
    Question question{"pg_settings", kTimings};
    const ResultPtr off = Ask(&question);
    for (int row = 0; off != nullptr && row < PQntuples(off.get()); ++row) {
      facts_.gaps.push_back(absl::StrCat(PQgetvalue(off.get(), row, 0),
                                         " is off: its times are not counted by the server"));
    }
  }

  void ReadFirst(const CounterView& view) {
    if (!connection_.is_open()) return;
    if (connection_.server_version() < view.first_version) {
      if (strcmp(view.name, "pg_stat_checkpointer") == 0) return;  // in pg_stat_bgwriter before
      facts_.gaps.push_back(
          absl::StrCat(view.name, ": not before PostgreSQL ", view.first_version / 10'000));
      return;
    }
    Question question{view.name, view.sql};
    const ResultPtr rows = Ask(&question);
    if (rows != nullptr) before_[view.name] = ReadCounters(view, rows.get());
  }

  void ReadLast(const CounterView& view) {
    const auto before = before_.find(view.name);
    if (before == before_.end()) return;
    Question question{view.name, view.sql};
    const ResultPtr rows = Ask(&question);
    if (rows != nullptr) {
      AddIncrease(view, before->second, ReadCounters(view, rows.get()), &facts_);
    } else if (!question.refused) {
      facts_.gaps.push_back(absl::StrCat(view.name, ": ", why_missed_));
    }
  }

  // R20: what writes cost later, in checkpoints, is in the numbers only when these were in the
  // phase.
  void NoteCycles() {
    const auto written =
        std::find_if(facts_.counters.begin(), facts_.counters.end(),
                     [](const ObservedCount& counter) { return counter.name == "wal_bytes"; });
    const auto completed =
        std::count_if(facts_.events.begin(), facts_.events.end(),
                      [](const ObservedEvent& event) { return event.what == kCompleted; });
    if (written == facts_.counters.end() || written->value < kFewWalBytes) return;
    if (completed >= kCyclesWanted) return;
    facts_.gaps.push_back(absl::StrCat("checkpoints completed in the phase: ", completed,
                                       "; to have the whole cost of writes in the numbers takes ",
                                       kCyclesWanted));
  }

  bool SampleWaits() {
    const ResultPtr rows = Ask(&waits_question_);
    for (int row = 0; rows != nullptr && row < PQntuples(rows.get()); ++row) {
      uint64_t sessions = 0;
      if (!absl::SimpleAtoi(PQgetvalue(rows.get(), row, 1), &sessions)) continue;
      waits_[PQgetvalue(rows.get(), row, 0)] += sessions;
      facts_.wait_samples += sessions;
    }
    return rows != nullptr || waits_question_.refused;
  }

  bool Look(Watch* watch, uint32_t second) {
    const ResultPtr rows = Ask(&watch->question);
    if (rows == nullptr) return watch->question.refused;
    std::vector<std::string> now = RowOf(rows.get());
    for (size_t i = 0; i < std::min(watch->last.size(), now.size()); ++i) {
      if (WentOn(watch->last[i], now[i])) AddEvent(second, watch->events[i]);
    }
    watch->last = std::move(now);
    return true;
  }

  bool SeeVacuums(uint32_t second) {
    const ResultPtr rows = Ask(&vacuums_question_);
    if (rows == nullptr) return vacuums_question_.refused;
    std::set<std::string> running;
    for (int row = 0; row < PQntuples(rows.get()); ++row) {
      const std::string table = PQgetvalue(rows.get(), row, 1);
      const std::string vacuum = absl::StrCat(PQgetvalue(rows.get(), row, 0), " ", table);
      if (!vacuums_.contains(vacuum)) AddEvent(second, absl::StrCat("vacuum of ", table, " runs"));
      running.insert(vacuum);
    }
    vacuums_ = std::move(running);
    return true;
  }

  void AddEvent(uint32_t second, const std::string& what) {
    if (facts_.events.size() < kMostEvents) {
      facts_.events.push_back({second, what});
    } else if (facts_.events.size() == kMostEvents && !events_cut_) {
      events_cut_ = true;
      facts_.gaps.push_back(absl::StrCat("only the first ", kMostEvents, " events are listed"));
    }
  }

  TimedConnection connection_;
  const std::string quoted_table_;
  Question waits_question_{"pg_stat_activity", kWaits};
  Question vacuums_question_{"pg_stat_progress_vacuum", kVacuums};
  std::vector<Watch> watches_;
  std::map<std::string, CounterReading> before_;
  std::map<std::string, uint64_t> waits_;
  std::set<std::string> vacuums_;  // that the last sample saw
  uint64_t samples_ = 0;
  uint64_t missed_ = 0;
  std::string why_missed_;
  bool events_cut_ = false;
  ObservedFacts facts_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Observer>> ObservePostgres(ConnectionOptions options,
                                                          const std::string& table) {
  for (auto& [keyword, value] : options.pairs) {
    if (keyword == "application_name") value = kOwnName;
  }
  TimedConnection connection(std::move(options), {"SET statement_timeout = '1s'"});
  connection.Allow(kLongestBeginNs);
  WEIR_RETURN_IF_ERROR(connection.Open());
  return std::make_unique<PostgresObserver>(std::move(connection), table);
}

}  // namespace weir
