// Which images of a host retention removes, and why the others stay: a decision from facts, without
// I/O. An image leaves when, for every service that has had it here, it is outside of the newest
// `retain`, `segue rollback` does not go to it, and nobody else is known to need it.
//   const Retention retention({config, history, services, {}});
//   retention.images_of(facts)      what there is, for people
//   leaving(retention.images_of(facts))
// `history` has what is deployed now as its newest release.
#pragma once
#include "segue/config/config.hpp"
#include "segue/host/history.hpp"
#include "segue/host/images.hpp"
#include "segue/model/host_facts.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace segue {

struct RetentionRequest {
  const Config& config;
  const History& history;
  std::vector<std::string> services{};  // whose images may leave; empty: all of deploy.yml
  std::optional<int> retain{};          // instead of what deploy.yml says
  bool looked = false;  // facts are those of FactsRequest::retention: it is known what there is
};

// An image that releases have had for one service on one host.
struct RecordedImage {
  std::string service;  // empty: of releases that are too old to be gone back to
  std::string id;
  std::string reference;              // as it was called last
  std::string digest;                 // empty: it came from no registry
  std::vector<std::string> releases;  // newest first
  int newest = 0;                     // the number of the newest release that names it
  bool gone = false;                  // only known where images were looked for
  bool runs = false;
  bool rollback_target = false;
  std::string kept_by;               // why it stays; empty: it leaves
  bool held_by_others = false;       // it would leave, but somebody uses it who is not ours
  std::vector<std::string> names{};  // that it may have
};

class Retention {
 public:
  explicit Retention(RetentionRequest request);

  // By service, then newest first.
  std::vector<RecordedImage> images_of(const HostFacts& facts) const;
  int sequence() const { return sequence_; }

 private:
  using Images = std::vector<RecordedImage>;
  Images recorded_on(const std::string& host) const;
  void add_forgotten(const HostFacts& facts, Images& images) const;
  std::string ours_because(const RecordedImage& image, size_t place, const HostFacts& facts) const;
  std::string others_because(const RecordedImage& image, const HostFacts& facts) const;

  RetentionRequest request_;
  int sequence_ = 0;  // of the newest release
  std::optional<ReleaseRecord> target_;
  std::map<std::string, Images> by_host_;
  std::map<std::string, std::set<std::string>> names_;  // image id -> what releases called it
};

// Each image once.
std::vector<LeavingImage> leaving(const std::vector<RecordedImage>& images);

}  // namespace segue
