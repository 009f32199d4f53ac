#include "segue/config/schema_reference.hpp"

#include "schema.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr std::string_view kHead = R"(# deploy.yml

Made from the table in `src/config/schema_project.cpp` and `src/config/schema_service.cpp`, which
also checks the file: `segue config validate` prints every problem at once, with its place and what
to write instead. `SEGUE_UPDATE_GOLDEN=1` with the test program of `config` writes this page anew.

```yaml
project: shop
servers:
  web-1: {host: 203.0.113.7, user: deploy}
services:
  web:
    image: ghcr.io/acme/shop:${VERSION}
    hosts: [web-1]
    environment:
      clear: {RAILS_ENV: production}
      secrets: [DATABASE_PASSWORD]
    proxy:
      app_port: 3000
      host: shop.example.com
      healthcheck: {path: /up}
```

* The file is found by `-c`, else `deploy.yml`, `.segue/deploy.yml`, `config/deploy.yml`,
  `.jiji/deploy.yml` in this folder or the nearest above it; `-e NAME` takes `deploy.NAME.yml`, which
  stands alone unless it says `extends: deploy.yml`: then its maps merge into those of that file, its
  lists and values replace them. Messages name the file that a value came from.
* Unknown keys are errors; keys that begin with `x-` are free at the top level and in every section.
  Anchors, aliases and merge keys (`<<`) work. A key that stands twice is an error.
* Lengths of time are `500ms`, `10s`, `5m`, `1h30m`, or a whole number of seconds. Numbers are
  decimal, `true` and `false` are the only truth values; values of environment variables keep their
  text.
* `${NAME}` in any text is replaced, once, by a clear value of `environment`: a service's own, else
  the shared one; in an `image`, `${VERSION}` stands for what `--version` names. `$$` is a dollar, a
  name that nothing defines an error at its line.
* A name that `environment` lists as a secret, or that `.env` has, is a secret and makes the whole text
  one. Values of `environment.clear` may be such texts: the variable is then handled as a secret.
  Elsewhere it would be seen in plans, records and command lines, so it is an error.
* Project, services and environments have lower-case names with single `-` or `_` in between; a
  container is called `<project>[-<environment>]-<service>`, further replicas `-2`, `-3`.
* A fixed host port stands for one container: not with `replicas`, and next to `proxy` only with
  `stop_first: true`. The proxy's own ports are taken on every host with a route.
* `segue config show` prints what takes effect, defaults included, and for each value the file and line
  that said so; secrets stand there by name. It is a deploy.yml itself. `segue config schema` prints a
  JSON Schema for editors: `segue config schema >deploy.schema.json`, then
  `# yaml-language-server: $schema=deploy.schema.json` as the first line of deploy.yml.
* Secrets are named here; their values come from `.env` (with `-e NAME`: `.env.NAME` instead, where
  that file exists) or from a password store: [secrets.md](secrets.md).

)";

std::string type_of(const SchemaKey& key) {
  if (key.shape == Shape::choice) return "`" + join(key.choices, "`, `") + "`";
  std::string type(shape_name(key.shape));
  if (key.most > 0) type += fmt::format(", {} to {}", key.least, key.most);
  return type;
}

std::string default_of(const SchemaKey& key) {
  if (key.required)
    return key.unless.empty() ? "required" : fmt::format("required, or `{}`", key.unless);
  const bool literal =
      !key.fallback.empty() && !contains(key.fallback, "`") && !contains(key.fallback, " ");
  return literal ? fmt::format("`{}`", key.fallback) : key.fallback;
}

std::string shown_path(const SchemaKey& key) {
  return replace_all(key.path, "*", "<name>");
}

}  // namespace

std::string schema_reference_markdown() {
  std::string page(kHead);
  page += "## Keys that work\n\n| key | takes | default | |\n|---|---|---|---|\n";
  for (const SchemaKey& key : schema())
    if (key.status == KeyStatus::works)
      page += fmt::format("| `{}` | {} | {} | {} |\n", shown_path(key), type_of(key),
                          default_of(key), key.doc);
  page +=
      "\n## Keys that do not work yet\n\nEach is an error that says so.\n\n| key | |\n|---|---|\n";
  for (const SchemaKey& key : schema())
    if (key.status == KeyStatus::not_yet)
      page += fmt::format("| `{}` | {} |\n", shown_path(key), key.doc);
  page +=
      "\n## Keys without effect\n\nAccepted with a note, so that files written for Jiji load.\n\n";
  for (const SchemaKey& key : schema())
    if (key.status == KeyStatus::no_effect) page += fmt::format("* `{}`\n", shown_path(key));
  return page;
}

}  // namespace segue
