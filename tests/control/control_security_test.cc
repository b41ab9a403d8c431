// The rule that plain text stays on this machine, and certificates that are not what they should
// be. What a server does about a certificate is in tests/coordinator/control_server_test.cc.
#include "control/control_security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "coordinator/certificates.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int64_t kNow = 1'800'000'000;
constexpr int64_t kDay = 86'400;
constexpr char kSecret[] = "abcdefghijklmnopqrstuvwxyz";

class ControlSecurityTest : public testing::Test {
 protected:
  ControlSecurityTest() : folder_(absl::StrCat(testing::TempDir(), "/weir-security-", getpid())) {
    std::filesystem::remove_all(folder_);
  }
  ~ControlSecurityTest() override { std::filesystem::remove_all(folder_); }

  std::string Certs(const std::string& name = "certs", int64_t made_s = kNow) {
    const std::string folder = absl::StrCat(folder_, "/", name);
    std::filesystem::create_directories(folder_);
    const auto set = MintCertificates(kDay, made_s);
    EXPECT_TRUE(set.ok()) << set.status();
    EXPECT_TRUE(WriteCertificates(*set, folder).ok());
    return folder;
  }

  static absl::StatusOr<ControlSecurity> Read(const ControlSecurityOptions& options,
                                              const std::string& address,
                                              ControlEnd end = ControlEnd::kCoordinator,
                                              bool awaits = false) {
    return ReadControlSecurity(options, end, {*ParseControlAddress(address)}, awaits, kNow);
  }
  static std::string WhyNot(const ControlSecurityOptions& options, const std::string& address,
                            ControlEnd end = ControlEnd::kCoordinator, bool awaits = false) {
    const auto security = Read(options, address, end, awaits);
    return security.ok() ? "it is taken" : std::string(security.status().message());
  }

  const std::string folder_;
};

TEST_F(ControlSecurityTest, PlainTextStaysOnThisMachine) {
  EXPECT_EQ(Read({}, "127.0.0.1:7070")->Words(), "plain text on one machine, no join token");
  EXPECT_THAT(WhyNot({}, "0.0.0.0:7070"), HasSubstr("--tls DIR"));
  EXPECT_THAT(WhyNot({}, "10.0.0.5:7070", ControlEnd::kAgent), HasSubstr("--insecure on both"));
  const auto insisted = Read({.insecure = true}, "0.0.0.0:7070");
  EXPECT_TRUE(insisted->exposed);
  EXPECT_EQ(insisted->Words(), "plain text over the network (--insecure), no join token");
}

TEST_F(ControlSecurityTest, OneAddressElsewhereIsEnough) {
  const auto security = ReadControlSecurity({}, ControlEnd::kCoordinator,
                                            *ParseControlAddresses("127.0.0.1:1,10.0.0.5:1"),
                                            /*awaits=*/false, kNow);
  EXPECT_THAT(std::string(security.status().message()), HasSubstr("10.0.0.5:1 can be reached"));
}

TEST_F(ControlSecurityTest, TakesWhatCertsWrites) {
  const std::string certs = Certs();
  for (const ControlEnd end : {ControlEnd::kCoordinator, ControlEnd::kAgent, ControlEnd::kRelay}) {
    const auto security = Read({.tls = certs}, "10.0.0.5:7070", end);
    ASSERT_TRUE(security.ok()) << security.status();
    EXPECT_EQ(security->Words(), "mutual TLS, join token");
  }
}

TEST_F(ControlSecurityTest, TakesASecretAsKubernetesMountsIt) {
  const std::string certs = Certs();
  std::filesystem::rename(certs + "/agent.crt", certs + "/tls.crt");
  std::filesystem::rename(certs + "/agent.key", certs + "/tls.key");
  EXPECT_TRUE(Read({.tls = certs}, "10.0.0.5:7070", ControlEnd::kAgent).ok());
}

TEST_F(ControlSecurityTest, TlsNeedsAToken) {
  const std::string certs = Certs();
  std::filesystem::remove(certs + "/join-token");
  EXPECT_THAT(WhyNot({.tls = certs}, "10.0.0.5:7070"), HasSubstr("--join-token-file FILE"));
}

