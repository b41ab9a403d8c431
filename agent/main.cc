#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/time/time.h"
#include "control/agent_exit.h"
#include "spdlog/cfg/env.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

#include "agent/agent_process.h"
#include "agent/limit_options.h"
#include "base/core_dumps.h"
#include "base/mutex_checks.h"
#include "base/open_files.h"
#include "base/version.h"

namespace {

constexpr int kBadConfiguration = static_cast<int>(weir::AgentExit::kRefused);

CLI::Option* AddDuration(CLI::App* app, const std::string& name, int64_t* ns, const char* doc) {
  return app
      ->add_option_function<std::string>(
          name,
          [name, ns](const std::string& text) {
            absl::Duration duration;
            if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration()) {
              throw CLI::ValidationError(name, text + " is no duration such as 90s or 5m");
            }
            *ns = absl::ToInt64Nanoseconds(duration);
          },
          doc)
      ->type_name("DURATION");
}

void AddControlOptions(CLI::App* app, weir::AgentOptions* options) {
  CLI::Option_group* where = app->add_option_group("Where the coordinator is");
  where
      ->add_option("--coordinator", options->coordinator,
                   "Dial the coordinator here, or a relay; of several, the next where one is gone")
      ->type_name("HOST:PORT,…");
  CLI::Option* listen =
      where
          ->add_option("--listen", options->listen,
                       "Wait here to be dialled (weir run --dial), for one run after another")
          ->type_name("HOST:PORT");
  where->require_option(1);
  app->add_flag("--once", options->once, "With --listen: end after one run")->needs(listen);
  app->add_option(
         "--tls", options->security.tls,
         "Folder with ca.crt and this agent's certificate and key: tls.crt and tls.key, or "
         "agent.crt and agent.key as `weir certs` writes them")
      ->type_name("DIR");
  app->add_option("--join-token-file", options->security.join_token_file,
                  "The run's join token (default: the variable WEIR_JOIN_TOKEN, or join-token in "
                  "the folder of --tls)")
      ->type_name("FILE");
  app->add_flag(
      "--insecure", options->security.insecure,
      "Talk in plain text, over the network too: the report will say so. With --listen on this "
      "machine, be dialled by whoever is on it");
  app->add_option("--run-id", options->run_id, "Attend this run and no other")->type_name("ID");
  app->add_option("--index", options->index,
                  "This agent's index in the run (default: JOB_COMPLETION_INDEX, "
                  "BACALHAU_PARTITION_INDEX, or as the coordinator gives it)")
      ->type_name("N");
  AddDuration(app, "--join-timeout", &options->join_timeout_ns,
              "How long to look for the coordinator before giving up (default: 120s)");
}

void AddWorkOptions(CLI::App* app, weir::AgentOptions* options) {
  app->add_option("--name", options->name, "Name of this agent in reports");
  app->add_option("--workers", options->workers,
                  "Worker threads (default: cores divided by the agents on this machine)")
      ->check(CLI::Range(1, 1024));
  CLI::Option* spool =
      app->add_option("--spool", options->spool,
                      "Folder for reports that the coordinator has not acknowledged yet (default: "
                      "the temporary folder)")
          ->check(CLI::ExistingDirectory);
  AddDuration(app, "--await-fetch", &options->await_fetch_ns,
              "When dead letters or reports are left, stay until there is `fetched` in the folder "
              "of --spool, or for so long: for containers, whose files go with them")
      ->needs(spool);
  app->add_option("--dead-letters", options->dead_letters,
                  "Folder for operations that failed for good (default: weir-dead-letters in the "
                  "spool's folder)");
  app->add_option("--most-dead-letter-bytes", options->most_dead_letter_bytes,
                  "A stage ends rather than write more of them")
      ->capture_default_str();
  weir::AddLimitOptions(app, &options->limits);
  app->add_flag("--die-with-parent", options->die_with_parent, "End when the starting process ends")
      ->group("");
}

}  // namespace

int main(int argc, char** argv) {
  weir::LeaveNoCore();
  weir::AllowManyOpenFiles();
  weir::LeaveOutMutexChecks();
  CLI::App app("weir-agent: generates load for a Weir coordinator and measures the answers.");
  app.footer(
      "Examples:\n"
      "  weir-agent --coordinator 127.0.0.1:7070\n"
      "  weir-agent --coordinator 10.0.0.5:7070 --tls /etc/weir-agent --allow-target db.example\n"
      "  weir-agent --listen 10.0.0.9:7070 --tls /etc/weir-agent --allow-target db.example\n\n"
      "Exit codes: 0 finished, 1 failed, 64 can never join (configuration, version, token, "
      "another\n"
      "run), 65 too late or superseded, 75 coordinator lost, 143 terminated.");
  weir::AgentOptions options;
  AddControlOptions(&app, &options);
  AddWorkOptions(&app, &options);
  app.set_version_flag("--version", std::string("weir-agent ") + std::string(weir::Version()));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadConfiguration;
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("weir-agent"));
  spdlog::cfg::load_env_levels();  // SPDLOG_LEVEL=debug
  spdlog::set_pattern("%H:%M:%S.%e %n %^%l%$ %v");
  options.limits.remote =
      weir::IsRemote(options.listen.empty() ? options.coordinator : options.listen);
  if (const absl::Status fits = weir::CheckLimits(options.limits); !fits.ok()) {
    spdlog::error("{}", std::string(fits.message()));
    return static_cast<int>(weir::AgentExit::kRefused);
  }
  return weir::RunAgent(options);
}
