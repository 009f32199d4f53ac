// A certificate that can't be served is told apart from one that can, and by what.
#include "segue/base/certificate.hpp"

#include "support/catch.hpp"
#include "support/test_certificate.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

constexpr long long kFrom = 1'700'000'000;
constexpr long long kNow = 1'750'000'000;
constexpr long long kUntil = 1'800'000'000;
const std::vector<std::string> kNames{"shop.example.com", "*.example.org"};

// What is wrong with it, or empty.
std::string verdict(const std::string& certificate, const std::string& key,
                    const std::vector<std::string>& names = {"shop.example.com"},
                    long long now = kNow) {
  const auto checked = check_certificate(Secret(certificate), Secret(key), names, now);
  if (checked) return {};
  CHECK(checked.error().code == Code::usage);
  CHECK_FALSE(checked.error().hint.empty());
  return checked.error().what;
}

}  // namespace

TEST_CASE("a certificate says to whom, by whom and how long") {
  const auto read = read_certificate(make_certificate(kNames, kFrom, kUntil).certificate);
  REQUIRE(read);
  CHECK(read->names == kNames);
  CHECK(read->issuer == "Test Authority");
  CHECK(read->not_before == kFrom);
  CHECK(read->not_after == kUntil);
  CHECK_FALSE(read_certificate("no certificate"));
}

TEST_CASE("a pair that belongs together can be served, with the rest of its chain behind it") {
  const auto own = make_certificate(kNames, kFrom, kUntil);
  const auto between = make_certificate({"ca.example.com"}, kFrom, kUntil);
  CHECK(verdict(own.certificate, own.key).empty());
  CHECK(verdict(own.certificate + between.certificate, own.key,
                {"shop.example.com", "any.example.org"})
            .empty());
  CHECK(verdict(between.certificate + own.certificate, own.key) ==
        "the key does not belong to the certificate");
}

TEST_CASE("what can't be served is said before anything runs") {
  const auto own = make_certificate(kNames, kFrom, kUntil);
  const auto other = make_certificate(kNames, kFrom, kUntil);
  CHECK(verdict("garbage", own.key) == "there is no certificate in it");
  CHECK(verdict(own.certificate.substr(0, 100), own.key) == "there is no certificate in it");
  CHECK(verdict(own.certificate, "garbage") == "the key is no private key");
  CHECK(verdict(own.certificate, own.certificate) == "the key is no private key");
  CHECK(verdict(own.certificate, other.key) == "the key does not belong to the certificate");
  CHECK(verdict(own.certificate, own.key, {"shop.example.com"}, kUntil + 1) ==
        "the certificate has expired on 2027-01-15");
  CHECK(verdict(own.certificate, own.key, {"shop.example.com"}, kFrom - 1) ==
        "the certificate is valid from 2023-11-14 on only");
  CHECK(
      verdict(own.certificate, own.key, {"shop.example.com", "www.example.com"}) ==
      "the certificate is not made out to www.example.com, but to shop.example.com, *.example.org");
}
