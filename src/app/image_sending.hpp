// Sends hosts the images that were built here, through their SSH sessions, to all of them at once:
// to Docker only the layers that it lacks, and the whole image where that does not do. With a
// registry of this machine, first by image_lending.hpp.
#pragma once
#include "hosts.hpp"
#include "image_archive.hpp"

#include "segue/plan/plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

class ImageSending {
 public:
  ImageSending(App& app, const Project& project, Hosts& hosts,
               const std::map<std::string, HostFacts>& facts)
      : app_(app), project_(project), hosts_(hosts), facts_(facts) {}

  // The steps of the plan that send an image. How each ended: a try that was followed by another
  // one is left out.
  Result<std::vector<ScriptEnded>> run(const Plan& plan);

 private:
  using Layers = std::vector<std::string>;
  enum class Extent { missing, whole };

  Result<std::vector<ScriptEnded>> send_archives();
  Result<> save(const std::string& id);
  Result<> ask_for_layers();
  void add_sendings(const std::string& host, const Step& step, Extent extent,
                    std::vector<Hosts::Sending>& row);
  Hosts::Sending sending(const std::string& host, const std::string& title, const TarPieces& bytes,
                         std::vector<Section> sections) const;
  Result<> check_archives() const;
  size_t layers_there(const std::string& host, const Layers& layers) const;

  App& app_;
  const Project& project_;
  Hosts& hosts_;
  const std::map<std::string, HostFacts>& facts_;
  std::map<std::string, std::vector<const Step*>> steps_;  // by host
  std::map<std::string, ImageArchive> archives_;           // by image id
  std::map<std::string, std::vector<Layers>> there_;       // host -> layers of each of its images
  std::set<std::string> partial_;                          // hosts that are not sent all of it
};

}  // namespace segue
