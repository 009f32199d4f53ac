// `segue services prune`: removes images that are too old to be gone back to, and that nobody else
// needs. What an engine refuses is told, and is no failure.
#include "audit_entry.hpp"
#include "builder_cache.hpp"
#include "hosts.hpp"
#include "image_archive.hpp"
#include "recorded_images.hpp"

#include "segue/app/app.hpp"
#include "segue/base/byte_size.hpp"
#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/host/problem.hpp"
#include "segue/os/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace segue {
namespace {

using Facts = std::map<std::string, HostFacts>;
using Images = std::map<std::string, std::vector<RecordedImage>>;  // by host

// "shop:v1 (0a1b2c3d4e5f)"
std::string shown(const RecordedImage& image) {
  const std::string id = short_image_id(image.id);
  return image.reference.empty() ? id : fmt::format("{} ({})", visible(image.reference), id);
}

class Prune {
 public:
  Prune(App& app, const PruneOptions& options, Project& project)
      : app_(app), options_(options), project_(project), hosts_(app, project) {}

  Result<> run() {
    const TimePoint began = Clock::now();
    const auto result = guarded();
    std::optional<AuditEntry> audit;
    if (changed_ || !result) {
      audit = make_audit_entry(app_, project_, holder_, "services prune");
      audit->detail = detail_;
      end_audit_entry(*audit, result ? std::nullopt : std::optional(result.error()), began,
                      hosts_.took_over());
    }
    hosts_.unlock(facts_, audit);
    return result;
  }

 private:
  Result<> guarded() {
    if (!options_.yes) {
      TRY_ASSIGN(facts_, ask_for_images(app_, hosts_, std::nullopt));
      const Images images = recorded_images(project_, facts_, options_.retain);
      TRY_ASSIGN(const bool agreed, show_and_ask(images));
      if (!agreed) return {};
    }
    // Nobody deploys from here on: what is found now is what counts.
    TRY_ASSIGN(facts_, ask_for_images(app_, hosts_, holder_));
    TRY(hosts_.lock(facts_, holder_));
    const Images images = recorded_images(project_, facts_, options_.retain);
    if (options_.yes) {
      show(images, "leaves");
    } else if (leaving_ids(images) != agreed_) {
      return fail(Code::failed, "the hosts have changed meanwhile: nothing was removed",
                  "try again: segue services prune");
    }
    return leaving_ids(images).empty() ? Result<>{} : remove(images);
  }

  Result<bool> show_and_ask(const Images& images) {
    agreed_ = leaving_ids(images);
    show(images, options_.dry_run ? "would leave" : "leaves");
    if (options_.dry_run || agreed_.empty()) return false;
    TRY_ASSIGN(const bool yes, ask_yes_no("Remove these images?", app_.signals.wake_fd()));
    if (!yes) return fail(Code::failed, "not confirmed: nothing was changed");
    return true;
  }

  // What leaves, and what only stays because somebody else has it.
  void show(const Images& images, const std::string& verb) {
    size_t found = 0;
    for (const auto& [host, known] : images) {
      std::set<std::string> told;
      for (const RecordedImage& image : known) {
        if (!told.insert(image.id).second) continue;
        if (image.held_by_others)
          app_.reporter.note(
              fmt::format("{}: {} stays: {}", host, shown(image), visible(image.kept_by)));
        if (!image.kept_by.empty()) {
          if (!image.held_by_others) told.erase(image.id);
          continue;
        }
        ++found;
        const long long size = facts_.at(host).images.at(image.id).size;
        app_.reporter.value(
            "image_leaves",
            {{"host", host},
             {"service", image.service},
             {"image", image.reference},
             {"id", image.id},
             {"size", std::to_string(size)}},
            fmt::format("{}: {} {}, {}", host, shown(image), verb, shown_byte_size(size)));
      }
    }
    if (found == 0)
      app_.reporter.value("nothing_to_prune", {}, "nothing to remove: no image is too old");
  }

  std::vector<std::string> leaving_ids(const Images& images) const {
    std::vector<std::string> ids;
    for (const auto& [host, known] : images)
      for (const LeavingImage& image : leaving(known)) ids.push_back(host + " " + image.id);
    return ids;
  }

