// The `weir` program: its commands, and the options that several of them share. A command with many
// of its own declares them where it is carried out.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/core_dumps.h"
#include "base/mutex_checks.h"
#include "base/open_files.h"
#include "base/version.h"
#include "coordinator/cli/bacalhau_command.h"
#include "coordinator/cli/calibrate_command.h"
#include "coordinator/cli/certs_command.h"
#include "coordinator/cli/charges_command.h"
#include "coordinator/cli/check_command.h"
#include "coordinator/cli/command_shape.h"
#include "coordinator/cli/compare_command.h"
#include "coordinator/cli/emulator_command.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/generate_command.h"
#include "coordinator/cli/init_command.h"
#include "coordinator/cli/integrity_commands.h"
#include "coordinator/cli/k8s_command.h"
#include "coordinator/cli/plan_command.h"
#include "coordinator/cli/prices_command.h"
#include "coordinator/cli/recover_command.h"
#include "coordinator/cli/relay_command.h"
#include "coordinator/cli/run_command.h"
#include "coordinator/cli/run_prices.h"
#include "coordinator/cli/schema_command.h"
#include "coordinator/cli/search_command.h"
#include "coordinator/cli/selftest_command.h"
#include "coordinator/cli/store_commands.h"
#include "coordinator/problem.h"
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
    8  the run is PARTIAL: an agent was lost and tolerated, or it was recovered
    9  a target does not hold what it acknowledged
   10  weir gate: the run does not pass
   11  the run stopped: the campaign's budget was used up
   12  not all agents joined in time
   13  an agent was lost, and the run ended for it
   64  weir relay: the coordinator refused it
   75  weir relay: the coordinator is gone, or was not found
  130  interrupted
  143  weir relay: terminated

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
    AddSearch();
    AddCerts();
    AddRelay();
    AddCheck();
    AddPlan();
    AddSchema();
    AddGenerate();
    AddList();
    AddShow();
    AddReport();
    AddRecover();
    AddVerdicts();
    AddInit();
    AddVerify();
    AddDeadLetter();
    AddPrices();
    AddKubernetes();
    AddBacalhau();
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
    AddRunOptions(run, &run_);
  }

  void AddSearch() {
    CLI::App* search = Add("search", "Find the highest rate that each target sustains", [this] {
      search_.run.campaign = campaign_;
      search_.run.overrides = Overrides();
      search_.run.store = store_;
      return SearchCommand(search_);
    });
    AddCampaign(search);
    AddSearchOptions(search, &search_);
  }

  void AddCerts() {
    AddCertsOptions(Add("certs", "Make certificates and a join token for agents elsewhere",
                        [this] { return CertsCommand(certs_); }),
                    &certs_);
  }

  void AddRelay() {
    AddRelayOptions(Add("relay", "Stand between agents and a coordinator; merge their reports",
                        [this] { return RelayCommand(relay_); }),
                    &relay_);
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
    CLI::App* schema = Add("schema", "Print the schema of campaign files, or of report.json",
                           [this] { return SchemaCommand(subject_, format_); });
    schema->add_option("subject", subject_, "campaign, or report")
        ->check(CLI::IsMember({"campaign", "report"}))
        ->capture_default_str()
        ->type_name("");
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
    AddGenerateOptions(logs, &generate_);
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
                         [this] { return ShowCommand(store_, stored_run_, prices_); });
    AddStoredRun(show);
    AddPriceOptions(show, &prices_);
    show->footer("Examples:\n  weir show latest\n  weir show latest --prices mine.yaml");
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
      return ReportCommand(store_, stored_run_, formats_, folder_, prices_);
    });
    AddStoredRun(report);
    report->add_option("--format", formats_, "html, csv, md, json, hlog; repeatable, else all")
        ->check(CLI::IsMember({"html", "csv", "md", "json", "hlog"}))
        ->allow_extra_args(false)
        ->take_all()
        ->type_name("");
    report->add_option("--out", folder_, "Folder to write into")->required()->type_name("DIR");
    AddPriceOptions(report, &prices_);
    report->footer(
        "Examples:\n"
        "  weir report latest --out out/again\n"
        "  weir report 20261121T021500 --format csv --format json --out out/numbers");
  }

  void AddRecover() {
    AddRecoverOptions(
        Add("recover", "Bring in what the agents of a run have whose coordinator died",
            [this] { return RecoverCommand(store_, recover_); }),
        &recover_);
  }

  void AddInit() {
    CLI::App* init = Add("init", "Consent to a campaign's targets being written to",
                         [this] { return InitCommand(campaign_, Overrides(), init_target_); });
    AddCampaign(init);
    AddTargetOption(init, &init_target_);
    init->footer(
        "A target that is not on this machine is written to only when its database bears the\n"
        "marker that this leaves: the table weir_consent, or the container of that name. What it\n"
        "then holds is dropped only by a run with --confirm=DATABASE.\n\n"
        "Example:\n  weir init campaigns/postgres.yaml --target pg");
  }

  void AddVerify() {
    CLI::App* verify = Add("verify", "Compare what targets hold with what a run wrote", [this] {
      verify_.store = store_;
      verify_.run = stored_run_;
      return VerifyCommand(verify_);
    });
    AddStoredRun(verify);
    AddVerifyOptions(verify, &verify_);
  }

  void AddDeadLetter() {
    CLI::App* letters =
        app_.add_subcommand("deadletter", "Operations of a run that failed for good");
    letters->require_subcommand(1);
    AddLetters(letters, "list", "Show them by target, operation and verdict", ListLettersCommand);
    AddLetters(letters, "replay", "Send the writes again, each to take effect once",
               ReplayLettersCommand);
  }

  void AddLetters(CLI::App* parent, const char* name, const char* doc,
                  ExitCode (*command)(const DeadLetterOptions&)) {
    CLI::App* added = AddUnder(parent, name, doc, [this, command] {
      letters_.store = store_;
      letters_.run = stored_run_;
      return command(letters_);
    });
    AddStoredRun(added);
    AddLetterOptions(added, &letters_);
  }

  void AddEmulator() {
    AddEmulatorOptions(Add("cosmos-emulator", "Serve Cosmos DB's protocol locally, RU modelled",
                           [this] { return EmulatorCommand(emulator_); }),
                       &emulator_);
  }

  // A command for agents elsewhere, which takes a campaign.
  template <typename Options>
  CLI::App* AddDeployed(CLI::App* parent, const char* name, const char* doc, Options* options,
                        ExitCode (*command)(const Options&)) {
    CLI::App* added = AddUnder(parent, name, doc, [this, options, command] {
      options->deploy.campaign = campaign_;
      options->deploy.overrides = Overrides();
      return command(*options);
    });
    AddCampaign(added);
    return added;
  }

  void AddKubernetes() {
    CLI::App* k8s = app_.add_subcommand("k8s", "Agents and coordinator on Kubernetes");
    k8s->require_subcommand(1);
    AddRenderOptions(
        AddDeployed(k8s, "render", "Print the manifests of a run", &k8s_, &KubernetesRenderCommand),
        &k8s_);
    AddKubernetesRunOptions(AddDeployed(k8s, "run", "Start a run, watch it, fetch its report",
                                        &k8s_, &KubernetesRunCommand),
                            &k8s_);
    AddFollowOptions(AddUnder(k8s, "follow", "Watch a run until its report is ready",
                              [this] { return KubernetesFollowCommand(k8s_); }),
                     &k8s_);
    AddFetchOptions(AddUnder(k8s, "fetch", "Copy a run's report, let its coordinator end",
                             [this] { return KubernetesFetchCommand(k8s_); }),
                    &k8s_);
    AddCleanOptions(AddUnder(k8s, "clean", "Delete a run's objects",
                             [this] { return KubernetesCleanCommand(k8s_); }),
                    &k8s_);
  }

  void AddBacalhau() {
    CLI::App* bacalhau = app_.add_subcommand("bacalhau", "Agents on Bacalhau");
    bacalhau->require_subcommand(1);
    AddBacalhauOptions(AddDeployed(bacalhau, "render", "Print the job of a run's agents",
                                   &bacalhau_, &BacalhauRenderCommand),
                       &bacalhau_);
  }

  void AddPrices() {
    CLI::App* prices = Add("prices", "Print Weir's price book, or check one of yours",
                           [this] { return PricesCommand(prices_.prices); });
    prices->add_option("file", prices_.prices, "Check this price book; without, print Weir's own")
        ->type_name("FILE.yaml");
    prices->footer(
        "Example: correct the prices, and price an old run anew\n"
        "  weir prices > mine.yaml\n"
        "  weir prices mine.yaml\n"
        "  weir show latest --prices mine.yaml --region eastus");
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
    AddCalibrateOptions(
        AddUnder(cosmos, "calibrate", "Measure charges on an account, fit the model to them",
                 [this] { return CalibrateCommand(calibrate_); }),
        &calibrate_);
  }

  void AddSelftest() {
    AddSelftestOptions(Add("selftest", "Check the instrument itself, one line per test",
                           [this] { return SelftestCommand(selftest_); }),
                       &selftest_);
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

  CLI::App app_{kAbout, "weir"};
  std::function<ExitCode()> action_;
  std::string store_ = DefaultStore();
  std::string campaign_;
  std::vector<std::string> overrides_;
  std::string seed_;
  std::string subject_ = "campaign";  // of schema
  std::string format_;
  std::string shell_;
  std::string stored_run_;
  std::vector<std::string> formats_;
  std::string folder_;
  PriceChoice prices_;
  CertsOptions certs_;
  RelayCommandOptions relay_;
  RunOptions run_;
  SearchOptions search_;
  CompareOptions compare_;
  GateOptions gate_;
  HistoryOptions history_;
  RecoverOptions recover_;
  std::string init_target_;
  VerifyOptions verify_;
  DeadLetterOptions letters_;
  GenerateOptions generate_;
  EmulatorCommandOptions emulator_;
  KubernetesOptions k8s_;
  BacalhauOptions bacalhau_;
  std::string charges_;
  CalibrateOptions calibrate_;
  SelftestCommandOptions selftest_;
};

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  weir::LeaveNoCore();
  weir::AllowManyOpenFiles();
  weir::LeaveOutMutexChecks();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, which the commands look at
  return weir::CommandLine().Run(argc, argv);
}
