#include "coordinator/cli/security_options.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"

namespace weir {

void AddSecurityOptions(CLI::App* command, const std::string& whose, const char* insecure,
                        ControlSecurityOptions* options) {
  command
      ->add_option("--tls", options->tls,
                   absl::StrCat("Folder with ca.crt and ", whose,
                                " certificate and key, as `weir certs` writes them; tls.crt and "
                                "tls.key will do"))
      ->type_name("DIR");
  command
      ->add_option("--join-token-file", options->join_token_file,
                   "The secret that is shown to join (default: the variable WEIR_JOIN_TOKEN, or "
                   "join-token in the folder of --tls)")
      ->type_name("FILE");
  command->add_flag("--insecure", options->insecure, insecure);
}

}  // namespace weir
