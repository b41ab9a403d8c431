#include "backends/cosmos/http/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cosmos {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void Expect(std::string_view url, bool is_tls, const char* host, const char* as_sent, int port) {
  SCOPED_TRACE(url);
  const absl::StatusOr<Authority> found = ParseAuthority(url);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->is_tls, is_tls);
  EXPECT_EQ(found->host, host);
  EXPECT_EQ(found->as_sent, as_sent);
  EXPECT_EQ(found->port, port);
}

TEST(Authority, IsReadFromAUrl) {
  Expect("https://a.documents.azure.com:443", true, "a.documents.azure.com",
         "a.documents.azure.com", 443);
  Expect("https://a.documents.azure.com:443/", true, "a.documents.azure.com",
         "a.documents.azure.com", 443);
  Expect("https://host", true, "host", "host", 443);
  Expect("http://host", false, "host", "host", 80);
  Expect("http://host:443/x?y:1", false, "host", "host:443", 443);
  Expect("http://127.0.0.1:8081/", false, "127.0.0.1", "127.0.0.1:8081", 8081);
  Expect("http://[::1]:8081", false, "::1", "[::1]:8081", 8081);
  Expect("https://[::1]", true, "::1", "[::1]", 443);
}

TEST(Authority, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"", "not an http"},
      {"host:80", "not an http"},
      {"ftp://host", "not an http"},
      {"http://", "no host"},
      {"http://:80", "no host"},
      {"http://[]:80", "no host"},
      {"http://[::1", "no host"},
      {"http://host:", "no port"},
      {"http://host:0", "no port"},
      {"http://host:65536", "no port"},
      {"http://host:99999999999999999999", "no port"},
      {"http://host:80a", "no port"},
      {"http://::1:80", "no port"},
      {"http://user:secret@host/", "no name or password"},
      {"AccountEndpoint=https://host;AccountKey=secret", "connection string"}};
  for (const auto& [url, words] : kWrong) {
    const absl::Status status = ParseAuthority(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(status.message(), HasSubstr(words)) << url;
    EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace weir::cosmos
