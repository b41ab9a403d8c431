#include "coordinator/live/dashboard_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";

DashboardDoor Loopback() { return {kToken, "weir_80", "127.0.0.1", "bench-1", /*loopback=*/true}; }
DashboardDoor Exposed() { return {kToken, "weir_80", "0.0.0.0", "bench-1", /*loopback=*/false}; }

DashboardRequest Good() {
  return {.method = "GET", .path = "/", .host = "127.0.0.1:80", .token = kToken};
}

TEST(DashboardDoor, LetsInWhoHasTheTokenInAddressHeaderOrCookie) {
  EXPECT_EQ(Loopback().Judge(Good()).status, 200u);
  DashboardRequest bearer = Good();
  bearer.token = "";
  EXPECT_EQ(Loopback().Judge(bearer).status, 401u);
  const std::string header = std::string("Bearer ") + kToken;
  bearer.authorization = header;
  EXPECT_EQ(Loopback().Judge(bearer).status, 200u);
  DashboardRequest cookie = Good();
  cookie.token = "";
  const std::string cookies = std::string("a=b; weir_80=") + kToken + "; c=d";
  cookie.cookie = cookies;
  EXPECT_EQ(Loopback().Judge(cookie).status, 200u);
}

TEST(DashboardDoor, KeepsOutWhoHasAnotherTokenOrTheCookieOfAnotherPort) {
  for (const char* wrong : {"", "0", "0123456789abcdef0123456789abcdeF", "Bearer", "null"}) {
    DashboardRequest request = Good();
    request.token = wrong;
    EXPECT_EQ(Loopback().Judge(request).status, 401u) << wrong;
  }
  DashboardRequest request = Good();
  request.token = "";
  const std::string cookies = std::string("weir_8=") + kToken + "; xweir_80=" + kToken;
  request.cookie = cookies;
  EXPECT_EQ(Loopback().Judge(request).status, 401u);
  const std::string basic = std::string("Basic ") + kToken;
  request.authorization = basic;
  EXPECT_EQ(Loopback().Judge(request).status, 401u);
}

TEST(DashboardDoor, AnswersOnLoopbackOnlyToLoopbacksNamesWhateverThePort) {
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.1.2.3:9", "[::1]:80"}) {
    DashboardRequest request = Good();
    request.host = host;
    EXPECT_EQ(Loopback().Judge(request).status, 200u) << host;
  }
  for (const char* host :
       {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "192.0.2.1",
        "bench-1", "0.0.0.0", "[2001:db8::1]"}) {
    DashboardRequest request = Good();
    request.host = host;
    EXPECT_EQ(Loopback().Judge(request).status, 403u) << host;
  }
}

TEST(DashboardDoor, AnswersWhereItIsExposedToAddressesAndTheMachinesName) {
  for (const char* host :
       {"192.0.2.1:80", "bench-1:80", "Bench-1", "[2001:db8::1]:80", "localhost"}) {
    DashboardRequest request = Good();
    request.host = host;
    EXPECT_EQ(Exposed().Judge(request).status, 200u) << host;
  }
  DashboardRequest request = Good();
  request.host = "evil.example";
  EXPECT_EQ(Exposed().Judge(request).status, 403u);
}

TEST(DashboardDoor, CanOnlyBeReadAndTellsStrangersNothingOfItsPaths) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"}) {
    DashboardRequest request = Good();
    request.method = method;
    EXPECT_EQ(Loopback().Judge(request).status, 405u) << method;
  }
  DashboardRequest request = Good();
  request.path = "/../etc/passwd";
  EXPECT_EQ(Loopback().Judge(request).status, 404u);
  request.token = "";
  EXPECT_EQ(Loopback().Judge(request).status, 401u);
}

TEST(DashboardDoor, GivesACookieThatNoScriptAndNoOtherSiteCanUse) {
  const std::string cookie = Loopback().SetCookie();
  EXPECT_THAT(cookie, testing::StartsWith(std::string("weir_80=") + kToken + ";"));
  EXPECT_THAT(cookie, testing::HasSubstr("; HttpOnly"));
  EXPECT_THAT(cookie, testing::HasSubstr("; SameSite=Strict"));
}

TEST(DashboardDoor, MakesTokensOf128BitsNoneLikeAnother) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(MakeToken());
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_EQ(tokens.begin()->size(), 32u);
}

}  // namespace
}  // namespace weir
