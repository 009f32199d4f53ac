#include "contents.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace segue {
namespace {

constexpr size_t kPiece = size_t{64} * 1024;
constexpr unsigned kNoExecution = 0666;

// Modes of people's machines differ by their umask; what git keeps is whether a file is executable.
ContentModes modes_of(const UploadConfig& upload) {
  if (!upload.mode) return {};
  if (!upload.directory) return {*upload.mode, *upload.mode, *upload.mode};
  return {*upload.mode, *upload.mode & kNoExecution, *upload.mode};
}

bool takes_part(const Project& project, const ServiceConfig& service) {
  const auto& services = project.services;
  const bool named = services.empty() ||
                     std::find(services.begin(), services.end(), service.name) != services.end();
  return named && std::any_of(service.hosts.begin(), service.hosts.end(), [&](const auto& host) {
           return std::find(project.hosts.begin(), project.hosts.end(), host) !=
                  project.hosts.end();
         });
}

struct Hashed {
  std::string content;
  unsigned long long size = 0;
};

class Finder {
 public:
  explicit Finder(Project& project) : project_(project) {}

  Result<> find(UploadConfig& upload) {
    const Key key{upload.local, upload.directory, upload.mode};
    auto known = known_.find(key);
    if (known == known_.end()) {
      TRY_ASSIGN(Hashed hashed, hash(upload));
      known = known_.emplace(key, std::move(hashed)).first;
    }
    upload.content = known->second.content;
    upload.size = known->second.size;
    return {};
  }

 private:
  using Key = std::tuple<std::string, bool, std::optional<unsigned>>;

  Result<Hashed> hash(const UploadConfig& upload) {
    TRY_ASSIGN(const ProjectFolder folder, ProjectFolder::open(project_.folder));
    TRY_ASSIGN(auto entries, folder.entries(upload.local));
    if (entries.front().is_folder != upload.directory)
      return fail(
          Code::usage,
          fmt::format("{} is a {}", visible(upload.local), upload.directory ? "file" : "folder"),
          fmt::format("it belongs under `{}`", upload.directory ? "files" : "directories"));
    LocalContent local{folder, upload.local, std::move(entries), modes_of(upload), 0};
    ContentStream stream = local.stream();
    Sha256 sum;
    Hashed hashed;
    for (std::string piece = stream.next(kPiece); !piece.empty(); piece = stream.next(kPiece)) {
      sum.update(piece);
      hashed.size += piece.size();
    }
    if (const auto& problem = stream.problem()) return tl::unexpected(*problem);
    hashed.content = sum.hex();
    local.size = hashed.size;
    debug_log("{}: {} files and folders, {} bytes, {}", upload.local, local.entries.size(),
              hashed.size, hashed.content);
    project_.contents.emplace(hashed.content, std::move(local));
    return hashed;
  }

  Project& project_;
  std::map<Key, Hashed> known_;
};

}  // namespace

Result<> find_contents(App& app, Project& project) {
  Finder finder(project);
  std::vector<Error> wrong;
  for (ServiceConfig& service : project.config.services) {
    if (!takes_part(project, service)) continue;
    for (UploadConfig& upload : service.uploads) {
      auto found = finder.find(upload);
      if (found) continue;
      Error& error = found.error();
      error.what = fmt::format("`{}` of {}: {}", upload.section(), service.name, error.what);
      error.at = upload.at;
      wrong.push_back(std::move(error));
    }
  }
  app.reporter.diagnostics(wrong, project.texts, "error");
  if (!wrong.empty()) return fail(Code::usage, "");
  return {};
}

}  // namespace segue
