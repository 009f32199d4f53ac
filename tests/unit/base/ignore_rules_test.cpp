#include "segue/base/ignore_rules.hpp"

#include "support/catch.hpp"

using namespace segue;

TEST_CASE("what a .dockerignore names stays here, with all that is in it") {
  const IgnoreRules rules("# comment\n\n.git\n/node_modules/\n./tmp\n*.log\n**/cache\nweb/?.map\n");
  for (const char* path : {".git", ".git/config", "node_modules/left-pad/index.js", "tmp/a",
                           "a.log", "cache/x", "web/deep/cache", "web/a.map"}) {
    CAPTURE(path);
    CHECK(rules.ignores(path));
  }
  for (const char* path : {"web", "web/a.log", "web/node_modules", "web/ab.map", "gitconfig"}) {
    CAPTURE(path);
    CHECK_FALSE(rules.ignores(path));
  }
}

TEST_CASE("of several rules the last one decides") {
  const IgnoreRules rules("docs\n!docs/README.md\ndocs/README.md.bak\n");
  CHECK(rules.has_exceptions());
  CHECK(rules.ignores("docs/notes.md"));
  CHECK_FALSE(rules.ignores("docs/README.md"));
  const IgnoreRules all("*\n!app\n");
  CHECK(all.ignores("secret.env"));
  CHECK_FALSE(all.ignores("app/main.js"));
}

TEST_CASE("a rule that is not understood leaves nothing out") {
  CHECK_FALSE(IgnoreRules("**.pyc\n").ignores("deep/a.pyc"));
  CHECK_FALSE(IgnoreRules("[ab]\n").ignores("[ab]"));
  const IgnoreRules exception("*\n!a**b\n");
  CHECK_FALSE(exception.ignores("a/x/b"));
  CHECK_FALSE(IgnoreRules("..\n.\n/\n").ignores("a"));
}

TEST_CASE("a file that the builder itself reads stays, and no folder is looked into for that") {
  IgnoreRules rules("*\n");
  rules.keep("Dockerfile");
  CHECK_FALSE(rules.ignores("Dockerfile"));
  CHECK(rules.ignores("web/main.js"));
  CHECK_FALSE(rules.has_exceptions());
}
