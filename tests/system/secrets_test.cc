// R54: a run with secrets of every kind, and then a search for them in everything that it leaves
// behind or shows while it goes on, in the forms in which they could have got there.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "backends/cosmos/emulator/emulator.h"
#include "reports/results_store.h"
#include "tests/support/program.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr char kPassword[] = "canary-postgres-Jx3/+&=?%7f-9041";
constexpr char kJoinToken[] = "canary-join-token-8c1f0a77d2e94b63";
constexpr char kDashboardToken[] = "canary-dashboard-5d3b9a1c70e84f26";
constexpr char kWrongPassword[] = "canary-wrong-password-<&>-6671";

std::string CosmosKey() {
  return absl::Base64Escape("canary-cosmos-key-of-64-bytes-0123456789abcdefghijklmnopqrstuvwx");
}

// The text itself, and as it would stand in a URL, in hexadecimal and in base64, wherever in the
// encoded text it begins.
std::vector<std::string> FormsOf(const std::string& secret) {
  std::string encoded;
  for (const char c : secret) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) || strchr("-._~", c);
    absl::StrAppend(
        &encoded,
        plain
            ? std::string(1, c)
            : absl::StrCat("%", absl::AsciiStrToUpper(absl::BytesToHexString(std::string(1, c)))));
  }
  const std::string hex = absl::BytesToHexString(secret);
  std::vector<std::string> forms = {secret,
                                    encoded,
                                    absl::AsciiStrToLower(encoded),
                                    hex,
                                    absl::AsciiStrToUpper(hex),
                                    absl::CEscape(secret)};
  for (size_t before = 0; before < 3; ++before) {
    const std::string padded = std::string(before, 'x') + secret;
    for (const std::string& whole :
         {absl::Base64Escape(padded), absl::WebSafeBase64Escape(padded)}) {
      // The ends also depend on what stands before and behind.
      forms.push_back(whole.substr(4, whole.size() - 4 - 4));
    }
  }
  return forms;
}

std::vector<std::string> AllSecrets() {
  std::vector<std::string> forms;
  for (const std::string& secret : {std::string(kPassword), CosmosKey(), std::string(kJoinToken),
                                    std::string(kDashboardToken), std::string(kWrongPassword)}) {
    for (std::string& form : FormsOf(secret)) forms.push_back(std::move(form));
  }
  std::string key;
  absl::Base64Unescape(CosmosKey(), &key);
  forms.push_back(key);
  return forms;
}

// The first secret in the text; empty: none.
std::string SecretIn(const std::string& text) {
  static const auto* const forms = new std::vector<std::string>(AllSecrets());
  for (const std::string& form : *forms) {
    if (absl::StrContains(text, form)) return form;
  }
  return "";
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Fetch(int port, const std::string& path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string answer;
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request =
        absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\n", "Authorization: Bearer ",
                     kDashboardToken, "\r\nConnection: close\r\n\r\n");
    send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    std::string buffer(65536, '\0');
    const auto deadline = std::chrono::steady_clock::now() + 2s;  // events have no end
    for (ssize_t n; (n = recv(socket, buffer.data(), buffer.size(), 0)) > 0;) {
      answer.append(buffer, 0, static_cast<size_t>(n));
      if (std::chrono::steady_clock::now() > deadline) break;
    }
  }
  close(socket);
  // Its own address sets the cookie of who showed the token: an answer to that request alone.
  return absl::StrReplaceAll(answer, {{absl::StrCat("=", kDashboardToken, ";"), "=;"}});
}

// More is asked of the container than it gives, so that there are dead letters.
constexpr char kCampaign[] = R"(
name: secrets
seed: 5
dataset: {records: 500, logs: {services: 16}}
targets:
  - name: pg
    postgres: {host: 127.0.0.1, port: $PORT, password: "${env:SECRETS_TEST_PASSWORD}"}
  - name: cosmos
    cosmos: {endpoint: "$ENDPOINT", key: "${file:$KEYFILE}", throughput: 400}
