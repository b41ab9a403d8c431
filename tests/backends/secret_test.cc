// A secret cannot be printed by mistake: what would print it does not compile.
#include "backends/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <concepts>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

template <typename T>
concept Streams = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept GoesIntoStrCat = std::constructible_from<absl::AlphaNum, const T&>;
template <typename T>
concept HasAbslStringify = requires(std::string* sink, const T& value) {
  AbslStringify(*sink, value);
};

static_assert(Streams<std::string> &&
              GoesIntoStrCat<std::string>);  // the questions can be answered
static_assert(!Streams<SecretText>);
static_assert(!GoesIntoStrCat<SecretText>);
static_assert(!HasAbslStringify<SecretText>);
static_assert(!fmt::is_formattable<SecretText>::value);
static_assert(!std::is_convertible_v<SecretText, std::string>);
static_assert(!std::is_convertible_v<SecretText, std::string_view>);
static_assert(!std::is_convertible_v<SecretText, const char*>);
static_assert(!std::is_convertible_v<std::string, SecretText>);

TEST(SecretText, IsReadFromTheEnvironmentOrAFileAndShownOnlyOnDemand) {
  v1::Secret secret;
  EXPECT_TRUE(ReadSecret(secret, "x")->empty());
  setenv("SECRET_TEST", "hush", 1);
  secret.set_env("SECRET_TEST");
  EXPECT_EQ(ReadSecret(secret, "x")->Reveal(), "hush");
  const std::string path = testing::TempDir() + "/secret_test";
  std::ofstream(path) << "from a file\n";
  secret.set_file(path);
  EXPECT_EQ(ReadSecret(secret, "x")->Reveal(), "from a file");
}

TEST(SecretText, ThatCannotBeReadIsNamedByItsReferenceAlone) {
  v1::Secret secret;
  secret.set_env("SECRET_TEST_NOT_SET");
  EXPECT_EQ(ReadSecret(secret, "targets.pg.password").status().message(),
            "targets.pg.password: the environment variable SECRET_TEST_NOT_SET is not set");
}

}  // namespace
}  // namespace weir
