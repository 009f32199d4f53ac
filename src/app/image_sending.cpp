#include "image_sending.hpp"

#include "builder.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/host/image_transfer.hpp"
#include "segue/host/images.hpp"
#include "segue/host/layout.hpp"
#include "segue/plan/service_containers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace segue {
namespace {

using nlohmann::json;

bool is_refused(const ScriptEnded& end) {
  const auto* exited = std::get_if<Exited>(&end.outcome);
  return exited != nullptr && exited->status != 0 &&
         std::any_of(end.events.begin(), end.events.end(), [](const ScriptEvent& event) {
           return event.key == "problem" && event.value.starts_with("image-load");
         });
}

}  // namespace

Result<std::vector<ScriptEnded>> ImageSending::run(const Plan& plan) {
  for (const HostSteps& host : plan.stage)
    for (const Step& step : host.steps)
      if (!step.image.empty()) steps_[host.host].push_back(&step);
  ImageLending lending(app_, project_, hosts_, facts_);
  std::vector<ScriptEnded> ended;
  if (steps_.empty()) return ended;
  app_.reporter.progress({Report::Kind::phase, "", "", "Send images", "", {}});
  while (!steps_.empty()) {
    TRY_ASSIGN(Rows wanted, rows(lending));
    TRY_ASSIGN(auto some, hosts_.send(std::move(wanted)));
    TRY(check_archives());
    ImageLending::Steps again;
    for (ScriptEnded& end : some) {
      if (goes_another_way(end, lending))
        again.insert(steps_.extract(end.host));
      else
        ended.push_back(std::move(end));
    }
    steps_ = std::move(again);
  }
  return ended;
}

bool ImageSending::goes_another_way(const ScriptEnded& end, ImageLending& lending) {
  Way& way = ways_.at(end.host);
  if (way == Way::lent && lending.is_refused(end)) {
    way = Way::missing;
    return true;
  }
  if (way != Way::missing || !is_refused(end) || !partial_.contains(end.host)) return false;
  app_.reporter.note(end.host + ": it does not take a part of the image: all of it is sent");
  way = Way::whole;
  return true;
}

Result<ImageSending::Rows> ImageSending::rows(ImageLending& lending) {
  Rows rows;
  for (const auto& [host, steps] : steps_)
    ways_.try_emplace(host, lending.serves(host) ? Way::lent : Way::missing);
  TRY(add_pulls(lending, rows));
  for (const auto& [host, steps] : steps_)
    if (ways_.at(host) != Way::lent)
      for (const Step* step : steps) TRY(save(step->image));
  TRY(ask_for_layers());
  for (const auto& [host, steps] : steps_)
    if (ways_.at(host) != Way::lent)
      for (const Step* step : steps) add_sendings(host, *step, rows[host]);
  return rows;
}

Result<> ImageSending::add_pulls(ImageLending& lending, Rows& rows) {
  ImageLending::Steps lent;
  for (const auto& [host, steps] : steps_)
    if (ways_.at(host) == Way::lent) lent[host] = steps;
  if (lent.empty()) return {};
  if (project_.config.builder.registry.is_local()) {
    TRY(lending.push(lent));
  } else {
    for (const auto& [host, steps] : lent)
      for (const Step* step : steps) {
        TRY(save(step->image));
        lending.offer(archives_.at(step->image));
      }
  }
  TRY_ASSIGN(const auto ports, lending.lend(lent));
  for (const auto& [host, steps] : lent) {
    const auto port = ports.find(host);
    if (port == ports.end())
      ways_[host] = Way::missing;
    else
      rows[host] = {lending.pull(host, port->second, steps)};
  }
  return {};
}

Result<> ImageSending::save(const std::string& id) {
  if (archives_.contains(id)) return {};
  TRY_ASSIGN(ImageArchive archive, save_built_image(app_, project_, id));
  archives_.emplace(id, std::move(archive));
  return {};
}

