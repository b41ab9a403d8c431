#include "backends/postgres/connection.h"

#include <poll.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

#include "backends/postgres/sqlstate.h"
#include "backends/secret.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir {
namespace {

constexpr int64_t kDefaultTimeoutNs = 10 * kNsPerSecond;

std::string SslMode(v1::TlsMode mode) {
  const std::string name =
      absl::AsciiStrToLower(absl::StripPrefix(v1::TlsMode_Name(mode), "TLS_MODE_"));
  return absl::StrReplaceAll(name, {{"_", "-"}});
}

bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }
bool IsUpper(char letter) { return letter >= 'A' && letter <= 'Z'; }

// Every code has a digit, unlike "FATAL" and "ERROR".
bool IsSqlState(const std::string& text) {
  return text.size() == 5 && std::any_of(text.begin(), text.end(), IsDigit) &&
         std::all_of(text.begin(), text.end(),
                     [](char letter) { return IsDigit(letter) || IsUpper(letter); });
}

// Splits "…FATAL:  28P01: words" (libpq's verbose form) into code and words. The severity may be in
// any language; the code is not.
std::string TakeSqlState(std::string* line) {
  for (size_t colon = line->find(": "); colon != std::string::npos;
       colon = line->find(": ", colon + 1)) {
    if (colon >= 5 && IsSqlState(line->substr(colon - 5, 5))) {
      std::string code = line->substr(colon - 5, 5);
      line->erase(0, colon + 2);
      return code;
    }
  }
  return "";
}

// Waits until the socket is ready for what libpq wants; false at the deadline.
bool WaitFor(PGconn* connection, PostgresPollingStatusType wanted, int64_t deadline_ns) {
  pollfd socket{PQsocket(connection),
                static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
  const int64_t left_ms = (deadline_ns - MonotonicNs()) / kNsPerMs;
  return left_ms > 0 && poll(&socket, 1, static_cast<int>(left_ms)) != 0;
}

void IgnoreNotice(void*, const char*) {}

}  // namespace

std::string FirstLine(const char* message) {
  std::string line(message);
  // A host with several addresses: one refusal each; the last address tried says most.
  const size_t last = line.rfind("\nconnection to ");
  if (last != std::string::npos) line.erase(0, last + 1);
  line = line.substr(0, line.find('\n'));
  // connection to server at "127.0.0.1", port 5432 failed: …
  const size_t preamble = line.find(" failed: ");
  if (line.starts_with("connection to ") && preamble != std::string::npos) {
    line.erase(0, preamble + std::string(" failed: ").size());
  }
  return line;
}

std::string ConnectionOptions::ToConnectionString() const {
  std::string out;
  for (const auto& [keyword, value] : pairs) {
    absl::StrAppend(&out, keyword, "='", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}),
                    "' ");
  }
  const int64_t seconds = (timeout_ns + kNsPerSecond - 1) / kNsPerSecond;
  return absl::StrCat(out, "connect_timeout=", std::max<int64_t>(seconds, 2));
}

absl::StatusOr<ConnectionOptions> MakeConnectionOptions(const v1::PostgresTarget& target) {
  WEIR_ASSIGN_OR_RETURN(const SecretText password,
                        ReadSecret(target.password(), "postgres.password"));
  ConnectionOptions options;
  const auto add = [&options](const char* keyword, std::string value) {
    if (!value.empty()) options.pairs.emplace_back(keyword, std::move(value));
  };
  add("host", target.host());
  add("port", target.port() == 0 ? "" : absl::StrCat(target.port()));
  add("dbname", target.database());
  add("user", target.user());
  add("password", password.Reveal());
  add("sslmode", SslMode(target.tls()));
  add("sslrootcert", target.tls_root_certificate());
  add("sslcert", target.tls_certificate());
  add("sslkey", target.tls_key());
  add("gssencmode", "disable");
  add("application_name", "weir");
  add("client_encoding", "UTF8");
  const int64_t timeout_ns = target.connect_timeout().ns();
  options.timeout_ns = timeout_ns > 0 ? timeout_ns : kDefaultTimeoutNs;
  options.place = absl::StrCat(target.host(), ":", target.port(), ", user ", target.user(),
                               ", database ", target.database());
  return options;
}

ConnectionPtr BeginConnecting(const ConnectionOptions& options) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : options.pairs) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  ConnectionPtr connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  WEIR_CHECK(connection != nullptr);
  // Puts the SQLSTATE into the message of a refused connection: libpq gives it in no other way.
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(connection.get(), IgnoreNotice, nullptr);
  return connection;
}

absl::Status ConnectionError(PGconn* connection, const ConnectionOptions& options) {
  std::string line = FirstLine(PQerrorMessage(connection));
  const std::string code = TakeSqlState(&line);
  const absl::StatusCode status = PQconnectionNeedsPassword(connection)
                                      ? absl::StatusCode::kUnauthenticated
                                      : StatusCodeOfSqlState(code);
  return {status, absl::StrCat("postgres at ", options.place, ": ",
                               line.empty() ? "connection lost" : line)};
}

absl::StatusOr<ConnectionPtr> ConnectBlocking(const ConnectionOptions& options) {
  const int64_t deadline_ns = MonotonicNs() + options.timeout_ns;
  ConnectionPtr connection = BeginConnecting(options);
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD && wanted != PGRES_POLLING_FAILED) {
    if (wanted == PGRES_POLLING_OK) return connection;
    if (!WaitFor(connection.get(), wanted, deadline_ns)) {
      return absl::UnavailableError(absl::StrCat("postgres at ", options.place,
                                                 ": no answer within ",
                                                 options.timeout_ns / kNsPerMs, " ms"));
    }
    wanted = PQconnectPoll(connection.get());
  }
  return ConnectionError(connection.get(), options);
}

}  // namespace weir
