// `segue images list` and `show`: what releases have had on each host, and what retention would do.
#include "hosts.hpp"
#include "recorded_images.hpp"

#include "segue/app/app.hpp"
#include "segue/base/timestamp.hpp"
#include "segue/os/wall_clock.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

ImageView view_of(const std::string& host, const RecordedImage& image, const HostFacts& facts) {
  ImageView view;
  view.host = host;
  view.service = image.service;
  view.id = image.id;
  view.image = image.reference;
  view.digest = image.digest;
  view.releases = image.releases;
  view.runs = image.runs;
  view.rollback_target = image.rollback_target;
  view.gone = image.gone;
  view.kept_by = image.kept_by;
  const auto found = facts.images.find(image.id);
  if (found == facts.images.end()) return view;
  view.tags = found->second.tags;
  view.size = found->second.size;
  view.created = found->second.created;
  if (const auto created = parse_timestamp(view.created))
    view.age = std::max<long long>(0, now_seconds() - *created);
  return view;
}

Result<> show_images(App& app, const std::string& service, bool in_full) {
  TRY_ASSIGN(Project project, open_project(app, {std::string("none")}));
  if (!service.empty() && project.config.service(service) == nullptr)
    return fail(Code::usage, "there is no service " + service, "see: segue images list");
  Hosts hosts(app, project);
  TRY_ASSIGN(const auto facts, ask_for_images(app, hosts, std::nullopt));
  const auto images = recorded_images(project, facts, std::nullopt);
  std::vector<ImageView> views;
  for (const auto& [host, found] : images)
    for (const RecordedImage& image : found)
      if (service.empty() || image.service == service)
        views.push_back(view_of(host, image, facts.at(host)));
  app.reporter.images(views, in_full);
  return {};
}

}  // namespace

ExitStatus images_list(App& app) {
  const auto shown = show_images(app, "", false);
  return shown ? ExitStatus::done : told(app, shown.error());
}

ExitStatus images_show(App& app, const std::string& service) {
  const auto shown = show_images(app, service, true);
  return shown ? ExitStatus::done : told(app, shown.error());
}

}  // namespace segue