// Podman looks for each layer in an archive, also for those that it has.
Result<> ImageSending::ask_for_layers() {
  std::map<std::string, Script> scripts;
  for (const auto& [host, steps] : steps_) {
    const HostFacts& facts = facts_.at(host);
    if (facts.engine_kind == EngineKind::docker && ways_.at(host) == Way::missing)
      scripts[host].sections = {tell_layers(Engine(facts))};
  }
  if (scripts.empty()) return {};
  TRY_ASSIGN(const auto ended, hosts_.run(scripts));
  for (const auto& [host, end] : ended) {
    for (const ScriptEvent& event : end.events) {
      const json layers = event.key == "layers" ? json::parse(event.value, nullptr, false) : json();
      if (layers.is_array() && std::all_of(layers.begin(), layers.end(),
                                           [](const json& layer) { return layer.is_string(); }))
        there_[host].push_back(layers.get<Layers>());
    }
  }
  return {};
}

size_t ImageSending::layers_there(const std::string& host, const Layers& layers) const {
  const auto known = there_.find(host);
  size_t most = 0;
  if (known == there_.end()) return most;
  for (const Layers& other : known->second) {
    const auto [ours, theirs] =
        std::mismatch(layers.begin(), layers.end(), other.begin(), other.end());
    most = std::max(most, static_cast<size_t>(ours - layers.begin()));
  }
  return most;
}

// What is long goes in parts, each of which stays when the next one is cut.
void ImageSending::add_sendings(const std::string& host, const Step& step,
                                std::vector<Hosts::Sending>& row) {
  const ImageArchive& archive = archives_.at(step.image);
  const Engine engine(facts_.at(host));
  const bool in_parts = ways_.at(host) == Way::missing && engine.kind() == EngineKind::docker;
  size_t there = in_parts ? layers_there(host, archive.layers()) : 0;
  const std::string known =
      there > 0 ? fmt::format(", {} of {} layers are there", there, archive.layers().size()) : "";
  for (const size_t cut : in_parts ? archive.cuts(there) : std::vector<size_t>()) {
    const ImageArchive::Part part = archive.part(there, cut);
    row.push_back(sending(host, fmt::format("{}, up to layer {}", step.title, cut), part.bytes,
                          {receive_part(engine, part.id)}));
    there = cut;
  }
  if (there > 0) partial_.insert(host);
  std::vector<Section> sections{step.section};
  if (const auto parts = archive.part_ids(); !parts.empty())
    sections.push_back(remove_parts(engine, parts));
  row.push_back(sending(host, step.title, archive.from_layer(there), std::move(sections)));
  Hosts::Sending& last = row.back();
  last.title += known;
  // What comes after it stands on what it brings.
  if (engine.kind() == EngineKind::docker) there_[host].push_back(archive.layers());
}

Hosts::Sending ImageSending::sending(const std::string& host, const std::string& title,
                                     const TarPieces& bytes, std::vector<Section> sections) const {
  Hosts::Sending sending;
  sending.size = bytes.size();
  sending.data = [bytes] {
    return
        [pieces = std::make_shared<TarPieces>(bytes)](size_t most) { return pieces->next(most); };
  };
  sending.title =
      fmt::format("{}: {}", title, shown_byte_size(static_cast<long long>(sending.size)));
  const Layout layout{facts_.at(host).state_root, identity_of(project_.config)};
  sending.script.fence = Fence{layout.lock_folder(), hosts_.generations().at(host)};
  sending.script.sections = std::move(sections);
  sending.script.reads_data = true;
  return sending;
}

// What was found out while it was sent: it went no further then.
Result<> ImageSending::check_archives() const {
  for (const auto& [id, archive] : archives_) {
    const std::string layer = archive.damaged_layer();
    if (layer.empty()) continue;
    archive.forget();
    return fail(Code::failed,
                fmt::format("what the engine of this machine saved of {} was damaged before it was "
                            "sent: the layer {}",
                            short_image_id(id), short_image_id(layer)),
                "try again; if it happens again, look after the disk of ~/.cache/segue, and the "
                "memory; nothing was changed on any host");
  }
  return {};
}

}  // namespace segue
