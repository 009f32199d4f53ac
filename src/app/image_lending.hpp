// Lends hosts the images that were built here, through their SSH sessions, from a registry of this
// machine or from archives: each pulls, with its own engine, what it lacks.
//   ImageLending lending(app, project, hosts, facts);
//   TRY(lending.push(steps));  or  lending.offer(archives);
//   TRY_ASSIGN(const auto ports, lending.lend(steps));
//   rows["web-1"] = {lending.pull("web-1", ports.at("web-1"), steps.at("web-1"))};
#pragma once
#include "hosts.hpp"
#include "lent_image.hpp"
#include "project.hpp"

#include "segue/plan/plan.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace segue {

// Before the hosts are connected to: their sessions may be lent something, each by a password of
// its own that is made for this run.
void prepare_lending(Project& project);

class ImageLending {
 public:
  using Steps = std::map<std::string, std::vector<const Step*>>;  // by host

  ImageLending(App& app, const Project& project, Hosts& hosts,
               const std::map<std::string, HostFacts>& facts)
      : app_(app), project_(project), hosts_(hosts), facts_(facts) {}
  ImageLending(const ImageLending&) = delete;
  ImageLending& operator=(const ImageLending&) = delete;
  ~ImageLending();  // ends what the hosts were lent, or could have been

  // Whether that host pulls what it lacks: with a registry of this machine every one does, without
  // a registry Podman does. Docker is sent archives of layers.
  bool serves(const std::string& host) const;

  // What the hosts are lent: the images of the steps, in a registry, or an archive.
  Result<> push(const Steps& steps);
  void offer(const ImageArchive& archive);

  // The ports of those that can be lent them; of the others is told why.
  Result<std::map<std::string, int>> lend(const Steps& steps);

  Hosts::Sending pull(const std::string& host, int port, const std::vector<const Step*>& steps);

  // That what it lacks goes another way, where the pull is what has failed.
  bool is_refused(const ScriptEnded& end);

 private:
  RegistryLoan loan(const std::string& host, const std::vector<const Step*>& steps) const;
  Script script(const std::string& host, int port, const std::vector<const Step*>& steps) const;
  void tell_other_way(const std::string& host, const std::string& why);

  App& app_;
  const Project& project_;
  Hosts& hosts_;
  const std::map<std::string, HostFacts>& facts_;
  std::map<std::string, std::string> digests_;  // by the images' ids
  std::map<std::string, std::shared_ptr<const LentImage>> images_;
};

}  // namespace segue
