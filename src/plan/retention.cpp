#include "segue/plan/retention.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

bool is_one_of(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// A release that failed names what went back, and is nothing to go back to.
bool counts(const ReleaseRecord& record) {
  return record.status == ReleaseStatus::succeeded || record.status == ReleaseStatus::partial;
}

bool is_id(const std::string& text) {
  return text.starts_with("sha256:");
}

}  // namespace

Retention::Retention(RetentionRequest request) : request_(std::move(request)) {
  for (const KnownRelease& release : request_.history.releases)
    sequence_ = std::max(sequence_, release.record.sequence);
  if (auto target = rollback_target(request_.history, "")) target_ = std::move(*target);
  for (const KnownRelease& release : request_.history.releases) {
    const ReleaseRecord& record = release.record;
    // With the next release its record is not among those that are read.
    const bool remembered = record.sequence > sequence_ - kRememberedReleases;
    for (const ServiceRecord& part : record.services) {
      if (!is_id(part.image_id)) continue;
      for (std::string& name : spellings(part.image)) names_[part.image_id].insert(std::move(name));
      Images& images = by_host_[part.host];
      auto known = std::find_if(images.begin(), images.end(), [&](const RecordedImage& image) {
        return image.service == part.service && image.id == part.image_id;
      });
      if (known == images.end()) {
        images.push_back({});
        known = std::prev(images.end());
        known->service = part.service;
        known->id = part.image_id;
        known->reference = part.image;
        known->digest = part.digest;
      }
      if (remembered && counts(record)) known->releases.push_back(record.id);
      known->newest = std::max(known->newest, record.sequence);
      const bool is_target = target_ && target_->id == record.id;
      known->rollback_target = known->rollback_target || is_target;
    }
  }
  for (auto& [host, images] : by_host_)
    std::stable_sort(images.begin(), images.end(),
                     [](const auto& a, const auto& b) { return a.service < b.service; });
}

std::vector<RecordedImage> Retention::images_of(const HostFacts& facts) const {
  Images images;
  if (const auto known = by_host_.find(facts.host); known != by_host_.end()) images = known->second;
  if (request_.looked) add_forgotten(facts, images);
  std::set<std::string> any_names;
  for (const std::string& reference : facts.recorded_names)
    for (std::string& name : spellings(reference)) any_names.insert(std::move(name));
  std::map<std::string, size_t> places;
  std::map<std::string, std::string> kept;  // by any service
  for (RecordedImage& image : images) {
    const auto known = names_.find(image.id);
    const std::set<std::string>& names = known == names_.end() ? any_names : known->second;
    image.names.assign(names.begin(), names.end());
    for (const ContainerFacts& container : facts.containers)
      image.runs =
          image.runs || (container.image_id == image.id && container.running() &&
                         container.label(label::kService) == image.service &&
                         container.of(request_.config.project, request_.config.environment));
    image.gone = request_.looked && !facts.images.contains(image.id);
    const size_t place = image.releases.empty() ? SIZE_MAX : places[image.service]++;
    image.kept_by = ours_because(image, place, facts);
    if (!image.kept_by.empty()) kept.emplace(image.id, image.service);
  }
  for (RecordedImage& image : images) {
    if (!image.kept_by.empty()) continue;
    if (const auto service = kept.find(image.id); service != kept.end()) {
      image.kept_by = service->second + " keeps it";
      continue;
    }
    image.kept_by = image.gone ? "it is gone" : others_because(image, facts);
    image.held_by_others = !image.gone && !image.kept_by.empty();
  }
  return images;
}

// Of releases whose records are there, but are not read any more.
void Retention::add_forgotten(const HostFacts& facts, Images& images) const {
  for (const auto& [id, image] : facts.images) {
    const auto same = [&id = id](const RecordedImage& known) { return known.id == id; };
    if (!is_id(id) || std::any_of(images.begin(), images.end(), same)) continue;
    RecordedImage forgotten;
    forgotten.id = id;
    forgotten.reference = image.tags.empty() ? "" : image.tags.front();
    images.push_back(std::move(forgotten));
  }
}

// Because of what our own releases say.
std::string Retention::ours_because(const RecordedImage& image, size_t place,
                                    const HostFacts& facts) const {
  if (image.runs) return "it runs";
  if (image.rollback_target) return "`segue rollback` goes to it";
  if (image.service.empty())
    return request_.services.empty() ? "" : "it is of no release that is remembered";
  const ServiceConfig* service = request_.config.service(image.service);
  if (service == nullptr || !is_one_of(service->hosts, facts.host))
    return "deploy.yml has no " + image.service + " here";
  if (!request_.services.empty() && !is_one_of(request_.services, image.service))
    return "-S left it out";
  const int retain = request_.retain.value_or(service->retain);
  if (place < static_cast<size_t>(retain))
    return retain == 1 ? "it is the newest" : fmt::format("it is one of the newest {}", retain);
  if (request_.looked) return {};
  const auto gone = facts.let_go.find(image.id);
  return gone != facts.let_go.end() && gone->second >= image.newest ? "it was let go of before"
                                                                    : "";
}

// Where it was not looked, others are left to the host: ours must not wait for theirs to let go.
std::string Retention::others_because(const RecordedImage& image, const HostFacts& facts) const {
  const Config& config = request_.config;
  for (const ContainerFacts& container : facts.containers)
    if (container.image_id == image.id &&
        (request_.looked || container.of(config.project, config.environment)))
      return "the container " + container.name + " uses it";
  const auto users = facts.image_users.find(image.id);
  if (users != facts.image_users.end())
    return "the container " + users->second.front() + " uses it";
  if (image.id == facts.proxy.image_id) return "the proxy runs from it";
  const auto claims = facts.image_claims.find(image.id);
  if (claims != facts.image_claims.end())
    return replace_all(join(claims->second, ", "), "/_", "") + " has it too";
  const auto found = facts.images.find(image.id);
  if (found == facts.images.end()) return {};
  for (const std::string& tag : found->second.tags)
    if (!is_one_of(image.names, tag))
      return fmt::format("it has the name {}, which no release has", tag);
  return {};
}

std::vector<LeavingImage> leaving(const std::vector<RecordedImage>& images) {
  std::vector<LeavingImage> found;
  for (const RecordedImage& image : images) {
    const auto same = [&](const LeavingImage& known) { return known.id == image.id; };
    if (image.kept_by.empty() && std::none_of(found.begin(), found.end(), same))
      found.push_back({image.id, image.names});
  }
  return found;
}

}  // namespace segue