  Result<> remove(const Images& images) {
    changed_ = true;
    std::map<std::string, Script> scripts;
    for (const auto& [host, known] : images) {
      const std::vector<LeavingImage> old = leaving(known);
      if (old.empty()) continue;
      const HostFacts& facts = facts_.at(host);
      const Layout layout{facts.state_root, {project_.config.project, project_.config.environment}};
      Script& script = scripts[host];
      script.fence = Fence{layout.lock_folder(), hosts_.generations().at(host)};
      script.sections = {let_go_of_images(
          layout, Engine(facts), old, {facts.let_go, facts.highest_sequence}, facts.engine_root)};
    }
    TRY_ASSIGN(const auto ended, hosts_.run(scripts));
    std::optional<Error> failure;
    for (const auto& [host, end] : ended) {
      tell(host, end.events, images.at(host));
      const auto* exited = std::get_if<Exited>(&end.outcome);
      if (exited != nullptr && exited->status == 0) continue;
      failure = told_problem(end.events, facts_.at(host).engine_kind)
                    .value_or(Error{Code::partial,
                                    "the removal did not come to its end",
                                    "try again: segue services prune",
                                    {},
                                    {}})
                    .in("on " + host);
    }
    detail_ = fmt::format("{} removed", counted(removed_, "image"));
    if (failure) return tl::unexpected(*failure);
    return {};
  }

  void tell(const std::string& host, const std::vector<ScriptEvent>& events,
            const std::vector<RecordedImage>& images) {
    for (const ScriptEvent& event : events) {
      const std::string id = event.value.substr(0, event.value.find(' '));
      const std::string rest = event.value.substr(std::min(id.size() + 1, event.value.size()));
      const auto known = std::find_if(images.begin(), images.end(),
                                      [&](const RecordedImage& image) { return image.id == id; });
      const std::string name = known == images.end() ? short_image_id(id) : shown(*known);
      const auto stays = [&](const std::string& why) {
        app_.reporter.note(fmt::format("{}: {} stays: {}", host, name, visible(why)));
      };
      if (event.key == "image-kept") stays(std::string(trim(rest)));
      if (event.key == "image-claimed") stays(replace_all(rest, "/_", "") + " has it too");
      if (event.key == "image-later")
        stays(rest + " deploys at this moment and may want it; try again then");
      if (event.key == "image-removed") {
        ++removed_;
        removed_bytes_ += facts_.at(host).images.at(id).size;
        app_.reporter.value("image_removed", {{"host", host}, {"id", id}},
                            fmt::format("{}: removed {}", host, name));
      }
      if (event.key == "freed") freed(host, event.value);
    }
  }

  // Layers that other images have stay; and what the disk has gained or lost, others may have done.
  void freed(const std::string& host, const std::string& kib) {
    constexpr long long kKibi = 1024;
    const long long bytes = std::exchange(removed_bytes_, 0);
    const long long room = parse_number<long long>(kib).value_or(0) * kKibi;
    std::string text = fmt::format("{}: up to {} freed", host, shown_byte_size(bytes));
    if (room > 0) text += fmt::format("; its disk has {} more room", shown_byte_size(room));
    app_.reporter.value(
        "freed",
        {{"host", host}, {"bytes", std::to_string(bytes)}, {"more_room", std::to_string(room)}},
        text);
  }

  App& app_;
  const PruneOptions& options_;
  Project& project_;
  Hosts hosts_;
  LockHolder holder_ = make_holder("services prune", "", "removing old images");
  Facts facts_;
  std::vector<std::string> agreed_;
  std::string detail_;
  long long removed_ = 0;
  long long removed_bytes_ = 0;  // of the host that tells
  bool changed_ = false;
};

// Those of every project: an archive is known by the image's id alone.
void forget_archives(App& app) {
  const std::string freed = shown_byte_size(static_cast<long long>(ImageArchive::forget_all()));
  app.reporter.value("builder_freed", {{"what", "archives of images"}, {"freed", freed}},
                     fmt::format("this machine: archives of images tidied up, {} freed", freed));
}

}  // namespace

ExitStatus services_prune(App& app, const PruneOptions& options) {
  if (!options.yes && !options.dry_run && !app.options.interactive)
    return told(app, {Code::usage,
                      "services prune asks before it removes anything, and nobody is there to ask",
                      "say yes beforehand: segue services prune -y",
                      {},
                      {}});
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  auto result = Prune(app, options, *project).run();
  if (result && options.builder_cache && options.dry_run)
    app.reporter.note("the builder's cache stays: --dry-run");
  else if (result && options.builder_cache)
    result = prune_builder_cache(app, *project);
  if (result && options.builder_cache && !options.dry_run) forget_archives(app);
  return result ? ExitStatus::done : told(app, result.error());
}

}  // namespace segue
