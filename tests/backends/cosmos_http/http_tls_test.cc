// TLS of both transports, against OpenSSL's server and against the emulator's GnuTLS. Nothing here
// ignores SIGPIPE: a transport that raised it would end the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/cosmos_backend.h"
#include "backends/cosmos/emulator/emulator.h"
#include "tests/backends/cosmos_http/exchange_fixture.h"
#include "tests/backends/cosmos_http/wire_server.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir::cosmos {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// An identity for localhost, 127.0.0.1 and ::1, and a file with its authority.
class TlsFiles {
 public:
  TlsFiles() : made_(MakeTlsIdentity("localhost").value()) {
    std::string folder = std::filesystem::temp_directory_path() / "weir-http-tls-XXXXXX";
    folder_ = mkdtemp(folder.data());
    std::ofstream(authority()) << made_.authority;
  }
  ~TlsFiles() { std::filesystem::remove_all(folder_); }

  std::string authority() const { return folder_ + "/ca.pem"; }
  const TlsIdentity& identity() const { return made_.identity; }

 private:
  MadeTlsIdentity made_;
  std::string folder_;
};

class HttpTlsTest : public ExchangeTest {
 protected:
  static void SetUpTestSuite() { files_ = new TlsFiles; }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static WireOptions Tls(int version = 0) {
    return {.tls = files_->identity(), .tls_version = version};
  }
  bool IsDirect() const { return GetParam() == HttpClient::kDirect; }

  static inline const TlsFiles* files_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(On, HttpTlsTest,
                         ::testing::Values(HttpClient::kDirect, HttpClient::kLibcurl), ClientName);

void Echo(Wire& wire) {
  while (const auto request = wire.ReadRequest()) wire.Send(AnswerWith(request->body));
}

std::string Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return bytes;
}