scenarios:
  - name: mixed
    phases: {load: {batch: 100, sessions: 2, verify: false}, measure: $LENGTH}
    shape: {open: {rate: 200/s, sessions: 4}}
    operations: [{do: insert}, {do: read}]
    timeout: 2s
    retry: {attempts: 1}
)";

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() : postgres_(kPassword) {
    folder_ = absl::StrCat(testing::TempDir(), "/weir-secrets-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/left/tmp");
    std::ofstream(folder_ + "/key") << CosmosKey();
    emulator_ = *cosmos::Emulator::Start({.key = CosmosKey()});
  }
  ~SecretsTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> Environment(const std::string& password) const {
    return {absl::StrCat("SECRETS_TEST_PASSWORD=", password),
            absl::StrCat("WEIR_JOIN_TOKEN=", kJoinToken),
            absl::StrCat("WEIR_DASHBOARD_TOKEN=", kDashboardToken),
            absl::StrCat("TMPDIR=", folder_, "/left/tmp"), "SPDLOG_LEVEL=debug"};
  }
  std::vector<std::string> Command(const std::string& length) const {
    std::ofstream(folder_ + "/left/campaign.yaml")
        << absl::StrReplaceAll(kCampaign, {{"$PORT", absl::StrCat(postgres_.port())},
                                           {"$ENDPOINT", emulator_->endpoint()},
                                           {"$KEYFILE", folder_ + "/key"},
                                           {"$LENGTH", length}});
    return {WEIR_PROGRAM,
            "--store",
            folder_ + "/left/results.db",
            "run",
            folder_ + "/left/campaign.yaml",
            "--agents",
            "2",
            "--override-gates",
            "--dashboard",
            "--out",
            folder_ + "/left/out"};
  }

  // What the kernel shows of the processes to others on the machine, and keeps of their memory.
  void ExpectProcessesTellNothing(const Program& program) {
    const std::vector<pid_t> processes = program.Processes("weir");
    EXPECT_GE(processes.size(), 3u);
    for (const pid_t pid : processes) {
      const std::string proc = absl::StrCat("/proc/", pid);
      EXPECT_THAT(SecretIn(ReadAll(proc + "/cmdline")), IsEmpty());
      EXPECT_THAT(SecretIn(ReadAll(proc + "/comm")), IsEmpty());
      EXPECT_THAT(ReadAll(proc + "/limits"), testing::ContainsRegex("core file size +0 +0"));
      EXPECT_EQ(ReadAll(proc + "/coredump_filter"), "00000000\n");
    }
  }

  void ExpectFilesTellNothing() {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ + "/left")) {
      if (!entry.is_regular_file()) continue;
      ++files;
      EXPECT_THAT(SecretIn(ReadAll(entry.path())), IsEmpty()) << entry.path();
      EXPECT_THAT(SecretIn(entry.path()), IsEmpty());
    }
    EXPECT_GE(files, 4);
  }

  bool HasFile(const std::string& part) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ + "/left")) {
      const bool holds = entry.is_regular_file() && entry.file_size() > 0;
      if (holds && absl::StrContains(entry.path().string(), part)) return true;
    }
    return false;
  }

  ThrowawayPostgres postgres_;
  std::unique_ptr<cosmos::Emulator> emulator_;
  std::string folder_;
};

TEST_F(SecretsTest, ASecretIsFoundInEachOfItsForms) {
  for (const std::string& text :
       {std::string("password=") + kPassword,
        std::string("?p=canary-postgres-Jx3%2F%2B%26%3D%3F%257f-9041"),
        "aa" + absl::BytesToHexString(kJoinToken),
        absl::Base64Escape(std::string("u:") + kPassword),
        absl::Base64Escape(std::string("user:") + kJoinToken + " and more")}) {
    EXPECT_NE(SecretIn(text), "") << text;
  }
  EXPECT_EQ(SecretIn("nothing of the kind"), "");
}

TEST_F(SecretsTest, NothingThatARunLeavesOrShowsHoldsOne) {
  Program run(Command("5s"), Environment(kPassword));
  ASSERT_TRUE(run.WaitForOutput("dashboard: http://127.0.0.1:", 30s)) << run.Output();
  const std::string output = run.Output();
  int port = 0;
  const size_t at = output.find("dashboard: http://127.0.0.1:") + 28;
  ASSERT_TRUE(absl::SimpleAtoi(output.substr(at, output.find('/', at) - at), &port));
  ASSERT_TRUE(run.WaitForOutput("driving mixed on cosmos", 60s)) << run.Output();
  ExpectProcessesTellNothing(run);
  for (const char* path : {"/", "/metrics", "/events", "/report"}) {
    EXPECT_THAT(SecretIn(Fetch(port, path)), IsEmpty()) << path;
  }
  EXPECT_THAT(Fetch(port, "/metrics"), HasSubstr("weir_"));
  EXPECT_GE(run.Wait(60s), 0);
  EXPECT_THAT(SecretIn(run.Output()), IsEmpty());
  for (const char* part : {"results.db", "letters/", "report.html", "report.json", "report.md",
                           "summary.csv", "run.hlog"}) {
    EXPECT_TRUE(HasFile(part)) << part;
  }
  ExpectFilesTellNothing();
  auto store = OpenResultsStore(folder_ + "/left/results.db");
  const auto stored = (*store)->LoadRun("latest");
  ASSERT_TRUE(stored.ok());
  EXPECT_THAT(SecretIn(stored->DebugString()), IsEmpty());
  EXPECT_THAT(stored->DebugString(), HasSubstr("SECRETS_TEST_PASSWORD"));  // the reference is there
}

// What a run keeps for itself only while it goes on stays when its coordinator is killed.
TEST_F(SecretsTest, NothingThatAKilledRunLeavesHoldsOne) {
  Program run(Command("20s"), Environment(kPassword));
  ASSERT_TRUE(run.WaitForOutput("driving mixed on pg", 60s)) << run.Output();
  std::this_thread::sleep_for(1500ms);
  run.Signal(SIGKILL);
  run.Wait(10s);
  for (int i = 0; i < 500 && !run.Processes("weir-agent").empty(); ++i) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(HasFile(".journal"));
  EXPECT_TRUE(HasFile("weir-spool-"));
  EXPECT_THAT(SecretIn(run.Output()), IsEmpty());
  ExpectFilesTellNothing();
}

TEST_F(SecretsTest, NoMessageAboutAWrongPasswordHoldsIt) {
  for (const std::string& password : {std::string(kWrongPassword), std::string()}) {
    Program run(Command("1s"), Environment(password));
    EXPECT_EQ(run.Wait(60s), 4) << run.Output();
    EXPECT_THAT(SecretIn(run.Output()), IsEmpty());
  }
  Program check({WEIR_PROGRAM, "check", folder_ + "/left/campaign.yaml"}, Environment(kPassword));
  EXPECT_EQ(check.Wait(30s), 0);
  EXPECT_THAT(SecretIn(check.Output()), IsEmpty());
}

}  // namespace
}  // namespace weir
