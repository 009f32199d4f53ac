// How a gate is told to people. What it does on a host is tried by tests/torture and tests/e2e.
#include "segue/proxy/gate.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;

TEST_CASE("a gate says in words what it waits for") {
  Gate gate;
  gate.probe = HttpProbe{{}, "/health", "localhost", {}};
  CHECK(describe(gate) == "GET /health answers 2xx within 1m");
  gate.probe = HttpProbe{{}, "/health", "localhost", {200, 301}};
  CHECK(describe(gate) == "GET /health answers 200 301 within 1m");
  gate.probe = CommandProbe{{"sh", "-c", "test -f /ready"}};
  CHECK(contains(describe(gate), "test -f /ready"));
  gate.probe = StaysUp{Duration(5'000)};
  CHECK(describe(gate) == "runs for 5s without a restart");
}
