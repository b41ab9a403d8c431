// The user's kubectl: what talks to a cluster, with the user's own configuration and rights.
// Started as a process, never through a shell; secrets go in by its standard input. For one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace weir {

struct KubectlEnd {
  int exit_code = 0;
  std::string out;
  std::string error;
};

class Kubectl {
 public:
  virtual ~Kubectl() = default;

  // Runs it to its end. An exit code that is not 0 is no error here; that it cannot be started is.
  virtual absl::StatusOr<KubectlEnd> Run(const std::vector<std::string>& arguments,
                                         const std::string& input = "") = 0;

  // Hands on each line of its standard output as it comes, until `on_line` returns false (it is
  // terminated then) or it ends. What it says on standard error is in the result. Every two seconds
  // `meanwhile` is called, which may use kubectl itself.
  virtual absl::StatusOr<KubectlEnd> Stream(
      const std::vector<std::string>& arguments,
      const std::function<bool(std::string_view line)>& on_line,
      const std::function<void()>& meanwhile) = 0;
};

class KubectlProgram : public Kubectl {
 public:
  // `program` is a path, or a name to be found in PATH; context and namespace are kubectl's own
  // when empty.
  KubectlProgram(std::string program, const std::string& context,
                 const std::string& namespace_name);

  absl::StatusOr<KubectlEnd> Run(const std::vector<std::string>& arguments,
                                 const std::string& input = "") override;
  absl::StatusOr<KubectlEnd> Stream(const std::vector<std::string>& arguments,
                                    const std::function<bool(std::string_view line)>& on_line,
                                    const std::function<void()>& meanwhile) override;

 private:
  absl::StatusOr<KubectlEnd> Carry(const std::vector<std::string>& arguments,
                                   const std::string& input,
                                   const std::function<bool(std::string_view line)>& on_line,
                                   const std::function<void()>& meanwhile);

  std::string program_;
  std::vector<std::string> first_arguments_;
};

}  // namespace weir
