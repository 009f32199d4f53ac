// Sends hosts the images that were built here, through their SSH sessions, to all of them at once:
// those that image_lending.hpp serves pull what they lack; the others, and where that does not do,
// are sent archives, Docker of the layers that it lacks only, and whole ones where that does not
// do.
#pragma once
#include "hosts.hpp"
#include "image_archive.hpp"
#include "image_lending.hpp"

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
  using Rows = std::map<std::string, std::vector<Hosts::Sending>>;  // by host
  enum class Way { lent, missing, whole };

  Result<Rows> rows(ImageLending& lending);
  Result<> add_pulls(ImageLending& lending, Rows& rows);
  bool goes_another_way(const ScriptEnded& end, ImageLending& lending);
  Result<> save(const std::string& id);
  Result<> ask_for_layers();
  void add_sendings(const std::string& host, const Step& step, std::vector<Hosts::Sending>& row);
  Hosts::Sending sending(const std::string& host, const std::string& title, const TarPieces& bytes,
                         std::vector<Section> sections) const;
  Result<> check_archives() const;
  size_t layers_there(const std::string& host, const Layers& layers) const;

  App& app_;
  const Project& project_;
  Hosts& hosts_;
  const std::map<std::string, HostFacts>& facts_;
  ImageLending::Steps steps_;                         // that are still to be done
  std::map<std::string, Way> ways_;                   // by host
  std::map<std::string, ImageArchive> archives_;      // by image id
  std::map<std::string, std::vector<Layers>> there_;  // host -> layers of each of its images
  std::set<std::string> partial_;                     // hosts that are not sent all of it
};

}  // namespace segue
