#include "segue/model/host_facts.hpp"

namespace segue {

std::vector<const ContainerFacts*> HostFacts::of_service(const std::string& project,
                                                         const std::string& environment,
                                                         const std::string& service) const {
  std::vector<const ContainerFacts*> found;
  for (const ContainerFacts& container : containers)
    if (container.of(project, environment) && container.label(label::kService) == service)
      found.push_back(&container);
  return found;
}

}  // namespace segue
