// What segue writes on the images that it builds. Not the labels of containers: a container that
// somebody starts by hand from such an image has the image's labels too, and is none of ours.
#pragma once

namespace segue::image_label {

inline constexpr const char* kProject = "segue.image.project";
inline constexpr const char* kEnvironment = "segue.image.environment";  // absent without -e
inline constexpr const char* kService = "segue.image.service";
inline constexpr const char* kVersion = "segue.image.version";
inline constexpr const char* kRevision = "segue.image.revision";  // git commit; absent without git
inline constexpr const char* kCreated = "segue.image.created";    // 2026-11-21T04:17:30Z
inline constexpr const char* kInitiator = "segue.image.initiator";

}  // namespace segue::image_label
