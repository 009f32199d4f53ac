#include "segue/config/load.hpp"

#include "cross_check.hpp"
#include "extends.hpp"
#include "interpolate.hpp"
#include "problems.hpp"
#include "read_config.hpp"
#include "schema_check.hpp"

namespace segue {

LoadedConfig load_config(const LoadRequest& request) {
  ExtendedDocument document = read_extended(request);
  Problems problems;
  for (const Error& error : document.errors)
    problems.add(error.at.value_or(SourceSpan{request.file}), error.what, error.hint);
  LoadedConfig loaded;
  if (document.root) {
    const YamlNodePointer root = interpolate(document.root, request, problems);
    check_schema(*root, problems);
    Config config = read_config(*root, request, problems);
    cross_check(config, problems);
    if (problems.none()) {
      loaded.config = std::move(config);
      loaded.document = root;
    }
  }
  loaded.errors = problems.take_errors();
  loaded.notes = problems.take_notes();
  loaded.texts = std::move(document.texts);
  return loaded;
}

}  // namespace segue
