// Every key of deploy.yml in one table: where it stands, what it takes, its default, one line about
// it, and whether it works. Checking, suggestions and docs/configuration.md are made from it.
//   {"services.*.replicas", Shape::number, "1", "how many containers on each host", ...}
// `*` stands for a name that the user chose.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace segue {

enum class Shape {
  text,
  number,  // whole, decimal, within least..most
  flag,    // true or false
  duration,
  choice,         // one of choices
  text_list,      // [a, b]
  text_or_list,   // a, or [a, b]
  numbers,        // 200, or [200, 204]
  raw_list,       // of texts, or of maps whose keys are not ours
  uploads,        // [a:b, {local: a, remote: b}]; the keys of the second form are below `path[]`
  text_map,       // NAME: value, names free
  flag_or_texts,  // true, false, text, or a list of texts
  flag_or_map,    // true, false, or keys of its own
  text_or_map,    // text, or keys of its own
  limits,         // NAME: number, or NAME: {soft, hard}
  sections,       // a list, of which each has the keys of `path[].*`
  section,        // keys of its own
  named_sections  // names chosen by the user, below each the keys of `path.*`
};

enum class KeyStatus { works, not_yet, no_effect };

struct SchemaKey {
  std::string path;
  Shape shape = Shape::text;
  std::string fallback;  // as the documentation shows it; empty: none
  std::string doc;
  KeyStatus status = KeyStatus::works;
  bool required = false;
  std::vector<std::string> choices = {};
  long long least = 0;
  long long most = 0;
  std::string unless = {};  // required only where this key beside it is missing

  std::string_view name() const;    // the last part of the path
  std::string_view parent() const;  // the path without it
};

const std::vector<SchemaKey>& schema();

// The keys that may stand in the section with this path ("" is the top level).
std::vector<const SchemaKey*> schema_children(std::string_view parent);

// The two parts of the table, in the order of the documentation.
std::vector<SchemaKey> project_schema();
std::vector<SchemaKey> service_schema();

// The same keys stand in `rollout` and in that of a service.
void add_rollout(std::vector<SchemaKey>& rows, const std::string& path, std::string doc);

std::string_view shape_name(Shape shape);  // "a whole number"

}  // namespace segue
