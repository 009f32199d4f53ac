#include "image_push.hpp"

#include "local_registry.hpp"

namespace segue {
namespace {

struct Named {
  std::string service;
  std::string image;
  BuiltImage* built = nullptr;
};

std::vector<Named> named(const std::vector<ServiceConfig*>& services) {
  std::vector<Named> all;
  for (ServiceConfig* service : services) {
    if (!service->build) continue;
    auto& images = service->build->images;
    for (auto& [architecture, image] : images) {
      const std::string more = images.size() > 1 ? "-" + architecture : "";
      all.push_back({service->name + more, service->image + more, &image});
    }
  }
  return all;
}

// Who pulls an image of two architectures by its name and tag gets his own.
Result<> push_lists(BuildMachine& machine, const std::vector<ServiceConfig*>& services) {
  for (const ServiceConfig* service : services) {
    const BuildConfig* build = service->build ? &*service->build : nullptr;
    if (build == nullptr || build->images.size() < 2) continue;
    std::vector<std::string> parts;
    for (const auto& [architecture, image] : build->images) parts.push_back(build->pinned(image));
    TRY(machine.push_list(service->image, std::move(parts)));
  }
  return {};
}

}  // namespace

Result<> push_images(App& app, const Project& project, BuildMachine& machine,
                     const std::vector<ServiceConfig*>& services) {
  const std::vector<Named> all = named(services);
  if (project.config.builder.registry.is_local()) {
    std::vector<LocalRegistry::Push> pushes;
    for (const Named& one : all) pushes.push_back({one.service, one.image, one.built->id});
    return LocalRegistry(app, project).push(machine.engine(), pushes);
  }
  std::vector<RegistryClient::Push> pushes;
  for (const Named& one : all) pushes.push_back({one.service, one.image});
  TRY(machine.push(pushes));
  for (size_t i = 0; i < pushes.size(); ++i) all[i].built->digest = pushes[i].digest;
  return push_lists(machine, services);
}

}  // namespace segue