TEST_P(HttpTlsTest, CarriesBodiesOfAnySizeInEitherVersion) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    WireServer server(&Echo, Tls(version));
    Open(server.url(), files_->authority());
    for (const size_t size : {0, 440, 4'096, 4'097, 16'384, 16'385, 3'000'000}) {
      const std::string body = Bytes(size);
      HttpExchange& exchange = Post(body);
      ASSERT_EQ(exchange.transport(), Transport::kAnswered) << exchange.transport_error();
      EXPECT_TRUE(exchange.answer() == body) << size;
      EXPECT_EQ(exchange.bytes_received(), AnswerWith(body).size());
    }
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST_P(HttpTlsTest, AServerThatReadsAndWritesSlowlyGetsAllOfIt) {
  const std::string body = Bytes(2'000'000);
  WireOptions options = Tls();
  options.receive_buffer = 8'192;
  WireServer server(
      [&](Wire& wire) {
        usleep(20'000);
        const auto request = wire.ReadRequest();
        if (request) wire.SendSlowly(AnswerWith(request->body), 30'000);
        wire.ReadSome(1);
      },
      options);
  Open(server.url(), files_->authority());
  EXPECT_TRUE(Post(body).answer() == body) << exchange_->transport_error();
}

// The client has to write in order to read, or to read in order to write.
TEST_P(HttpTlsTest, TheServerMayChangeKeysWhileARequestIsUnderWay) {
  const std::string body = Bytes(1'000'000);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::atomic<long> changes = 0;
    WireServer server(
        [&](Wire& wire) {
          const auto change = [&] {
            version == TLS1_2_VERSION ? SSL_renegotiate(wire.ssl())
                                      : SSL_key_update(wire.ssl(), SSL_KEY_UPDATE_REQUESTED);
          };
          for (int i = 0; i < 3; ++i) {
            const std::string answer = AnswerWith(body);
            change();
            const auto request = wire.ReadRequest();
            if (!request || request->body != body) return;
            wire.Send(answer.substr(0, 100'000));
            if (version == TLS1_3_VERSION) change();
            wire.Send(answer.substr(100'000));
          }
          changes = SSL_num_renegotiations(wire.ssl());
          wire.ReadSome(1);
        },
        Tls(version));
    Open(server.url(), files_->authority());
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(Post(body).answer() == body) << exchange_->transport_error() << version;
    }
    EXPECT_EQ(server.connections(), 1);
    EXPECT_TRUE(version == TLS1_3_VERSION || WaitFor([&] { return changes > 0; }));
  }
}

TEST_P(HttpTlsTest, ACertificateThatNobodyVouchesForIsRefused) {
  std::atomic<int> requests = 0;
  WireServer server([&](Wire& wire) { requests += wire.ReadRequest().has_value(); }, Tls());
  Open(server.url());
  EXPECT_EQ(Get().transport(), Transport::kNotSent);
  EXPECT_THAT(exchange_->transport_error(),
              AnyOf(HasSubstr("the server's certificate is not trusted: "),
                    HasSubstr("SSL peer certificate or SSH remote key was not OK")));
  EXPECT_EQ(requests, 0);
}

TEST_P(HttpTlsTest, ACertificateForAnotherHostIsRefused) {
  WireOptions options = Tls();
  options.address = "127.0.0.2";  // not in the certificate
  std::atomic<int> requests = 0;
  const auto serve = [&](Wire& wire) { requests += wire.ReadRequest().has_value(); };
  WireServer by_address(serve, options);
  WireServer by_name(serve, Tls());
  // "127.1" is a name to TLS, and 127.0.0.1 to the resolver; libcurl makes that of it itself.
  const std::string name = IsDirect() ? absl::StrCat("https://127.1:", by_name.port()) : "";
  for (const std::string& url : {by_address.url(), name}) {
    if (url.empty()) continue;
    Open(url, files_->authority());
    EXPECT_EQ(Get().transport(), Transport::kNotSent) << url;
    EXPECT_THAT(exchange_->transport_error(),
                AnyOf(HasSubstr("certificate is for another host than the endpoint names"),
                      HasSubstr("SSL peer certificate or SSH remote key was not OK")));
  }
  EXPECT_EQ(requests, 0);
}

TEST_P(HttpTlsTest, AnAuthorityThatCannotBeReadIsSaid) {
  WireServer server(&Echo, Tls());
  Open(server.url(), "/no/such/ca.pem");
  EXPECT_EQ(Get().transport(), Transport::kNotSent);
  EXPECT_THAT(exchange_->transport_error(),
              AnyOf("no certificates can be read from /no/such/ca.pem",
                    HasSubstr("Problem with the SSL CA cert")));
}

TEST_P(HttpTlsTest, AServerWithoutTlsIsNotSent) {
  WireServer server([](Wire& wire) {
    wire.ReadSome(1);
    wire.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  Open("https" + server.url().substr(4), files_->authority());
  EXPECT_EQ(Get().transport(), Transport::kNotSent);
  if (IsDirect()) {
    EXPECT_EQ(exchange_->transport_error(), "TLS failed: wrong version number");
  }
}

TEST_P(HttpTlsTest, TheLimitOfConnectingHoldsForTheHandshakeToo) {
  WireServer server([](Wire& wire) {
    while (!wire.ReadSome(1'000).empty()) {
    }
  });
  connect_timeout_ns_ = 100 * kNsPerMs;
  Open("https" + server.url().substr(4), files_->authority());
  EXPECT_EQ(Get().transport(), Transport::kNotSent);
}

TEST_P(HttpTlsTest, ABreakInTheMiddleIsLost) {
  WireServer server([](Wire& wire) { wire.ReadSome(10'000); }, Tls());
  Open(server.url(), files_->authority());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(Post(std::string(8'000'000, 'x')).transport(), Transport::kLost);
    EXPECT_EQ(server.connections(), i);
  }
}

// An end without a goodbye may have been made by somebody in between.
TEST_P(HttpTlsTest, AnAnswerWithoutALengthNeedsAGoodbye) {
  for (const bool says_goodbye : {true, false}) {
    if (!says_goodbye && !IsDirect()) break;  // libcurl takes it for whole
    WireServer server(
        [&](Wire& wire) {
          wire.ReadRequest();
          wire.Send("HTTP/1.1 200 OK\r\n\r\nhalf of it");
          if (says_goodbye) SSL_shutdown(wire.ssl());
        },
        Tls());
    Open(server.url(), files_->authority());
    EXPECT_EQ(Get().transport(), says_goodbye ? Transport::kAnswered : Transport::kLost);
  }
}

TEST_P(HttpTlsTest, AConnectionClosedWhileIdleCostsNothing) {
  for (const bool loop_runs : {true, false}) {
    WireServer server(
        [](Wire& wire) {
          wire.ReadRequest();
          wire.Send(AnswerWith("a"));
        },
        Tls());
    Open(server.url(), files_->authority());
    for (int i = 1; i <= 3; ++i) {
      EXPECT_EQ(Post("{}").transport(), Transport::kAnswered) << exchange_->transport_error();
      ASSERT_TRUE(WaitFor([&] { return server.closed() == i; }));
      loop_runs ? RunFor(5 * kNsPerMs) : void(usleep(40'000));
    }
  }
}

// As plain: a write raises SIGPIPE, where it may.
TEST_P(HttpTlsTest, ARequestThatNoByteOfWentOutGoesToAnotherConnection) {
  WireServer server(
      [](Wire& wire) {
        wire.ReadRequest();
        wire.Send(AnswerWith("a"));
        usleep(2'000);
        wire.EndSending();
        wire.CloseByReset();
      },
      Tls());
  Open(server.url(), files_->authority());
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(Post("{}").transport(), Transport::kAnswered) << exchange_->transport_error();
    ASSERT_TRUE(WaitFor([&] { return server.closed() == i; }));
  }
}

// The first write meets a connection that is reset already: nothing went out.
TEST_P(HttpTlsTest, AConnectionThatBreaksRightAfterTheHandshakeIsNotSent) {
  if (!IsDirect()) GTEST_SKIP() << "libcurl does not tell this from a break after the request";
  WireServer server([](Wire& wire) { wire.CloseByReset(); }, Tls(TLS1_2_VERSION));
  Open(server.url(), files_->authority());
  BeginPost(*exchange_, "{}");
  exchange_->Send();
  for (int i = 0; i < 100 && ends_ == 0; ++i) {
    usleep(10'000);  // the server is always ahead
    loop_.RunOnce(loop_.Now());
  }
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(exchange_->transport(), Transport::kNotSent);
  EXPECT_EQ(exchange_->bytes_sent(), 0u);
  EXPECT_EQ(exchange_->transport_error(),
            "the server closed the connection before the request was sent");
}

TEST_P(HttpTlsTest, CanBeCancelledAtAnyTime) {
  WireServer server(&Echo, Tls());
  for (int64_t after_us = 0; after_us < 3'000; after_us += 100) {
    Open(server.url(), files_->authority());
    BeginPost(*exchange_, std::string(500'000, 'x'));
    exchange_->Send();
    RunFor(after_us * kNsPerUs);
    exchange_->Cancel();
    EXPECT_FALSE(exchange_->in_flight());
  }
  const int before = ends_;
  RunFor(5 * kNsPerMs);
  EXPECT_EQ(ends_, before);
}

// ------------------------------------------------------------------------------- the emulator

class CosmosOverTlsTest : public HttpTlsTest {
 protected:
  CosmosOverTlsTest() {
    setenv("WEIR_TEST_TLS_KEY", std::string(kWellKnownEmulatorKey).c_str(), 1);
    EmulatorOptions options;
    options.throttle = false;
    options.tls = files_->identity();
    emulator_ = Emulator::Start(options).value();
    target_.set_endpoint(emulator_->endpoint());
    target_.mutable_key()->set_env("WEIR_TEST_TLS_KEY");
    target_.set_database("weir");
    target_.set_container("records");
    target_.set_throughput(12'000);
    target_.set_page_size(100);
    target_.set_tls_root_certificate(files_->authority());
    target_.mutable_connect_timeout()->set_ns(2 * kNsPerSecond);
    target_.set_http_client(IsDirect() ? v1::HTTP_CLIENT_DIRECT : v1::HTTP_CLIENT_LIBCURL);
  }

  Operation Of(OperationKind kind, uint64_t first, uint32_t records) {
    Operation operation;
    operation.kind = kind;
    operation.first_record = first;
    operation.records = records;
    if (records > 1) {
      applied_.Reset(records);
      operation.applied = &applied_;
    }
    return operation;
  }

  const SampleRecords records_;
  std::unique_ptr<Emulator> emulator_;
  v1::CosmosTarget target_;
  SessionDriver driver_;
  AppliedRecords applied_;
};

INSTANTIATE_TEST_SUITE_P(On, CosmosOverTlsTest,
                         ::testing::Values(HttpClient::kDirect, HttpClient::kLibcurl), ClientName);

TEST_P(CosmosOverTlsTest, SetUpPointsBulkAndReadingBackWork) {
  auto backend = MakeCosmosBackend(target_, records_).value();
  ASSERT_EQ(backend->SetUp(true), absl::OkStatus());
  auto opened = backend->OpenSession(driver_.loop(), driver_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  Session& session = **opened;
  uint64_t sent = 0;
  KeptOutcome done = driver_.Run(session, Of(OperationKind::kInsert, 0, 1));
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  // Several requests of each 100 documents at once: more than 2 MB in all.
  constexpr uint32_t kBulk = 12'000;
  done = driver_.Run(session, Of(OperationKind::kInsert, 1, kBulk));
  sent = done.outcome.bytes_sent;
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_GT(sent, 2'000'000u);
  done = driver_.Run(session, Of(OperationKind::kRead, kBulk, 1));
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_EQ(backend->Count().value(), kBulk + 1u);
}

TEST_P(CosmosOverTlsTest, WithoutItsAuthorityTheSetUpSaysWhy) {
  target_.clear_tls_root_certificate();
  auto backend = MakeCosmosBackend(target_, records_).value();
  const absl::Status set_up = backend->SetUp(true);
  EXPECT_THAT(set_up.message(), HasSubstr("certificate"));
  const absl::Status opened = backend->OpenSession(driver_.loop(), driver_).status();
  EXPECT_EQ(opened.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(opened.message(), HasSubstr("certificate"));
  EXPECT_THAT(opened.message(), HasSubstr(emulator_->endpoint().substr(0, 20)));
}

// One body of 2 MB, each way.
TEST_P(CosmosOverTlsTest, ALargeDocumentGoesThere) {
  Open(emulator_->endpoint(), files_->authority());
  const std::string body = "{\"id\":\"" + std::string(2'000'000, 'x') + "\"}";
  HttpExchange& exchange = Post(body);
  EXPECT_EQ(exchange.transport(), Transport::kAnswered) << exchange.transport_error();
  EXPECT_EQ(exchange.status(), 401) << "nobody signed it";
  EXPECT_GT(exchange.bytes_sent(), body.size());
}

}  // namespace
}  // namespace weir::cosmos
