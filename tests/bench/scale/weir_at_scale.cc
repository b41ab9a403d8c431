// A real `weir run` and made-up agents, each with a connection and a stream of its own, over
// loopback: what the coordinator's process uses, seen from outside.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/clock.h"
#include "tests/bench/scale/fleet.h"
#include "tests/support/program.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return {&slice, 1};
}

bool FromBuffer(const grpc::ByteBuffer& buffer, v1::CoordinatorMessage* message) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok()) return false;
  return message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

// What is known of the whole fleet while it attends.
struct Attendance {
  std::mutex mutex;
  std::condition_variable changed;
  uint32_t over = 0;
  v1::Arm drive;                   // of the stage that is measured, once it has begun
  std::atomic<uint64_t> sent = 0;  // payload bytes
  std::atomic<uint64_t> received = 0;
  std::atomic<int64_t> last_end_ns = 0;       // when the last agent told its end
  std::atomic<int64_t> first_goodbye_ns = 0;  // the result is saved
};

class SimulatedAgent final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  SimulatedAgent(uint32_t index, const std::string& address, const Fleet& fleet,
                 Attendance& attendance)
      : index_(index), fleet_(fleet), attendance_(attendance) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
    context_.set_wait_for_ready(true);
    stub_->PrepareBidiStreamingCall(&context_, "/weir.v1.Control/Attend", {}, this);
    Send(Fleet::Hello(index).SerializeAsString());
    StartRead(&incoming_);
    StartCall();
  }

  // The report of second `due_`, and the end behind the last. Called when its time has come.
  void Report(uint32_t second) {
    v1::Arm arm;
    {
      std::lock_guard lock(mutex_);
      arm = arm_;
    }
    Send(fleet_.Report(index_, arm, second));
    if (second + 1 < fleet_.load().seconds) return;
    Send(fleet_.Done(index_, arm).SerializeAsString());
    attendance_.last_end_ns = MonotonicNs();
  }

  // The stage that it was told to start, once.
  bool TakeStart(v1::Arm* arm) {
    std::lock_guard lock(mutex_);
    if (!go_) return false;
    go_ = false;
    *arm = arm_;
    return true;
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    v1::CoordinatorMessage message;
    WEIR_CHECK(FromBuffer(incoming_, &message));
    attendance_.received += incoming_.Length();
    if (message.has_goodbye()) {
      int64_t unknown = 0;
      attendance_.first_goodbye_ns.compare_exchange_strong(unknown, MonotonicNs());
    }
    Hear(message);
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    if (!outgoing_.empty()) outgoing_.pop_front();
    if (ok && !outgoing_.empty()) StartWrite(&outgoing_.front());
  }

  void OnDone(const grpc::Status&) override {
    std::lock_guard lock(attendance_.mutex);
    ++attendance_.over;
    attendance_.changed.notify_all();
  }

 private:
  void Hear(const v1::CoordinatorMessage& message) {
    {
      std::lock_guard lock(mutex_);
      if (message.has_arm()) arm_ = message.arm();
      if (message.has_go() && message.go().step() > begun_) {
        begun_ = message.go().step();
        go_ = true;
      }
    }
    if (const auto answer = fleet_.Answer(message, MonotonicNs())) {
      Send(answer->SerializeAsString());
    }
  }

  void Send(const std::string& bytes) {
    attendance_.sent += bytes.size();
    std::lock_guard lock(mutex_);
    outgoing_.push_back(ToBuffer(bytes));
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
  }

  const uint32_t index_;
  const Fleet& fleet_;
  Attendance& attendance_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer incoming_;
  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> outgoing_;
  v1::Arm arm_;
  uint32_t begun_ = 0;  // the step of the latest Go
  bool go_ = false;
};

// ------------------------------------------------------------------------ the process from outside

double CpuSecondsOf(pid_t pid) {
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double PeakMbOf(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1e3;
  }
  return 0;
}

