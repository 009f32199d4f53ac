// Where segue keeps its state on a host. Paths only; what is in them say lock.hpp and record.hpp.
//   <root>/projects/<project>/lock/<generation>             one lock for all environments
//   <root>/projects/<project>/<environment or _>/journal
//                                               /run/<release>.<number>
//                                               /releases/<release>.json
//                                               /let-go.json                   (images.hpp)
//                                               /live/<service>
//                                               /files/<content>/content       (contents.hpp)
//                                               /kept/<service>/<path in the container>/content
//   <root>/proxy/caddy.json, routes/, slots/<identity>.<service>/green
//   <root>/proxy/running                                    what an upgrade has put into the proxy
#pragma once
#include "segue/model/identity.hpp"

#include <string>

namespace segue {

inline constexpr const char* kDefaultStateRoot = "/var/lib/segue";

struct Layout {
  std::string root;
  Identity identity;

  std::string project_folder() const { return root + "/projects/" + identity.project; }
  std::string lock_folder() const { return project_folder() + "/lock"; }
  std::string folder() const {
    return project_folder() + "/" + (identity.environment.empty() ? "_" : identity.environment);
  }
  std::string journal() const { return folder() + "/journal"; }
  std::string spool(const std::string& run) const { return folder() + "/run/" + run; }
  std::string record(const std::string& release) const {
    return folder() + "/releases/" + release + ".json";
  }
  std::string live_file(const std::string& service) const { return folder() + "/live/" + service; }
  std::string files_folder() const { return folder() + "/files"; }
  std::string content(const std::string& name) const { return files_folder() + "/" + name; }
  std::string kept(const std::string& name) const { return folder() + "/kept/" + name; }
  std::string proxy_folder() const { return root + "/proxy"; }
  std::string slot_folder(const std::string& service) const {
    return proxy_folder() + "/slots/" + identity.key() + "." + service;
  }
};

}  // namespace segue
