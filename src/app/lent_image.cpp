#include "lent_image.hpp"

#include "segue/base/sha256.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace segue {
namespace {

using nlohmann::json;

constexpr const char* kManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr const char* kConfig = "application/vnd.docker.container.image.v1+json";
constexpr const char* kLayer = "application/vnd.docker.image.rootfs.diff.tar";  // not compressed
constexpr const char* kBlob = "application/octet-stream";

}  // namespace

// In the format of Docker: a health check belongs to no other.
LentImage::LentImage(const ImageArchive& archive) {
  json layers = json::array();
  for (size_t i = 0; i < archive.layers().size(); ++i) {
    const std::string& layer = archive.layers()[i];
    const TarPieces bytes = archive.layer(i);
    layers.push_back({{"mediaType", kLayer}, {"size", bytes.size()}, {"digest", layer}});
    parts_.try_emplace(layer, Part{kBlob, bytes, i + 1});
  }
  const json manifest = {
      {"schemaVersion", 2},
      {"mediaType", kManifest},
      {"config",
       {{"mediaType", kConfig}, {"size", archive.config().size()}, {"digest", archive.id()}}},
      {"layers", std::move(layers)}};
  const auto add = [&](const std::string& digest, const char* type, const std::string& text) {
    TarPieces bytes(nullptr);
    bytes.add(text);
    parts_.insert_or_assign(digest, Part{type, std::move(bytes), 0});
  };
  const std::string text = manifest.dump();
  digest_ = "sha256:" + sha256_hex(text);
  add(digest_, kManifest, text);
  add(archive.id(), kBlob, archive.config());
}

std::optional<LentContent> LentImage::content(const std::string& digest) const {
  const auto found = parts_.find(digest);
  if (found == parts_.end()) return std::nullopt;
  const Part& part = found->second;
  return LentContent{
      part.type, part.bytes.size(),
      [bytes = std::make_shared<TarPieces>(part.bytes)](size_t most) { return bytes->next(most); },
      part.turn};
}

}  // namespace segue
