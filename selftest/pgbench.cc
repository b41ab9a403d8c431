// Weir beside pgbench: the same PostgreSQL, the same prepared point select by primary key, the same
// rate of Poisson arrivals and number of sessions, in turn several times. Both count from the
// intended start. Where they differ, what each says about its own lateness must explain it.
//
// pgbench 15 reads the clock once in each step of a session. Where the server answers before the
// step that sent the statement is over, begin and end are one reading, and the transaction has no
// time but its lateness. Such transactions tell nothing; they are counted and left out.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "selftest/figures.h"
#include "selftest/local_run.h"
#include "selftest/self_test.h"
#include "selftest/throwaway_server.h"

#include "base/status.h"
#include "measure/tally.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 21;
constexpr int kRate = 2'000;  // per second
constexpr int kSessions = 8;
constexpr int kWarmUpSeconds = 1;
constexpr int kSeconds = 3;
constexpr int kRecords = 10'000;
// Nearly all reads of both go to so many of them. Each is a script of pgbench's, whose statement
// each of its sessions prepares when it first comes to it: few enough that this is over in the
// warm-up.
constexpr int kHotRecords = 8;
constexpr double kTolerance = 0.05;
// Slower ones are the tail, to which a busy machine and each program's own work contribute most.
constexpr double kBody = 0.99;

// Of one round of one program, in nanoseconds; all but the first two from the dispatch.
struct Round {
  double p50 = 0;  // from the intended start
  double mean = 0;
  double p50_without_lag = 0;
  double mean_without_lag = 0;
  double body_mean = 0;  // of those up to the p99
  double p999 = 0;
  double mean_lag = 0;
  double untimed = 0;  // share of the transactions that are left out
};

// Of the fastest kBody.
double BodyMean(const Histogram& histogram) {
  const uint64_t end = histogram.ValueAtQuantile(kBody);
  double sum = 0;
  double count = 0;
  histogram.ForEachBucket([&](uint64_t value, uint64_t n) {
    if (value > end) return;
    sum += static_cast<double>(value) * static_cast<double>(n);
    count += static_cast<double>(n);
  });
  return sum / count;
}

std::string Campaign(int port, uint64_t seed, const std::string& phases) {
  return absl::StrCat("name: selftest\nseed: ", seed, "\ndataset: {records: ", kRecords,
                      ", logs: }\ntargets:\n  - name: pg\n    postgres: {port: ", port,
                      ", tls: disable}\nscenarios:\n  - name: point-select\n    phases: ", phases);
}

absl::Status Load(const ThrowawayServer& server, uint64_t seed) {
  const TemporaryFolder folder;
  const std::string campaign = Campaign(server.port(), seed, "{load: }\n");
  WEIR_ASSIGN_OR_RETURN(LocalRun run, LocalRun::Start(folder, campaign, 1));
  return run.Result(60s).status();
}

absl::StatusOr<Round> DriveWeir(const ThrowawayServer& server, uint64_t seed) {
  const TemporaryFolder folder;
  const std::string campaign = absl::StrCat(
      Campaign(server.port(), seed,
               absl::StrCat("{warm_up: ", kWarmUpSeconds, "s, measure: ", kSeconds, "s}\n")),
      // No spinning: pgbench sleeps, and on two cores a spinning client is in the server's way.
      "    shape: {open: {rate: ", kRate, "/s, spin: 0s, sessions: ", kSessions,
      "}}\n    operations: [{do: read}]\n",
      "    keys: {law: hotspot, hot_operations: 0.999, hot_records: ",
      static_cast<double>(kHotRecords) / kRecords, "}\n");
  WEIR_ASSIGN_OR_RETURN(LocalRun run, LocalRun::Start(folder, campaign, 1));
  WEIR_ASSIGN_OR_RETURN(const v1::RunResult result, run.Result(120s));
  Tally tally;
  for (const v1::PhaseResult& part : result.legs(0).results()) {
    if (part.phase() == v1::PHASE_MEASURE) WEIR_RETURN_IF_ERROR(tally.Add(part.total()));
  }
  if (tally.response.empty()) return absl::InternalError("weir measured nothing");
  return Round{.p50 = static_cast<double>(tally.response.ValueAtQuantile(0.5)),
               .mean = tally.response.Mean(),
               .p50_without_lag = static_cast<double>(tally.dispatch_response.ValueAtQuantile(0.5)),
               .mean_without_lag = tally.dispatch_response.Mean(),
               .body_mean = BodyMean(tally.dispatch_response),
               .p999 = static_cast<double>(tally.dispatch_response.ValueAtQuantile(0.999)),
               .mean_lag = tally.lag.Mean()};
}

