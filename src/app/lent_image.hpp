// An archived image as a registry would have it: a manifest that names the image's configuration,
// so that its id stays what it is, and its layers as they are saved, by their diff ids.
//   const LentImage image(archive);
//   image.digest();  image.content("sha256:0a1b...")
#pragma once
#include "image_archive.hpp"

#include "segue/remote/lent_content.hpp"

#include <map>
#include <optional>
#include <string>

namespace segue {

class LentImage {
 public:
  explicit LentImage(const ImageArchive& archive);

  const std::string& digest() const { return digest_; }  // of its manifest

  // The manifest, the configuration or a layer. A layer that is damaged ends before its last byte,
  // and the archive knows it then.
  std::optional<LentContent> content(const std::string& digest) const;

 private:
  struct Part {
    std::string type;
    TarPieces bytes;
    size_t turn = 0;  // the lowest layer first: an engine keeps none before those below it
  };
  std::string digest_;
  std::map<std::string, Part> parts_;  // by digest
};

}  // namespace segue
