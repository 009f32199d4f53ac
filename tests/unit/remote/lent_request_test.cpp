// What a host may ask of a registry that is lent to it.
#include "../../../src/remote/lent_request.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

RegistryLoan loan() {
  return {31270, {"shop-web@" + kDigest}, Secret("c2VndWU6b3Blbg=="), nullptr};
}

std::string head(const std::string& line, const std::string& more = {}) {
  return line + " HTTP/1.1\r\nHost: 127.0.0.1:40001\r\nAuthorization: Basic c2VndWU6b3Blbg==\r\n" +
         more + "\r\n";
}

// "403 Forbidden", or what the registry is asked.
std::string outcome(const std::string& head) {
  const LentRequest request = read_lent_request(head, loan());
  if (!request.to_registry.empty()) return split_lines(request.to_registry).front();
  return std::string(trim(split_lines(request.answer).front().substr(9)));
}

}  // namespace

TEST_CASE("what the loan names is read by its digest") {
  CHECK(outcome(head("GET /v2/")) == "200 OK");
  CHECK(outcome(head("GET /v2/shop-web/manifests/" + kDigest)) ==
        "GET /v2/shop-web/manifests/" + kDigest + " HTTP/1.1\r");
  CHECK(outcome(head("HEAD /v2/shop-web/manifests/" + lent_tag(kDigest))) ==
        "HEAD /v2/shop-web/manifests/" + kDigest + " HTTP/1.1\r");
  CHECK(outcome(head("GET /v2/shop-web/blobs/" + kOther)) ==
        "GET /v2/shop-web/blobs/" + kOther + " HTTP/1.1\r");
}

TEST_CASE("nothing else of the registry is read") {
  for (const std::string path :
       {"/v2/shop-web/manifests/v1", "/v2/shop-web/tags/list", "/v2/_catalog", "/metrics", "/",
        "/v2/shop-web/blobs/uploads/", "/v2/shop-web/blobs/../../_catalog"})
    CHECK(outcome(head("GET " + path)) == "403 Forbidden");
  CHECK(outcome(head("GET /v2/shop-web/manifests/" + kOther)) == "403 Forbidden");
  CHECK(outcome(head("GET /v2/shop-api/manifests/" + kDigest)) == "403 Forbidden");
  CHECK(outcome(head("GET /v2/shop-api/blobs/" + kDigest)) == "403 Forbidden");
  CHECK(outcome(head("GET /v2/shop-web/blobs/" + kOther + "?from=x")) == "403 Forbidden");
}

TEST_CASE("nothing is written") {
  for (const std::string method : {"PUT", "POST", "PATCH", "DELETE", "OPTIONS"})
    CHECK(outcome(head(method + " /v2/shop-web/manifests/" + kDigest)) == "405 Method Not Allowed");
}

TEST_CASE("only who shows the password of this run is answered") {
  const std::string path = "GET /v2/shop-web/manifests/" + kDigest + " HTTP/1.1\r\n";
  CHECK(outcome(path + "\r\n") == "401 Unauthorized");
  CHECK(outcome(path + "Authorization: Basic c2VndWU6c2hvdA==\r\n\r\n") == "401 Unauthorized");
  CHECK(outcome(path + "Authorization: Basic \r\n\r\n") == "401 Unauthorized");
  CHECK(outcome(path + "authorization: BASIC c2VndWU6b3Blbg==\r\n\r\n").starts_with("GET "));
  CHECK(contains(read_lent_request(path + "\r\n", loan()).answer, "WWW-Authenticate: Basic"));
}

TEST_CASE("the registry is asked anew, with nothing but what it needs") {
  const std::string asked =
      read_lent_request(head("GET /v2/shop-web/manifests/" + kDigest,
                             "Accept: application/a\r\nAccept: application/b\r\nRange: bytes=5-\r\n"
                             "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n"),
                        loan())
          .to_registry;
  CHECK(asked == "GET /v2/shop-web/manifests/" + kDigest +
                     " HTTP/1.1\r\nHost: 127.0.0.1:31270\r\nConnection: close\r\n"
                     "accept: application/a\r\naccept: application/b\r\nrange: bytes=5-\r\n\r\n");
}

TEST_CASE("without a registry the loan answers itself, by digest") {
  RegistryLoan own = loan();
  own.contents = [](const std::string& digest) -> std::optional<LentContent> {
    if (digest != kDigest) return std::nullopt;
    return LentContent{"a/manifest", 3, [](size_t) { return std::string("abc"); }};
  };
  const auto got = read_lent_request(head("GET /v2/shop-web/manifests/" + lent_tag(kDigest)), own);
  CHECK(got.to_registry.empty());
  CHECK(got.answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(contains(got.answer, "\r\nContent-Type: a/manifest\r\nContent-Length: 3\r\n"));
  CHECK(contains(got.answer, "\r\nDocker-Content-Digest: " + kDigest + "\r\n"));
  REQUIRE(got.data);
  CHECK(got.data(3) == "abc");

  const auto asked = read_lent_request(head("HEAD /v2/shop-web/blobs/" + kDigest), own);
  CHECK(contains(asked.answer, "Content-Length: 3\r\n"));
  CHECK_FALSE(asked.data);

  const auto missing = read_lent_request(head("GET /v2/shop-web/blobs/" + kOther), own);
  CHECK(missing.answer.starts_with("HTTP/1.1 404"));
  CHECK(missing.to_registry.empty());
  for (const std::string path : {"/v2/shop-api/blobs/" + kDigest, std::string("/v2/_catalog")})
    CHECK(read_lent_request(head("GET " + path), own).answer.starts_with("HTTP/1.1 403"));
}

TEST_CASE("what is no HTTP is refused at once") {
  CHECK_FALSE(is_http("\x16\x03\x01"));
  CHECK(is_http("G"));
  CHECK(outcome("GET\r\n\r\n") == "400 Bad Request");
  CHECK(outcome("GET /v2/ HTTP/2\r\n\r\n") == "400 Bad Request");
  CHECK(outcome(head("GET /v2/", "Accept: a\rb: c\r\n")) == "400 Bad Request");
  CHECK(outcome(head("GET /v2/", "no header\r\n")) == "400 Bad Request");
}