int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  WEIR_CHECK(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  socklen_t size = sizeof(address);
  WEIR_CHECK(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(socket);
  return ntohs(address.sin_port);
}

void WriteCampaign(const std::filesystem::path& path, uint32_t agents, const FleetLoad& load) {
  std::ofstream file(path);
  file << "name: scale\ndataset: {records: 1000, logs: }\ntargets:\n  - name: nowhere\n    null:\n"
       << "scenarios:\n  - name: mixed\n    phases: {measure: " << load.seconds << "s}\n"
       << "    shape:\n      open: {rate: " << agents << "/s, sessions: " << agents << "}\n"
       << "    operations:\n";
  for (uint32_t i = 0; i < load.operations; ++i) {
    file << "      - {name: operation-" << i << ", do: read, weight: 1}\n";
  }
}

// Sends every report when its second is over, as agents do: all at once. False: the run ended
// before.
bool Drive(std::vector<std::unique_ptr<SimulatedAgent>>& agents, const Fleet& fleet,
           const std::vector<pid_t>& programs, Attendance& attendance, std::vector<double>* cpu) {
  for (int stage = 0; stage < 2; ++stage) {  // the proof of headroom, the drive
    v1::Arm arm;
    for (auto& agent : agents) {
      while (!agent->TakeStart(&arm)) {
        std::this_thread::sleep_for(5ms);
        std::lock_guard lock(attendance.mutex);
        if (attendance.over > 0) return false;
      }
    }
    std::vector<double> from;
    for (uint32_t second = 0; second < fleet.load().seconds; ++second) {
      const int64_t due_ns = arm.start_ns() + (second + 1) * kNsPerSecond;
      while (MonotonicNs() < due_ns) std::this_thread::sleep_for(1ms);
      if (second == 0) {
        for (const pid_t program : programs) from.push_back(CpuSecondsOf(program));
      }
      // The last second is another matter: the ends come with it.
      if (second + 1 == fleet.load().seconds) {
        cpu->clear();
        for (size_t i = 0; i < programs.size(); ++i) {
          cpu->push_back((CpuSecondsOf(programs[i]) - from[i]) / (fleet.load().seconds - 1));
        }
      }
      for (auto& agent : agents) agent->Report(second);
    }
  }
  return true;
}

// A relay of the run at `coordinator`, and where it takes agents.
std::unique_ptr<Program> StartRelay(const std::string& weir, const std::string& coordinator,
                                    std::string* address) {
  *address = absl::StrCat("127.0.0.1:", FreePort());
  auto relay = std::make_unique<Program>(
      std::vector<std::string>{weir, "relay", "--coordinator", coordinator, "--listen", *address});
  WEIR_CHECK(relay->WaitForOutput("attends the coordinator", 30s));
  return relay;
}

void Measure(const std::string& weir, uint32_t count, uint32_t relays, const FleetLoad& load) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / absl::StrCat("weir-at-scale-", getpid());
  std::filesystem::create_directories(folder);
  WriteCampaign(folder / "scale.yaml", count, load);
  const std::string address = absl::StrCat("127.0.0.1:", FreePort());
  Program program({weir, "--store", folder / "results.db", "run", folder / "scale.yaml", "--listen",
                   address, "--expect-agents", std::to_string(count), "--override-gates"});
  WEIR_CHECK(program.WaitForOutput("waiting for", 30s));
  const pid_t pid = program.Processes("weir").at(0);
  std::vector<pid_t> programs = {pid};
  std::vector<std::string> addresses(std::max(1u, relays), address);
  std::vector<std::unique_ptr<Program>> carriers;
  for (uint32_t i = 0; i < relays; ++i) {
    carriers.push_back(StartRelay(weir, address, &addresses[i]));
    programs.push_back(carriers.back()->Processes("weir").at(0));
  }
  const double before_mb = PeakMbOf(pid);
  const Fleet fleet(load);
  Attendance attendance;
  std::vector<std::unique_ptr<SimulatedAgent>> agents;
  const int64_t dialled_ns = MonotonicNs();
  for (uint32_t i = 1; i <= count; ++i) {
    agents.push_back(
        std::make_unique<SimulatedAgent>(i, addresses[i % addresses.size()], fleet, attendance));
  }
  std::vector<double> cpu;
  uint64_t sent = 0;
  if (!Drive(agents, fleet, programs, attendance, &cpu)) {
    std::fprintf(stderr, "%u agents: the run ended before it began\n%s\n", count,
                 program.Output().substr(0, 4000).c_str());
    std::exit(1);
  }
  sent = attendance.sent;
  while (attendance.first_goodbye_ns == 0) std::this_thread::sleep_for(1ms);
  const double peak_mb = PeakMbOf(pid);
  double relay_cpu = 0;
  for (size_t i = 1; i < cpu.size(); ++i) relay_cpu += cpu[i] / relays;
  std::printf("| %u | %u | %.1f %% | %.1f %% | %.0f MB | %.2f MB/s | %.0f ms | %.1f s |\n", count,
              relays, 100 * cpu[0], 100 * relay_cpu, peak_mb - before_mb,
              static_cast<double>(sent) / 1e6 / (2 * load.seconds),
              static_cast<double>(attendance.first_goodbye_ns - attendance.last_end_ns) / 1e6,
              static_cast<double>(MonotonicNs() - dialled_ns) / 1e9);
  std::fflush(stdout);
  const int code = program.Wait(60s);
  std::fprintf(stderr, "%u agents: exit code %d\n%s\n", count, code,
               program.Output().substr(0, 400).c_str());
  {
    std::unique_lock lock(attendance.mutex);
    attendance.changed.wait_for(lock, 30s, [&] { return attendance.over == count; });
  }
  std::filesystem::remove_all(folder);
}

int Main(int argc, char** argv) {
  CLI::App app("What many agents cost the process of `weir run`");
  std::string weir;
  std::vector<uint32_t> agents = {10, 100, 1000};
  uint32_t relays = 0;
  FleetLoad load;
  app.add_option("--relays", relays, "With so many relays as well, of ten agents each at least");
  app.add_option("weir", weir, "The program")->required();
  app.add_option("--agents", agents, "How many, comma-separated")->delimiter(',');
  app.add_option("--seconds", load.seconds, "Of each stage")->check(CLI::Range(2, 3600));
  app.add_option("--per-second", load.per_second, "Operations of each kind and agent");
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::printf(
      "| agents | relays | CPU, of a core | of a relay | memory | reports | last report → result | "
      "whole run |\n|---|---|---|---|---|---|---|---|\n");
  for (const uint32_t count : agents) {
    Measure(weir, count, 0, load);
    if (relays > 0 && count >= 10 * relays) Measure(weir, count, relays, load);
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
