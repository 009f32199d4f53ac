#include "segue/remote/ssh_command.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {
Endpoint web() {
  Endpoint endpoint;
  endpoint.name = "web-1";
  endpoint.address = "web";
  return endpoint;
}
}  // namespace

TEST_CASE("The system's ssh is given what the endpoint says, and nothing else") {
  CHECK(ssh_options(web()).empty());
  Endpoint endpoint = web();
  endpoint.user = "deploy";
  endpoint.port = 2222;
  endpoint.keys = {"/keys/one", "/keys/two"};
  endpoint.keys_only = true;
  endpoint.ssh_config_file = "/etc/our_config";
  endpoint.proxy = "bastion:22,inner";
  CHECK(join(ssh_options(endpoint), " ") ==
        "-F /etc/our_config -p 2222 -l deploy -i /keys/one -i /keys/two -o IdentitiesOnly=yes -J "
        "bastion:22,inner");
  Endpoint bare = web();
  bare.read_ssh_config = false;
  bare.proxy_command = "nc %h %p";
  CHECK(join(ssh_options(bare), " ") == "-F none -o ProxyCommand=nc %h %p");
}

TEST_CASE("A login at a terminal names the host behind a double dash") {
  CHECK(join(ssh_login_command(web(), "", true), " ") == "ssh -t -- web");
  CHECK(join(ssh_login_command(web(), "echo 'a b'", false), " ") ==
        "ssh -- web exec /bin/sh -c 'echo '\\''a b'\\'''");
}