TEST_F(ControlSecurityTest, AnAgentThatWaitsElsewhereNeedsATokenInAnyCase) {
  EXPECT_THAT(WhyNot({.insecure = true}, "0.0.0.0:7070", ControlEnd::kAgent, /*awaits=*/true),
              HasSubstr("give the run's join token"));
  EXPECT_EQ(WhyNot({}, "127.0.0.1:7070", ControlEnd::kAgent), "it is taken");
}

TEST_F(ControlSecurityTest, AnAgentThatWaitsOnThisMachineNeedsATokenBecauseOfItsOtherUsers) {
  EXPECT_THAT(WhyNot({}, "127.0.0.1:7070", ControlEnd::kAgent, /*awaits=*/true),
              AllOf(HasSubstr("whoever is on this machine"), HasSubstr("--join-token-file FILE")));
  EXPECT_EQ(WhyNot({.insecure = true}, "127.0.0.1:7070", ControlEnd::kAgent, /*awaits=*/true),
            "it is taken");
}

TEST_F(ControlSecurityTest, AnExpiredTokenIsNoToken) {
  std::filesystem::create_directories(folder_);
  const std::string file = folder_ + "/token";
  std::ofstream(file) << JoinToken::Make(kNow).Reveal();
  EXPECT_THAT(WhyNot({.join_token_file = file}, "127.0.0.1:1"), HasSubstr("has expired"));
}

TEST_F(ControlSecurityTest, SaysWhichCertificateHasExpired) {
  const std::string certs = Certs("old", kNow - 2 * kDay);
  std::ofstream(certs + "/join-token") << kSecret;
  EXPECT_THAT(WhyNot({.tls = certs}, "10.0.0.5:7070"), HasSubstr("coordinator.crt: expired on "));
}

TEST_F(ControlSecurityTest, RefusesTheCertificateOfTheOtherEnd) {
  const std::string certs = Certs();
  std::filesystem::copy(certs + "/agent.crt", certs + "/tls.crt");
  std::filesystem::copy(certs + "/agent.key", certs + "/tls.key");
  EXPECT_THAT(WhyNot({.tls = certs}, "10.0.0.5:7070"), HasSubstr("not for weir-coordinator"));
}

TEST_F(ControlSecurityTest, ARelayNeedsACertificateForBothOfItsEnds) {
  const std::string certs = Certs();
  std::filesystem::copy(certs + "/coordinator.crt", certs + "/tls.crt");
  std::filesystem::copy(certs + "/coordinator.key", certs + "/tls.key");
  EXPECT_THAT(WhyNot({.tls = certs}, "10.0.0.5:7070", ControlEnd::kRelay),
              HasSubstr("not for weir-relay"));
}

TEST_F(ControlSecurityTest, RefusesACertificateOfAnotherAuthority) {
  const std::string certs = Certs();
  const std::string foreign = Certs("foreign");
  std::filesystem::copy(foreign + "/ca.crt", certs + "/ca.crt",
                        std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(WhyNot({.tls = certs}, "10.0.0.5:7070"), HasSubstr("does not vouch for it"));
}

TEST_F(ControlSecurityTest, RefusesAKeyThatIsNotTheCertificates) {
  const std::string certs = Certs();
  std::filesystem::copy(certs + "/agent.key", certs + "/coordinator.key",
                        std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(WhyNot({.tls = certs}, "10.0.0.5:7070"), HasSubstr("the key beside it is another's"));
}

TEST_F(ControlSecurityTest, NamesTheFileThatIsNotThere) {
  EXPECT_THAT(WhyNot({.tls = folder_}, "10.0.0.5:7070"), HasSubstr("cannot read"));
  EXPECT_THAT(WhyNot({.tls = folder_, .insecure = true}, "10.0.0.5:7070"),
              HasSubstr("contradict each other"));
}

TEST_F(ControlSecurityTest, WritesNothingThatOthersCouldRead) {
  for (const auto& entry : std::filesystem::directory_iterator(Certs())) {
    struct stat facts;
    ASSERT_EQ(stat(entry.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << entry.path();
  }
  struct stat facts;
  ASSERT_EQ(stat((folder_ + "/certs").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

}  // namespace
}  // namespace weir