// ---------------------------------------------------------------------------------- pgbench

// One script per record, with the very statement of the read.
struct Scripts {
  std::vector<std::string> arguments;
};

absl::StatusOr<Scripts> WriteScripts(const ThrowawayServer& server, const TemporaryFolder& folder) {
  WEIR_ASSIGN_OR_RETURN(std::string columns,
                        server.Query("SELECT string_agg(quote_ident(column_name), ', ' ORDER BY "
                                     "ordinal_position) FROM information_schema.columns WHERE "
                                     "table_name = 'weir_records'"));
  absl::StripTrailingAsciiWhitespace(&columns);
  WEIR_ASSIGN_OR_RETURN(
      const std::string ids,
      server.Query(absl::StrCat("SELECT id FROM weir_records LIMIT ", kHotRecords)));
  Scripts scripts;
  for (absl::string_view id : absl::StrSplit(ids, '\n', absl::SkipWhitespace())) {
    const std::string variable = absl::StrCat("id", scripts.arguments.size() / 4);
    const std::string path = folder.File(variable + ".sql");
    std::ofstream(path) << "SELECT " << columns << " FROM weir_records WHERE id = :" << variable
                        << ";\n";
    for (std::string argument :
         {std::string("-D"), absl::StrCat(variable, "=", id), std::string("-f"), path}) {
      scripts.arguments.push_back(std::move(argument));
    }
  }
  if (scripts.arguments.size() != 4 * size_t{kHotRecords}) {
    return absl::InternalError("the load did not write the records");
  }
  return scripts;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Index of the q-quantile in so many sorted values.
ptrdiff_t NearestRank(size_t size, double q) {
  return static_cast<ptrdiff_t>(std::ceil(q * static_cast<double>(size))) - 1;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

// Lines of its log: client, transaction, elapsed us, script, seconds and us of the end, lag us. The
// elapsed time counts from the scheduled start.
absl::StatusOr<Round> ReadLogs(const TemporaryFolder& folder) {
  struct Line {
    double end_s, elapsed_ns, lag_ns;
  };
  std::vector<Line> lines;
  double first_s = 1e18;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("pgbench_log")) continue;
    for (absl::string_view text :
         absl::StrSplit(ReadWholeFile(entry.path()), '\n', absl::SkipWhitespace())) {
      const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipWhitespace());
      double elapsed, seconds, us, lag;
      if (words.size() < 7 || !absl::SimpleAtod(words[2], &elapsed) ||
          !absl::SimpleAtod(words[4], &seconds) || !absl::SimpleAtod(words[5], &us) ||
          !absl::SimpleAtod(words[6], &lag)) {
        return absl::InternalError(absl::StrCat("pgbench's log has the line ", text));
      }
      lines.push_back({seconds + us / 1e6, elapsed * 1e3, lag * 1e3});
      first_s = std::min(first_s, lines.back().end_s);
    }
  }
  std::vector<double> elapsed, without_lag, lag;
  double untimed = 0;
  for (const Line& line : lines) {
    if (line.end_s < first_s + kWarmUpSeconds) continue;
    if (line.elapsed_ns <= line.lag_ns) {
      ++untimed;
      continue;
    }
    elapsed.push_back(line.elapsed_ns);
    without_lag.push_back(line.elapsed_ns - line.lag_ns);
    lag.push_back(line.lag_ns);
  }
  if (elapsed.empty()) return absl::InternalError("pgbench measured nothing");
  std::sort(without_lag.begin(), without_lag.end());
  const auto at = [&](double q) { return NearestRank(without_lag.size(), q); };
  return Round{.p50 = Median(elapsed),
               .mean = Mean(elapsed),
               .p50_without_lag = Median(without_lag),
               .mean_without_lag = Mean(without_lag),
               .body_mean = Mean({without_lag.begin(), without_lag.begin() + at(kBody) + 1}),
               .p999 = without_lag[at(0.999)],
               .mean_lag = Mean(lag),
               .untimed = untimed / (untimed + static_cast<double>(lag.size()))};
}

