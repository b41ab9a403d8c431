// A program under test, as a shell would start it: its output, its exit code, its children.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace weir {

class Program {
 public:
  // Starts `arguments[0]`. Every process it leads to carries the environment variable
  // WEIR_TEST_MARK with a value of its own, by which Survivors finds them.
  Program(const std::vector<std::string>& arguments,
          const std::vector<std::string>& environment = {});
  ~Program();  // kills it, and all that carry its mark
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Waits for the end: the exit code, 128 + signal for a signal, −1 when it did not end in time.
  int Wait(std::chrono::seconds patience);
  // Waits until the output so far contains `text`; false when that did not come in time.
  bool WaitForOutput(const std::string& text, std::chrono::seconds patience);
  void Signal(int signal);

  std::string Output() const;  // both streams, so far
  // Processes with this program's mark whose command contains `name`.
  std::vector<pid_t> Processes(const std::string& name) const;

 private:
  std::string mark_;
  std::string output_path_;
  pid_t pid_ = -1;
  int status_ = -1;
  bool ended_ = false;
};

// Runs to the end.
struct ProgramEnd {
  int code;
  std::string output;
};
ProgramEnd RunProgram(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment = {},
                      std::chrono::seconds patience = std::chrono::seconds(60));

}  // namespace weir
