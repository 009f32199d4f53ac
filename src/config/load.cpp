#include "segue/config/load.hpp"

#include "cross_check.hpp"
#include "problems.hpp"
#include "read_config.hpp"
#include "schema_check.hpp"
#include "yaml_reader.hpp"

namespace segue {

LoadedConfig load_config(const LoadRequest& request) {
  const YamlDocument document = read_yaml(request.file, request.text);
  Problems problems;
  for (const Error& error : document.errors)
    problems.add(error.at.value_or(SourceSpan{request.file}), error.what, error.hint);
  LoadedConfig loaded;
  if (document.root) {
    check_schema(*document.root, problems);
    Config config = read_config(*document.root, request, problems);
    cross_check(config, problems);
    if (problems.none()) loaded.config = std::move(config);
  }
  loaded.errors = problems.take_errors();
  loaded.notes = problems.take_notes();
  return loaded;
}

}  // namespace segue
