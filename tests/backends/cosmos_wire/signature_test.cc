#include "backends/cosmos/wire/signature.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::cosmos {
namespace {

constexpr char kDocumentedKey[] =
    "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw==";
constexpr char kDocumentedDate[] = "Thu, 27 Apr 2017 00:51:12 GMT";
constexpr char kDocumentedToken[] =
    "type%3Dmaster%26ver%3D1.0%26sig%3Dc09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu%2Bc%2Bc%3D";

MasterKey Key(std::string_view base64 = kDocumentedKey) {
  return MasterKey::FromBase64(base64).value();
}

TEST(MasterKey, MakesTheDocumentedToken) {
  EXPECT_EQ(Key().Token("GET", "dbs", "dbs/ToDoList", kDocumentedDate), kDocumentedToken);
}

TEST(MasterKey, VerifiesTheDocumentedTokenEncodedOrNot) {
  EXPECT_TRUE(Key().Verifies(kDocumentedToken, "GET", "dbs", "dbs/ToDoList", kDocumentedDate));
  EXPECT_TRUE(Key().Verifies(*PercentDecode(kDocumentedToken), "get", "dbs", "dbs/ToDoList",
                             kDocumentedDate));
}

TEST(MasterKey, RefusesWhateverDiffers) {
  const MasterKey key = Key();
  const auto verifies = [&](std::string_view verb, std::string_view type, std::string_view link,
                            std::string_view date, std::string_view token = kDocumentedToken) {
    return key.Verifies(token, verb, type, link, date);
  };
  EXPECT_FALSE(verifies("PUT", "dbs", "dbs/ToDoList", kDocumentedDate));
  EXPECT_FALSE(verifies("GET", "colls", "dbs/ToDoList", kDocumentedDate));
  EXPECT_FALSE(verifies("GET", "dbs", "dbs/todolist", kDocumentedDate));
  EXPECT_FALSE(verifies("GET", "dbs", "dbs/ToDoList", "Thu, 27 Apr 2017 00:51:13 GMT"));
  EXPECT_FALSE(verifies("GET", "dbs", "dbs/ToDoList", kDocumentedDate, ""));
  EXPECT_FALSE(verifies("GET", "dbs", "dbs/ToDoList", kDocumentedDate, "type%3Daad"));
  EXPECT_FALSE(Key(kWellKnownEmulatorKey)
                   .Verifies(kDocumentedToken, "GET", "dbs", "dbs/ToDoList", kDocumentedDate));
}

// A key longer than a block of SHA-256 is hashed first (RFC 2104); the published ones are exactly
// one.
TEST(MasterKey, TellsALongKeyFromItsBeginning) {
  const std::string a(88, 'A');
  const std::string b = std::string(92, 'A');
  EXPECT_NE(Key(a).Token("GET", "dbs", "", kDocumentedDate),
            Key(b).Token("GET", "dbs", "", kDocumentedDate));
}

TEST(MasterKey, RefusesAKeyThatIsNotBase64WithoutRepeatingIt) {
  const auto key = MasterKey::FromBase64("sec*ret");
  EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(key.status().message()).find("sec*ret"), std::string::npos);
  EXPECT_FALSE(MasterKey::FromBase64("").ok());
}

TEST(TokenCache, MakesAndVerifiesWhatTheKeyDoes) {
  const MasterKey key = Key();
  const MasterKey other = MasterKey::FromBase64("b3RoZXI=").value();
  TokenCache cache;
  // Of the same lengths, so that they push each other out.
  for (int round = 0; round < 3; ++round) {
    for (const char* verb : {"GET", "PUT"}) {
      for (const char* link : {"dbs/a", "dbs/b", "dbs/A"}) {
        for (const char* date :
             {"thu, 27 apr 2017 00:51:12 gmt", "thu, 27 apr 2017 00:51:13 gmt"}) {
          for (const MasterKey* each : {&key, &other}) {
            const std::string token = each->Token(verb, "dbs", link, date);
            EXPECT_EQ(cache.Token(*each, verb, "dbs", link, date), token);
            EXPECT_EQ(cache.Token(*each, verb, "dbs", link, date), token);
            EXPECT_TRUE(cache.Verifies(*each, token, verb, "dbs", link, date));
            EXPECT_TRUE(cache.Verifies(*each, *PercentDecode(token), verb, "dbs", link, date));
            EXPECT_FALSE(
                cache.Verifies(each == &key ? other : key, token, verb, "dbs", link, date));
            EXPECT_FALSE(cache.Verifies(*each, token, verb, "dbs", "dbs/c", date));
            EXPECT_FALSE(cache.Verifies(*each, token + "x", verb, "dbs", link, date));
            EXPECT_FALSE(cache.Verifies(*each, "", verb, "dbs", link, date));
          }
        }
      }
    }
  }
}

TEST(HttpDate, IsWrittenAndReadBack) {
  EXPECT_EQ(HttpDate(1493254272), kDocumentedDate);
  EXPECT_EQ(ParseHttpDate(kDocumentedDate), 1493254272);
  EXPECT_EQ(ParseHttpDate("thu, 27 apr 2017 00:51:12 gmt"), 1493254272);
  EXPECT_FALSE(ParseHttpDate("Thu, 27 Apr 2017 00:51:12 PDT").has_value());
  EXPECT_FALSE(ParseHttpDate("").has_value());
}

TEST(PercentDecode, DecodesUtf8AndRefusesBrokenEscapes) {
  EXPECT_EQ(PercentDecode("docs/%C3%A9%201+2"), "docs/é 1+2");
  EXPECT_FALSE(PercentDecode("%4").has_value());
  EXPECT_FALSE(PercentDecode("%zz").has_value());
}

}  // namespace
}  // namespace weir::cosmos
