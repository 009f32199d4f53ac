// Images that come over the session instead of from a registry: what a host has of their layers,
// and the section that takes one in.
#pragma once
#include "segue/engine/engine.hpp"
#include "segue/script/section.hpp"

#include <string>
#include <vector>

namespace segue {

// Tells `layers` with the diff ids of each image's layers, as a JSON list, from the lowest one on.
// A host has a layer when one of its images begins with the same layers up to that one.
Section tell_layers(const Engine& engine);

// Takes in the archive that follows its script as data (Script::reads_data), names the image, and
// tells `pulled` as a pull does. The engine takes an archive as a whole or not at all; that what it
// has then is this very image is asked by its id.
Section receive_image(const Engine& engine, const std::string& image_id,
                      const std::string& reference);

// Takes in an image that only keeps some of its layers for another one that follows; then they
// leave.
Section receive_part(const Engine& engine, const std::string& part_id);
Section remove_parts(const Engine& engine, const std::vector<std::string>& part_ids);

}  // namespace segue
