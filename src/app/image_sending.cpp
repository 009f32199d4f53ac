#include "image_sending.hpp"

#include "builder.hpp"
#include "image_lending.hpp"

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
  if (steps_.empty()) {
    lending.take_back();
    return std::vector<ScriptEnded>{};
  }
  app_.reporter.progress({Report::Kind::phase, "", "", "Send images", "", {}});
  if (!project_.lends) return send_archives();
  TRY_ASSIGN(auto lent, lending.run(steps_));
  if (steps_.empty()) return lent;
  TRY_ASSIGN(const auto sent, send_archives());
  lent.insert(lent.end(), sent.begin(), sent.end());
  return lent;
}

Result<std::vector<ScriptEnded>> ImageSending::send_archives() {
  for (const auto& [host, steps] : steps_)
    for (const Step* step : steps) TRY(save(step->image));
  TRY(ask_for_layers());
  std::map<std::string, std::vector<Hosts::Sending>> rows;
  for (const auto& [host, steps] : steps_)
    for (const Step* step : steps) add_sendings(host, *step, Extent::missing, rows[host]);
  TRY_ASSIGN(auto ended, hosts_.send(std::move(rows)));
  TRY(check_archives());
  rows.clear();
  for (const ScriptEnded& end : ended) {
    if (!is_refused(end) || !partial_.contains(end.host)) continue;
    app_.reporter.note(end.host + ": it does not take a part of the image: all of it is sent");
    for (const Step* step : steps_[end.host])
      add_sendings(end.host, *step, Extent::whole, rows[end.host]);
  }
  if (rows.empty()) return ended;
  std::erase_if(ended,
                [&](const ScriptEnded& end) { return rows.contains(end.host) && is_refused(end); });
  TRY_ASSIGN(const auto again, hosts_.send(std::move(rows)));
  ended.insert(ended.end(), again.begin(), again.end());
  return ended;
}

Result<> ImageSending::save(const std::string& id) {
  if (archives_.contains(id)) return {};
  TRY_ASSIGN(ImageArchive archive, save_built_image(app_, project_, id));
  archives_.emplace(id, std::move(archive));
  return {};
}

// Podman looks for each layer in the archive, also for those that it has.
Result<> ImageSending::ask_for_layers() {
  std::map<std::string, Script> scripts;
  for (const auto& [host, steps] : steps_) {
    const HostFacts& facts = facts_.at(host);
    if (facts.engine_kind == EngineKind::docker)
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
void ImageSending::add_sendings(const std::string& host, const Step& step, Extent extent,
                                std::vector<Hosts::Sending>& row) {
  const ImageArchive& archive = archives_.at(step.image);
  const Engine engine(facts_.at(host));
  const bool in_parts = extent == Extent::missing && engine.kind() == EngineKind::docker;
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