absl::StatusOr<Round> DrivePgbench(const std::string& programs, const ThrowawayServer& server,
                                   const Scripts& scripts, uint64_t seed) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {absl::StrCat(programs, "/pgbench"),
                                        "-h",
                                        "127.0.0.1",
                                        "-p",
                                        absl::StrCat(server.port()),
                                        "-U",
                                        "postgres",
                                        "-n",
                                        "-M",
                                        "prepared",
                                        "-l",
                                        absl::StrCat("--log-prefix=", folder.File("pgbench_log")),
                                        absl::StrCat("--random-seed=", seed),
                                        absl::StrCat("--rate=", kRate),
                                        "-c",
                                        absl::StrCat(kSessions),
                                        "-j",
                                        "2",
                                        "-T",
                                        absl::StrCat(kWarmUpSeconds + kSeconds)};
  arguments.insert(arguments.end(), scripts.arguments.begin(), scripts.arguments.end());
  arguments.emplace_back("postgres");
  WEIR_RETURN_IF_ERROR(
      RunToEnd({.arguments = arguments, .output = folder.File("pgbench.out")}, 120s));
  return ReadLogs(folder);
}

// -------------------------------------------------------------------------------- comparison

struct Rounds {
  std::vector<Round> weir;
  std::vector<Round> pgbench;
};

double MedianOf(const std::vector<Round>& rounds, double Round::*number) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const Round& round : rounds) values.push_back(round.*number);
  return Median(values);
}

// Weir's number ÷ pgbench's of the same round, less one: the median over the rounds with its
// interval, exact and free of assumptions (the sign test's; Conover, Practical Nonparametric
// Statistics, 3.2). Neighbours in time see the same machine.
struct Difference {
  double low = 0;
  double median = 0;
  double high = 0;

  bool IsSmall() const { return std::abs(median) <= kTolerance; }
  // The interval has nothing of what would be agreement.
  bool IsReal() const { return low > kTolerance || high < -kTolerance; }
  // Agreement within it would be luck.
  bool IsVague() const { return high - low > 4 * kTolerance; }
  std::string Text() const {
    return absl::StrFormat("%+.1f %% (%+.1f to %+.1f)", 100 * median, 100 * low, 100 * high);
  }
};

// Of 21 values the 6th and the 16th: they hold the median with 97.3 % confidence.
static_assert(kRounds == 21);
constexpr size_t kIntervalRank = 5;

Difference Compare(const Rounds& rounds, double Round::*number) {
  std::vector<double> values;
  for (size_t i = 0; i < rounds.weir.size(); ++i) {
    values.push_back(rounds.weir[i].*number / rounds.pgbench[i].*number - 1);
  }
  std::sort(values.begin(), values.end());
  return {.low = values[kIntervalRank],
          .median = Median(values),
          .high = values[values.size() - 1 - kIntervalRank]};
}

std::string Both(const char* name, const Rounds& rounds, double Round::*number) {
  return absl::StrFormat("%s %.0f us of pgbench's %.0f us", name,
                         MedianOf(rounds.weir, number) / 1e3,
                         MedianOf(rounds.pgbench, number) / 1e3);
}

// What is found to differ, with what explains it, from the whole to the part that must agree.
struct Comparison {
  std::string text;
  Difference rest;  // that nothing explains
};

