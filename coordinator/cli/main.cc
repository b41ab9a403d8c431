// The `weir` program: its commands and options. Options of `compare`, `gate`, `history` stand with
// them.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/wire/signature.h"
#include "base/version.h"
#include "coordinator/cli/calibrate_command.h"
#include "coordinator/cli/charges_command.h"
#include "coordinator/cli/check_command.h"
#include "coordinator/cli/compare_command.h"
#include "coordinator/cli/completion.h"
#include "coordinator/cli/emulator_command.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/generate_command.h"
#include "coordinator/cli/init_command.h"
#include "coordinator/cli/integrity_commands.h"
#include "coordinator/cli/plan_command.h"
#include "coordinator/cli/run_command.h"
#include "coordinator/cli/schema_command.h"
#include "coordinator/cli/selftest_command.h"
#include "coordinator/cli/store_commands.h"
#include "coordinator/problem.h"
#include "coordinator/quantity.h"
#include "coordinator/suggestion.h"

namespace weir {
namespace {

constexpr char kAbout[] =
    "Weir compares databases under load: one campaign, many agents, one report.";

constexpr char kFooter[] = R"(Examples:
  weir check campaigns/quickstart.yaml
  weir run campaigns/sqlite.yaml --out out/first
  weir run campaigns/quickstart.yaml --agents 3 --set targets.postgres.postgres.port=5433
  weir show latest

Exit codes:
    0  done; a run is VALID or DEGRADED and met its thresholds
    1  something else failed
    2  the command line is wrong
    3  the campaign has problems; nothing was started
    4  a target could not be reached, or refused us
    5  the run is INVALID
    6  a threshold was missed
    7  the agents cannot offer the load; no target was driven
    8  the run is PARTIAL: an agent was lost and tolerated
    9  a target does not hold what it acknowledged
  130  interrupted

Commands explain themselves: weir run --help.
Documentation: docs/campaign.md, docs/exit-codes.md.)";

// Where results are kept when nobody says otherwise.
std::string DefaultStore() {
  if (const char* path = std::getenv("XDG_DATA_HOME"); path != nullptr && *path != '\0') {
    return std::string(path) + "/weir/results.db";
  }
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/share/weir/results.db";
}

// Declares the commands; the one that was chosen puts its work into action_.
class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "weir " + std::string(Version()));
    app_.footer(kFooter);
    app_.failure_message(CLI::FailureMessage::simple);
    app_.get_formatter()->column_width(34);
    app_.add_option("--store", store_, "Results store, an SQLite file")
        ->envname("WEIR_STORE")
        ->capture_default_str()
        ->type_name("PATH");
    app_.fallthrough();  // global options may follow the command
    AddRun();
    AddCheck();
    AddPlan();
    AddSchema();
    AddGenerate();
    AddList();
    AddShow();
    AddReport();
    AddVerdicts();
    AddInit();
    AddVerify();
    AddDeadLetter();
    AddEmulator();
    AddCosmos();
    AddSelftest();
    AddCompletion();
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (app_.get_subcommands().empty() && !app_.remaining().empty()) return UnknownCommand();
      return app_.exit(error) == 0 ? kExitValid : kExitUsage;
    }
    return action_();
  }

 private:
  ExitCode UnknownCommand() const {
    const std::string word = app_.remaining().front();
    std::vector<std::string> names;
    for (const CommandShape& command : ShapeOf(app_).commands) names.push_back(command.name);
    std::fprintf(stderr, "unknown %s %s%s\nRun weir --help for more information.\n",
                 word.starts_with("-") ? "option" : "command", InQuotes(word).c_str(),
                 (word.starts_with("-") ? "" : Suggestion(word, names)).c_str());
    return kExitUsage;
  }

  CLI::App* Add(const char* name, const char* doc, std::function<ExitCode()> action) {
    return AddUnder(&app_, name, doc, std::move(action));
  }

  CLI::App* AddUnder(CLI::App* parent, const char* name, const char* doc,
                     std::function<ExitCode()> action) {
    CLI::App* command = parent->add_subcommand(name, doc);
    command->callback([this, action = std::move(action)] { action_ = action; });
    return command;
  }

  void AddCampaign(CLI::App* command) {
    command->add_option("campaign", campaign_, "The campaign file")
        ->required()
        ->type_name("CAMPAIGN.yaml");
    command
        ->add_option(
            "--set", overrides_,
            "Change one value, such as seed=7 or targets.pg.postgres.port=5433; repeatable")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false)
        ->take_all();
    command->add_option("--seed", seed_, "The campaign's seed; short for --set seed=N")
        ->type_name("N");
  }

  std::vector<std::string> Overrides() const {
    std::vector<std::string> overrides = overrides_;
    if (!seed_.empty()) overrides.push_back("seed=" + seed_);
    return overrides;
  }

  void AddRun() {
    CLI::App* run = Add("run", "Run a campaign and report it", [this] {
      run_.campaign = campaign_;
      run_.overrides = Overrides();
      run_.store = store_;
      return RunCommand(run_);
    });
    AddCampaign(run);
    run->add_option("--out", run_.out, "Folder for report.html, summary.csv, report.json, run.hlog")
        ->type_name("DIR");
    CLI::Option* agents = run->add_option("--agents", run_.agents, "Local agent processes to start")
                              ->check(CLI::Range(1, 1000))
                              ->capture_default_str()
                              ->type_name("N");
    CLI::Option* listen =
        run->add_option("--listen", run_.listen, "Start no agents; wait here for them to dial in")
            ->type_name("HOST:PORT")
            ->excludes(agents);
    CLI::Option* expect = run->add_option("--expect-agents", run_.expect_agents,
                                          "With --listen: how many to wait for")
                              ->check(CLI::Range(1, 10000))
                              ->type_name("N");
    listen->needs(expect);
    expect->needs(listen);
    run->add_option_function<std::string>(
           "--max-start-skew",
           [this](const std::string& text) {
             const auto skew = ParseDuration(text);
             if (!skew.ok()) {
               throw CLI::ValidationError("--max-start-skew", std::string(skew.status().message()));
             }
             run_.max_start_skew_ns = skew->ns();
           },
           "An agent that starts later after the others makes the "
           "run INVALID (default: 10ms)")
        ->type_name("DURATION");
    run->add_option("--confirm", run_.confirmed,
                    "Write to this database though its name sounds like production; repeatable")
        ->allow_extra_args(false)
        ->take_all()
        ->type_name("DATABASE");
    run->add_flag("--quiet", run_.quiet, "No progress, only the result");
    run->add_flag("--override-gates", run_.override_gates,
                  "Go on where a gate fails on agents or machine; stamps the run UNVERIFIED");
    run->add_flag("--tolerate-agent-loss", run_.tolerate_agent_loss,
                  "Where an agent is lost while a scenario is driven, drive on without its share; "
                  "the run is PARTIAL");
    run->footer(
        "Examples:\n"
        "  weir run campaigns/sqlite.yaml --out out/sqlite\n"
        "  weir run campaigns/quickstart.yaml --set scenarios.mixed.phases.measure=1m\n"
        "  weir run campaign.yaml --listen 0.0.0.0:7400 --expect-agents 12\n\n"
        "Ctrl-C stops the load within a second; what was measured is kept and reported.");
  }

  void AddCheck() {
    CLI::App* check = Add("check", "Show every problem of a campaign; start nothing",
                          [this] { return CheckCommand(campaign_, Overrides()); });
    AddCampaign(check);
    check->footer("Example:\n  weir check campaigns/quickstart.yaml --set dataset.records=1000");
  }

  void AddPlan() {
    CLI::App* plan = Add("plan", "Say what a run would do; touch nothing",
                         [this] { return PlanCommand(campaign_, Overrides()); });
    AddCampaign(plan);
    plan->footer(
        "Shows, per scenario and target: operations by kind, records, bytes, modelled request\n"
        "units and whether the provisioned throughput suffices, and how long it takes.\n\n"
        "Example:\n  weir plan campaigns/quickstart.yaml --set "
        "scenarios.mixed.shape.open.rate=2000/s");
  }

  void AddSchema() {
    CLI::App* schema = Add("schema", "Print the schema of campaign files",
                           [this] { return SchemaCommand(format_); });
    format_ = "json";
    schema->add_option("--format", format_, "JSON Schema (draft-07) or the reference in Markdown")
        ->check(CLI::IsMember({"json", "markdown"}))
        ->capture_default_str()
        ->type_name("");
    schema->footer(
        "Example: completion and checks in an editor with a YAML language server\n"
        "  weir schema > campaign.schema.json\n"
        "  and at the top of a campaign:  # yaml-language-server: $schema=campaign.schema.json");
  }

  void AddGenerate() {
    CLI::App* generate = app_.add_subcommand("generate", "Write records of a dataset as text");
    generate->require_subcommand(1);
    CLI::App* logs = AddUnder(generate, "logs", "Service logs of a fleet of machines", [this] {
      generate_.dataset = "logs";
      return GenerateCommand(generate_);
    });
    logs->add_option("--records", generate_.records, "How many")
        ->capture_default_str()
        ->type_name("N");
    logs->add_option("--first", generate_.first, "Index of the first record")
        ->capture_default_str()
        ->type_name("N");
    logs->add_option("--seed", generate_.seed, "The same seed gives the same records everywhere")
        ->capture_default_str()
        ->type_name("N");
    logs->add_option("--format", generate_.format, "JSON Lines or CSV with a header")
        ->check(CLI::IsMember({"jsonl", "csv"}))
        ->capture_default_str()
        ->type_name("");
    logs->add_option("--out", generate_.out, "File to write as a whole; standard output without")
        ->type_name("FILE");
    logs->footer(
        "Examples:\n"
        "  weir generate logs --records 1000000 --seed 7 --format csv --out logs.csv\n"
        "  weir generate logs --records 100000 | zstd > logs.jsonl.zst");
  }

  void AddList() {
    Add("list", "List the runs in the results store", [this] { return ListCommand(store_); });
  }

  void AddStoredRun(CLI::App* command) {
    command->add_option("run", stored_run_, "Id of a run, the beginning of one, or latest")
        ->required()
        ->type_name("RUN");
  }

  void AddShow() {
    CLI::App* show = Add("show", "Show the result of a run",
                         [this] { return ShowCommand(store_, stored_run_); });
    AddStoredRun(show);
    show->footer("Example:\n  weir show latest");
  }

  void AddVerdicts() {
    AddCompareOptions(Add("compare", "Set stored runs beside each other",
                          [this] { return CompareCommand(store_, compare_); }),
                      &compare_);
    AddGateOptions(Add("gate", "Say whether a stored run may pass, for scripts",
                       [this] { return GateCommand(store_, gate_); }),
                   &gate_);
    AddHistoryOptions(Add("history", "Say where a campaign's runs changed their level",
                          [this] { return HistoryCommand(store_, history_); }),
                      &history_);
  }

  void AddReport() {
    CLI::App* report = Add("report", "Write the reports of a run again, from the store", [this] {
      return ReportCommand(store_, stored_run_, formats_, folder_);
    });
    AddStoredRun(report);
    report->add_option("--format", formats_, "html, csv, json, hlog; repeatable, else all")
        ->check(CLI::IsMember({"html", "csv", "json", "hlog"}))
        ->allow_extra_args(false)
        ->take_all()
        ->type_name("");
    report->add_option("--out", folder_, "Folder to write into")->required()->type_name("DIR");
    report->footer(
        "Examples:\n"
        "  weir report latest --out out/again\n"
        "  weir report 20261121T021500 --format csv --format json --out out/numbers");
  }

  void AddInit() {
    CLI::App* init = Add("init", "Consent to a campaign's targets being written to",
                         [this] { return InitCommand(campaign_, Overrides(), verify_.target); });
    AddCampaign(init);
    AddTarget(init);
    init->footer(
        "A target that is not on this machine is written to only when its database bears the\n"
        "marker that this leaves: the table weir_consent, or the container of that name.\n\n"
        "Example:\n  weir init campaigns/postgres.yaml --target pg");
  }

  void AddTarget(CLI::App* command) {
    command->add_option("--target", verify_.target, "Only this one of the campaign's targets")
        ->type_name("NAME");
  }

  void AddLetters(CLI::App* command) {
    command
        ->add_option("--letters", verify_.letters,
                     "Folder with the agents' dead letters; beside the results store without")
        ->type_name("DIR");
  }

  void AddVerify() {
    CLI::App* verify = Add("verify", "Compare what targets hold with what a run wrote", [this] {
      verify_.store = store_;
      verify_.run = stored_run_;
      return VerifyCommand(verify_);
    });
    AddStoredRun(verify);
    AddTarget(verify);
    AddLetters(verify);
    verify->add_option("--read", verify_.read, "full, sample (Cosmos DB), or auto by size")
        ->check(CLI::IsMember({"auto", "full", "sample"}))
        ->capture_default_str()
        ->type_name("");
    verify->footer(
        "Every record that was acknowledged must be there once and as it was written. Exits with\n"
        "9 when one is missing, altered, there twice, or of nobody. Nothing may have written to\n"
        "the target since.\n\nExample:\n  weir verify latest --target pg");
  }

  DeadLetterOptions Letters() const {
    return {store_, stored_run_, verify_.target, verify_.letters};
  }

  void AddDeadLetter() {
    CLI::App* letters =
        app_.add_subcommand("deadletter", "Operations of a run that failed for good");
    letters->require_subcommand(1);
    CLI::App* list = AddUnder(letters, "list", "Show them by target, operation and verdict",
                              [this] { return ListLettersCommand(Letters()); });
    CLI::App* replay =
        AddUnder(letters, "replay", "Send the writes again, each to take effect once",
                 [this] { return ReplayLettersCommand(Letters()); });
    for (CLI::App* command : {list, replay}) {
      AddStoredRun(command);
      AddTarget(command);
      AddLetters(command);
      command->footer(absl::StrCat("Example:\n  weir deadletter ", command->get_name(), " latest"));
    }
  }

  void AddEmulator() {
    CLI::App* emulator = Add("cosmos-emulator", "Serve Cosmos DB's protocol locally, RU modelled",
                             [this] { return EmulatorCommand(emulator_); });
    emulator->add_option("--listen", emulator_.listen, "Address; port 0 takes any that is free")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    emulator
        ->add_option("--throughput", emulator_.throughput,
                     "RU/s of containers created without a throughput")
        ->check(CLI::Range(400, 1000000))
        ->capture_default_str()
        ->type_name("RU");
    emulator
        ->add_option(
            "--key", emulator_.key,
            "Account key as ${env:NAME} or ${file:PATH}; the well-known emulator key without")
        ->type_name("REFERENCE");
    emulator->add_flag("!--no-throttle", emulator_.throttle, "Charge, but never answer 429");
    emulator->add_flag("--serverless", emulator_.serverless,
                       "A serverless account: no offers, 5,000 RU/s for each container");
    emulator->add_flag("--burst", emulator_.burst,
                       "Burst capacity: small partitions save what they do not spend");
    emulator->add_flag("--admin", emulator_.admin,
                       "Answer unsigned requests below /_weir: faults, splits, partition state");
    emulator->add_option("--charges", emulator_.charges, "Coefficients of the charge model")
        ->type_name("FILE.yaml");
    emulator
        ->add_option("--explain", emulator_.explain,
                     "Write how each charge came about, a line per request; to a file if named")
        ->expected(0, 1)
        ->default_str("-")
        ->type_name("FILE");
    emulator
        ->add_option("--data", emulator_.data_folder,
                     "Keep everything acknowledged here, for the next start; in memory without")
        ->type_name("DIR");
    emulator->add_flag("--tls", emulator_.tls,
                       "Serve https:// with a certificate made for it; prints what to trust");
    emulator
        ->add_option("--tls-dir", emulator_.tls_folder,
                     "Keep that certificate here and use it again; implies --tls")
        ->type_name("DIR");
    emulator->add_option("--tls-certificate", emulator_.tls_certificate, "Serve https:// with this")
        ->type_name("FILE");
    emulator->add_option("--tls-key", emulator_.tls_key, "Its private key, PEM without passphrase")
        ->type_name("FILE");
    const absl::string_view known_key(cosmos::kWellKnownEmulatorKey.data(),
                                      cosmos::kWellKnownEmulatorKey.size());
    emulator->footer(absl::StrCat(
        "Without --key clients sign with the key that Microsoft publishes for its emulator:\n  ",
        known_key,
        "\n\n"
        "Request units are modelled from published measurements; they are not Azure's meter.\n"
        "Stops at Ctrl-C or SIGTERM.\n\n"
        "Examples:\n"
        "  weir cosmos-emulator\n"
        "  weir cosmos-emulator --listen 127.0.0.1:0 --key '${env:COSMOS_KEY}'"));
  }

  void AddCosmos() {
    CLI::App* cosmos =
        app_.add_subcommand("cosmos", "Request units of Cosmos DB: the charge model");
    cosmos->require_subcommand(1);
    CLI::App* charges = AddUnder(cosmos, "charges", "Print the charge model's coefficients",
                                 [this] { return ChargesCommand(charges_); });
    charges->add_option("file", charges_, "Print this settings file, completed; without, defaults")
        ->type_name("FILE.yaml");
    charges->footer(
        "Example: change a coefficient and serve with it\n"
        "  weir cosmos charges > charges.yaml\n"
        "  weir cosmos-emulator --charges charges.yaml");
    AddCalibrate(cosmos);
  }

  void AddCalibrate(CLI::App* cosmos) {
    CLI::App* calibrate =
        AddUnder(cosmos, "calibrate", "Measure charges on an account, fit the model to them",
                 [this] { return CalibrateCommand(calibrate_); });
    calibrate->add_option("--endpoint", calibrate_.endpoint, "The account's URI")
        ->envname("COSMOS_ENDPOINT")
        ->required()
        ->type_name("URL");
    calibrate->add_option("--key", calibrate_.key, "Account key as ${env:NAME} or ${file:PATH}")
        ->required()
        ->type_name("REFERENCE");
    calibrate->add_option("--out", calibrate_.out, "Settings file to write")
        ->required()
        ->type_name("FILE.yaml");
    calibrate->add_option("--charges", calibrate_.charges, "Settings to begin with; else defaults")
        ->type_name("FILE.yaml");
    calibrate->add_option("--database", calibrate_.database, "Use this one; else one of its own")
        ->type_name("NAME");
    calibrate
        ->add_option("--throughput", calibrate_.throughput,
                     "RU/s of each container; 0: none of its own, as serverless accounts need")
        ->capture_default_str()
        ->type_name("RU");
    calibrate->add_option("--most-ru", calibrate_.most_ru, "Stop when so many RU are used")
        ->capture_default_str()
        ->type_name("RU");
    calibrate
        ->add_option("--tls-root-certificate", calibrate_.tls_root_certificate,
                     "File with the authorities to trust")
        ->type_name("FILE");
    calibrate->add_flag("--keep", calibrate_.keep, "Leave the containers where they are");
    calibrate->add_flag("--yes", calibrate_.yes, "Do not ask before it begins");
    calibrate
        ->add_option("--confirm", calibrate_.confirmed,
                     "Host of the account; needed when it is not on this machine")
        ->type_name("HOST");
    calibrate->footer(
        "Says beforehand what it will do; removes what it made, also after Ctrl-C.\n\n"
        "Example:\n"
        "  weir cosmos calibrate --endpoint https://account.documents.azure.com:443/ \\\n"
        "      --key '${env:COSMOS_KEY}' --out charges.yaml --confirm=account.documents.azure.com");
  }

  void AddSelftest() {
    CLI::App* selftest = Add("selftest", "Check the instrument itself, one line per test",
                             [this] { return SelftestCommand(selftest_); });
    selftest->add_option("name", selftest_.names, "Tests to run; all when left out")
        ->type_name("NAME");
    selftest->add_flag("--fast", selftest_.fast,
                       "Only those in virtual time, without processes and databases");
    selftest->add_flag("--list", selftest_.list, "Say which tests there are; run none");
    selftest->add_flag("--json", selftest_.json, "Results as JSON");
    selftest->add_option("--seed", selftest_.seed, "Of all randomness")
        ->capture_default_str()
        ->type_name("N");
    selftest
        ->add_option("--postgres-bin", selftest_.postgres_bin,
                     "Folder of PostgreSQL's programs, for S12; looked for without")
        ->type_name("DIR");
    selftest->footer(
        "A test that this machine does not permit is skipped, and counted as such.\n\n"
        "Examples:\n"
        "  weir selftest --fast\n"
        "  weir selftest S4 S12");
  }

  void AddCompletion() {
    CLI::App* completion = Add("completion", "Print a completion script for your shell", [this] {
      const std::string script = CompletionScript(ShapeOf(app_), shell_);
      std::fwrite(script.data(), 1, script.size(), stdout);
      return kExitValid;
    });
    completion->add_option("shell", shell_, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("");
    completion->footer(
        "Examples:\n"
        "  source <(weir completion bash)\n"
        "  weir completion zsh > ~/.zfunc/_weir\n"
        "  weir completion fish > ~/.config/fish/completions/weir.fish");
  }

  static OptionShape ShapeOf(const CLI::Option& option) {
    OptionShape shape;
    for (const std::string& name : option.get_snames()) shape.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) shape.names.push_back("--" + name);
    shape.doc = option.get_description();
    shape.takes_value = option.get_items_expected_max() > 0;
    const std::string& type = option.get_type_name();
    shape.takes_path = type.starts_with("PATH:") || type == "PATH" || type.starts_with("DIR") ||
                       type.starts_with("FILE") || type.find(".yaml") != std::string::npos;
    const size_t open = type.find('{');
    if (open != std::string::npos) {
      shape.choices = CLI::detail::split(type.substr(open + 1, type.find('}') - open - 1), ',');
    }
    return shape;
  }

  static CommandShape ShapeOf(const CLI::App& app) {
    CommandShape shape{app.get_name(), app.get_description(), {}, {}};
    for (const CLI::Option* option : app.get_options()) shape.options.push_back(ShapeOf(*option));
    for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
      shape.commands.push_back(ShapeOf(*child));
    }
    return shape;
  }

  CLI::App app_{kAbout, "weir"};
  std::function<ExitCode()> action_;
  std::string store_ = DefaultStore();
  std::string campaign_;
  std::vector<std::string> overrides_;
  std::string seed_;
  std::string format_;
  std::string shell_;
  std::string stored_run_;
  std::vector<std::string> formats_;
  std::string folder_;
  RunOptions run_;
  CompareOptions compare_;
  GateOptions gate_;
  HistoryOptions history_;
  VerifyOptions verify_;
  GenerateOptions generate_;
  EmulatorCommandOptions emulator_;
  std::string charges_;
  CalibrateOptions calibrate_;
  SelftestCommandOptions selftest_;
};

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, which the commands look at
  return weir::CommandLine().Run(argc, argv);
}
