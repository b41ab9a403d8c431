#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

#include "agent/agent_process.h"
#include "base/version.h"

int main(int argc, char** argv) {
  CLI::App app("weir-agent: generates load for a Weir coordinator and measures the answers.");
  app.footer(
      "Example:\n  weir-agent --coordinator 10.0.0.5:7070\n\n"
      "Exit codes: 0 finished, 1 failed, 64 refused by the coordinator, 75 coordinator lost, "
      "143 terminated.");
  weir::AgentOptions options;
  app.add_option("--coordinator", options.coordinator, "HOST:PORT of the coordinator")->required();
  app.add_option("--name", options.name, "Name of this agent in reports");
  app.add_option("--workers", options.workers,
                 "Worker threads (default: cores divided by the agents on this machine)")
      ->check(CLI::Range(1, 1024));
  app.add_option("--spool", options.spool,
                 "Folder for reports that the coordinator has not acknowledged yet (default: the "
                 "temporary folder)")
      ->check(CLI::ExistingDirectory);
  app.add_option("--dead-letters", options.dead_letters,
                 "Folder for operations that failed for good (default: weir-dead-letters in the "
                 "spool's folder)");
  app.add_option("--most-dead-letter-bytes", options.most_dead_letter_bytes,
                 "A stage ends rather than write more of them")
      ->capture_default_str();
  app.add_flag("--die-with-parent", options.die_with_parent, "End when the starting process ends")
      ->group("");
  app.set_version_flag("--version", std::string("weir-agent ") + std::string(weir::Version()));
  CLI11_PARSE(app, argc, argv);
  spdlog::set_default_logger(spdlog::stderr_color_mt("weir-agent"));
  spdlog::set_pattern("%H:%M:%S.%e %n %^%l%$ %v");
  return weir::RunAgent(options);
}
