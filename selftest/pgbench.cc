// Weir beside pgbench: the same PostgreSQL, the same prepared point select by primary key, the same
// rate of Poisson arrivals and number of sessions, in turn several times. Both count from the
// intended start. Where they differ, what each says about its own lateness must explain it.
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

constexpr int kRounds = 7;
constexpr int kRate = 400;  // per second
constexpr int kSessions = 8;
constexpr int kWarmUpSeconds = 2;
constexpr int kSeconds = 6;
constexpr int kRecords = 10'000;
// Nearly all reads of both go to so many of them. Each is a script of pgbench's, whose statement
// each of its sessions prepares when it first comes to it: few enough that this is over in the
// warm-up.
constexpr int kHotRecords = 8;
constexpr double kTolerance = 0.05;

// Of one round of one program, in nanoseconds.
struct Round {
  double p50 = 0;
  double mean = 0;
  double p50_without_lag = 0;
  double mean_without_lag = 0;
  double mean_lag = 0;
};

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
      "    shape: {open: {rate: ", kRate, "/s, sessions: ", kSessions,
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
  for (const Line& line : lines) {
    if (line.end_s < first_s + kWarmUpSeconds) continue;
    elapsed.push_back(line.elapsed_ns);
    without_lag.push_back(line.elapsed_ns - line.lag_ns);
    lag.push_back(line.lag_ns);
  }
  if (elapsed.empty()) return absl::InternalError("pgbench measured nothing");
  return Round{.p50 = Median(elapsed),
               .mean = Mean(elapsed),
               .p50_without_lag = Median(without_lag),
               .mean_without_lag = Mean(without_lag),
               .mean_lag = Mean(lag)};
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
  for (const Round& round : rounds) values.push_back(round.*number);
  return Median(values);
}

// Weir's number ÷ pgbench's of the same round, less one. Neighbours in time see the same machine.
std::vector<double> Differences(const Rounds& rounds, double Round::*number) {
  std::vector<double> differences;
  for (size_t i = 0; i < rounds.weir.size(); ++i) {
    differences.push_back(rounds.weir[i].*number / rounds.pgbench[i].*number - 1);
  }
  return differences;
}

// How far half of the rounds lie from the median.
double Unsteadiness(std::vector<double> differences) {
  const double median = Median(differences);
  for (double& difference : differences) difference = std::abs(difference - median);
  return Median(differences);
}

void Compare(const char* name, const Rounds& rounds, double Round::*number,
             double Round::*without_lag, Figures* figures) {
  const double difference = Median(Differences(rounds, number));
  std::string text = absl::StrFormat("%s %.0f us of pgbench's %.0f us, by rounds %+.1f %%", name,
                                     MedianOf(rounds.weir, number) / 1e3,
                                     MedianOf(rounds.pgbench, number) / 1e3, 100 * difference);
  if (std::abs(difference) <= kTolerance) return figures->Hold(text, true);
  const double rest = Median(Differences(rounds, without_lag));
  absl::StrAppendFormat(&text, ", without either's own lateness %+.1f %%", 100 * rest);
  figures->Hold(text, std::abs(rest) <= kTolerance);
}

// Where rounds differ by more than this among each other, agreement would be luck.
constexpr double kMostUnsteadiness = 0.1;

SelfTestResult Judge(const Rounds& rounds) {
  const double unsteadiness = std::max(Unsteadiness(Differences(rounds, &Round::p50_without_lag)),
                                       Unsteadiness(Differences(rounds, &Round::mean_without_lag)));
  Figures figures;
  figures.Of(absl::StrFormat("%d rounds at %d/s on %d sessions", kRounds, kRate, kSessions));
  Compare("p50", rounds, &Round::p50, &Round::p50_without_lag, &figures);
  Compare("mean", rounds, &Round::mean, &Round::mean_without_lag, &figures);
  figures.Say(absl::StrFormat("own lateness on average %.0f us, pgbench's %.0f us",
                              MedianOf(rounds.weir, &Round::mean_lag) / 1e3,
                              MedianOf(rounds.pgbench, &Round::mean_lag) / 1e3));
  const SelfTestResult result = figures.Result();
  if (unsteadiness <= kMostUnsteadiness) return result;
  return Skip(
      absl::StrFormat("this machine is too busy to tell: half of the rounds differ by more "
                      "than %.0f %% from the median (%s)",
                      100 * unsteadiness, result.figures));
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
