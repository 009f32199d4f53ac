#include "segue/plan/service_contents.hpp"

#include "segue/host/contents.hpp"
#include "segue/plan/deploy_planner.hpp"

#include <algorithm>
#include <set>

namespace segue {
namespace {

bool is_on(const ServiceConfig& service, const std::string& host) {
  return std::find(service.hosts.begin(), service.hosts.end(), host) != service.hosts.end();
}

}  // namespace

std::vector<NeededContent> needed_contents(const ServiceConfig& service, const HostFacts& facts) {
  const auto image = facts.images.find(service.image);
  const std::string image_id = image == facts.images.end() ? "" : image->second.id;
  std::vector<NeededContent> needed;
  for (const UploadConfig& upload : service.uploads) {
    NeededContent need{&upload, image_id, {}, false, facts.contents.contains(upload.content)};
    need.name = upload.keeps ? kept_name(service.name, upload.target)
                             : content_name(upload.content, upload.owner, image_id);
    need.is_there = (upload.keeps ? facts.kept : facts.contents).contains(need.name);
    needed.push_back(std::move(need));
  }
  return needed;
}

unsigned long long missing_kib(const std::vector<const ServiceConfig*>& services,
                               const HostFacts& facts) {
  constexpr unsigned long long kKib = 1024;
  std::set<std::string> sent;
  unsigned long long bytes = 0;
  for (const ServiceConfig* service : services) {
    for (const NeededContent& need : needed_contents(*service, facts)) {
      if (need.is_there) continue;
      const UploadConfig& upload = *need.upload;
      if (!need.has_archive && sent.insert(upload.content).second) bytes += 2 * upload.size;
      if (upload.keeps || !upload.owner.empty()) bytes += upload.size;
    }
  }
  return bytes / kKib;
}

std::vector<std::string> contents_on_host(const Config& config, const std::string& host) {
  std::set<std::string> contents;
  for (const ServiceConfig& service : config.services) {
    if (!is_on(service, host)) continue;
    for (const UploadConfig& upload : service.uploads)
      if (!upload.content.empty()) contents.insert(upload.content);
  }
  return {contents.begin(), contents.end()};
}

std::vector<std::string> kept_on_host(const Config& config, const std::string& host) {
  std::vector<std::string> kept;
  for (const ServiceConfig& service : config.services) {
    if (!is_on(service, host)) continue;
    for (const UploadConfig& upload : service.uploads)
      if (upload.keeps) kept.push_back(kept_name(service.name, upload.target));
  }
  return kept;
}

}  // namespace segue
