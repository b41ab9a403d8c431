#include "coordinator/cli/completion.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace weir {
namespace {

// A command with the words that lead to it: "generate logs".
struct Position {
  std::string words;
  const CommandShape* command;
};

void Collect(const CommandShape& command, const std::string& words,
             std::vector<Position>* positions) {
  positions->push_back({words, &command});
  for (const CommandShape& child : command.commands) {
    Collect(child, words.empty() ? child.name : absl::StrCat(words, " ", child.name), positions);
  }
}

std::vector<Position> PositionsOf(const CommandShape& program) {
  std::vector<Position> positions;
  Collect(program, "", &positions);
  return positions;
}

// In single quotes for a shell.
std::string ShellQuoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

bool HasPathArgument(const CommandShape& command) {
  for (const OptionShape& option : command.options) {
    if (option.names.empty() && option.takes_path) return true;
  }
  return false;
}

// Every word that may come next: subcommands, options, choices of a positional.
std::vector<std::string> WordsOf(const CommandShape& command) {
  std::vector<std::string> words;
  for (const CommandShape& child : command.commands) words.push_back(child.name);
  for (const OptionShape& option : command.options) {
    const std::vector<std::string>& more = option.names.empty() ? option.choices : option.names;
    words.insert(words.end(), more.begin(), more.end());
  }
  return words;
}

// One pattern per option with a value: what comes after it.
void AppendBashValues(const Position& position, std::string* script) {
  for (const OptionShape& option : position.command->options) {
    if (option.names.empty() || !option.takes_value) continue;
    absl::StrAppend(script, "    ",
                    absl::StrJoin(option.names, "|",
                                  [&](std::string* out, const std::string& name) {
                                    absl::StrAppend(
                                        out, ShellQuoted(absl::StrCat(position.words, ":", name)));
                                  }),
                    ") ");
    if (!option.choices.empty()) {
      absl::StrAppend(script, "COMPREPLY=($(compgen -W ",
                      ShellQuoted(absl::StrJoin(option.choices, " ")), " -- \"$word\"))");
    } else if (option.takes_path) {
      absl::StrAppend(script, "COMPREPLY=($(compgen -f -- \"$word\"))");
    } else {
      absl::StrAppend(script, "COMPREPLY=()");
    }
    absl::StrAppend(script, "; return ;;\n");
  }
}

// The function that both bash and zsh (through bashcompinit) use.
std::string BashFunction(const std::vector<Position>& positions) {
  std::string script =
      "_weir() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local at='' next i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    next=\"${at:+$at }${COMP_WORDS[i]}\"\n"
      "    case \"$next\" in\n";
  for (const Position& position : positions) {
    if (!position.words.empty()) {
      absl::StrAppend(&script, "      ", ShellQuoted(position.words), ") at=\"$next\" ;;\n");
    }
  }
  absl::StrAppend(&script, "    esac\n  done\n  case \"$at:$before\" in\n");
  for (const Position& position : positions) AppendBashValues(position, &script);
  absl::StrAppend(&script, "  esac\n  case \"$at\" in\n");
  for (const Position& position : positions) {
    absl::StrAppend(&script, "    ", ShellQuoted(position.words), ") COMPREPLY=($(compgen ",
                    HasPathArgument(*position.command) ? "-f " : "", "-W ",
                    ShellQuoted(absl::StrJoin(WordsOf(*position.command), " ")),
                    " -- \"$word\")) ;;\n");
  }
  absl::StrAppend(&script, "  esac\n}\n");
  return script;
}

std::string FishCondition(const Position& position) {
  if (position.words.empty()) return "__fish_use_subcommand";
  return absl::StrCat("__fish_seen_subcommand_from ",
                      position.words.substr(position.words.find_last_of(' ') + 1));
}

std::string FishOption(const Position& position, const OptionShape& option) {
  std::string line = absl::StrCat("complete -c weir -n ", ShellQuoted(FishCondition(position)));
  for (const std::string& name : option.names) {
    absl::StrAppend(&line, absl::StartsWith(name, "--") ? " -l " : " -s ",
                    name.substr(name.find_first_not_of('-')));
  }
  if (option.takes_value) absl::StrAppend(&line, " -r");
  if (option.takes_path) absl::StrAppend(&line, " -F");
  if (!option.choices.empty()) {
    absl::StrAppend(&line, " -a ", ShellQuoted(absl::StrJoin(option.choices, " ")));
  }
  return absl::StrCat(line, " -d ", ShellQuoted(option.doc), "\n");
}

std::string FishScript(const std::vector<Position>& positions) {
  std::string script = "complete -c weir -f\n";
  for (const Position& position : positions) {
    for (const CommandShape& child : position.command->commands) {
      absl::StrAppend(&script, "complete -c weir -n ", ShellQuoted(FishCondition(position)), " -a ",
                      child.name, " -d ", ShellQuoted(child.doc), "\n");
    }
    for (const OptionShape& option : position.command->options) {
      absl::StrAppend(&script, FishOption(position, option));
    }
  }
  return script;
}

}  // namespace

std::string CompletionScript(const CommandShape& program, const std::string& shell) {
  const std::vector<Position> positions = PositionsOf(program);
  if (shell == "fish") return FishScript(positions);
  const std::string bash =
      absl::StrCat(BashFunction(positions), "complete -o filenames -F _weir weir\n");
  if (shell == "bash") return bash;
  if (shell == "zsh") {
    return absl::StrCat("#compdef weir\nautoload -U +X bashcompinit && bashcompinit\n", bash);
  }
  return "";
}

}  // namespace weir