Comparison CompareMedians(const Rounds& rounds) {
  Comparison found{.text = Both("p50", rounds, &Round::p50), .rest = Compare(rounds, &Round::p50)};
  absl::StrAppend(&found.text, ", by rounds ", found.rest.Text());
  if (found.rest.IsSmall()) return found;
  found.rest = Compare(rounds, &Round::p50_without_lag);
  absl::StrAppend(&found.text, ", without either's own lateness ", found.rest.Text());
  return found;
}

Comparison CompareMeans(const Rounds& rounds) {
  Comparison found{.text = Both("mean", rounds, &Round::mean),
                   .rest = Compare(rounds, &Round::mean)};
  absl::StrAppend(&found.text, ", by rounds ", found.rest.Text());
  if (found.rest.IsSmall()) return found;
  found.rest = Compare(rounds, &Round::mean_without_lag);
  absl::StrAppend(&found.text, ", without either's own lateness ", found.rest.Text());
  if (found.rest.IsSmall()) return found;
  found.rest = Compare(rounds, &Round::body_mean);
  absl::StrAppend(&found.text, ", without the slowest 1 % either ", found.rest.Text(), " (",
                  Both("p99.9", rounds, &Round::p999), ")");
  return found;
}

// Our own lateness on average, beyond which something else uses the machine. A sleeper is woken
// some tens of microseconds late.
constexpr double kMostLagNs = 100'000;

SelfTestResult Judge(const Rounds& rounds) {
  const Comparison medians = CompareMedians(rounds);
  const Comparison means = CompareMeans(rounds);
  Figures figures;
  figures.Of(absl::StrFormat("%d rounds at %d/s on %d sessions", kRounds, kRate, kSessions));
  bool vague = false;
  bool real = false;
  for (const Comparison& comparison : {medians, means}) {
    figures.Hold(comparison.text, comparison.rest.IsSmall());
    vague |= comparison.rest.IsVague() || !comparison.rest.IsSmall();
    real |= comparison.rest.IsReal();
  }
  figures.Say(absl::StrFormat("own lateness on average %.0f us, pgbench's %.0f us",
                              MedianOf(rounds.weir, &Round::mean_lag) / 1e3,
                              MedianOf(rounds.pgbench, &Round::mean_lag) / 1e3));
  figures.Say(absl::StrFormat("%.1f %% of pgbench's transactions untimed and left out",
                              100 * MedianOf(rounds.pgbench, &Round::untimed)));
  SelfTestResult result = figures.Result();
  const bool busy = MedianOf(rounds.weir, &Round::mean_lag) > kMostLagNs;
  if (!busy && (real || !vague)) return result;
  return Skip(absl::StrCat("this machine is too unsteady to tell (", result.figures, ")"));
}

absl::Status Measure(const std::string& programs, uint64_t seed, Rounds* rounds) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ThrowawayServer> server,
                        ThrowawayServer::Start(programs));
  WEIR_RETURN_IF_ERROR(Load(*server, seed));
  const TemporaryFolder folder;
  WEIR_ASSIGN_OR_RETURN(const Scripts scripts, WriteScripts(*server, folder));
  for (int round = 0; round < kRounds; ++round) {
    for (const bool weir : {round % 2 == 0, round % 2 != 0}) {
      WEIR_ASSIGN_OR_RETURN(
          const Round measured,
          weir ? DriveWeir(*server, seed) : DrivePgbench(programs, *server, scripts, seed + round));
      (weir ? rounds->weir : rounds->pgbench).push_back(measured);
    }
  }
  return absl::OkStatus();
}

}  // namespace

SelfTestResult TestBesidePgbench(const SelfTestOptions& options) {
  const absl::StatusOr<std::string> programs = FindPostgres(options.postgres_bin);
  if (!programs.ok()) return Skip(programs.status().message());
  Rounds rounds;
  const absl::Status measured = Measure(*programs, options.seed, &rounds);
  if (!measured.ok()) return Fail(measured.message());
  return Judge(rounds);
}

}  // namespace weir
