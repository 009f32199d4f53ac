// One element of `files` or `directories` of a service: what of the project is put where in its
// containers. Plain data; the content is known to who opens the project, and to a release's record.
//   ./secrets.env:/app/.env:600    ->  local "secrets.env", target "/app/.env", mode 0600
#pragma once
#include "segue/base/source_span.hpp"

#include <optional>
#include <string>

namespace segue {

struct UploadConfig {
  std::string local;             // path in the project's folder, without ./ and last slash
  std::string target;            // absolute path in the container
  std::optional<unsigned> mode;  // of the file; of a directory: of it and all folders in it
  std::string owner;             // "nginx:nginx", "101"; empty: nobody in particular
  std::string relabel;           // "z" or "Z": for SELinux; empty: segue decides
  bool directory = false;
  // The application writes into it: one folder per service and host, filled once, never again.
  bool keeps = false;
  SourceSpan at;
  std::string content{};        // SHA-256 of the archive that is sent; empty: not known
  unsigned long long size = 0;  // bytes of that

  // The key in deploy.yml.
  const char* section() const { return directory ? "directories" : "files"; }
};

}  // namespace segue
