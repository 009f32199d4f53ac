#include "support/catch.hpp"

#include "segue/model/identity.hpp"
#include "segue/model/release_id.hpp"

using namespace segue;

TEST_CASE("Names say whose a container is, and no two identities share one") {
  const Identity plain{"shop", ""};
  const Identity production{"shop", "production"};
  CHECK(plain.key() == "shop");
  CHECK(production.key() == "shop.production");
  CHECK(plain.container_name("web", 1) == "shop-web");
  CHECK(plain.container_name("web", 2) == "shop-web-2");
  CHECK(production.container_name("web", 1) == "shop-production-web");
  CHECK(production.network() == "segue-shop.production");
  CHECK(retired_name("shop-web", "42-v1-9f3a") == "shop-web_old_42-v1-9f3a");
  CHECK(address_hash(plain, "web").size() == 12);
  CHECK(address_hash(plain, "web") != address_hash(production, "web"));
  CHECK(address_hash(plain, "web") != address_hash(plain, "api"));
}

TEST_CASE("A release id is read back as it was made, whatever the version looks like") {
  for (const char* version : {"v1.2.3", "1-rc-2", "", "a/b c", "99-x-abcd"}) {
    const ReleaseId id = make_release_id(42, version, "9f3a");
    INFO(id.text());
    const auto parsed = parse_release_id(id.text());
    REQUIRE(parsed.has_value());
    CHECK(*parsed == id);
  }
  CHECK(make_release_id(1, "a/b c", "0000").version == "a_b_c");
  CHECK(make_release_id(1, "", "0000").version == "untagged");
  CHECK(make_release_id(1, std::string(500, 'x'), "0000").version.size() == 64);
  for (const char* text : {"", "42", "42-v1", "x-v1-9f3a", "42-v1-9f3", "0-v1-9f3a", "-1-v1-9f3a"})
    CHECK_FALSE(parse_release_id(text).has_value());
}
