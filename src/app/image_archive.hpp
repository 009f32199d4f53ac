// An image of this machine's engine, as an archive that hosts are sent: all of it, or the layers
// from some on. It stays on the disk, in ~/.cache/segue/images, for the next deploy of it: those
// leave first that were not used for the longest time. Who reads one needs no name of it.
//   TRY_ASSIGN(const ImageArchive archive, ImageArchive::save(app, engine, id));
//   TarPieces bytes = archive.from_layer(3);
#pragma once
#include "local_engine.hpp"

#include "segue/os/tar_file.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace segue {

class ImageArchive {
 public:
  static Result<ImageArchive> save(App& app, const LocalEngine& engine, const std::string& id);

  // The same from elsewhere: `write` makes the file with what the engine there saves.
  static Result<ImageArchive> fetch(App& app, const std::string& id,
                                    const std::function<Result<>(const std::string& file)>& write);

  // It is not to be used again.
  void forget() const;
  // The bytes that are free then.
  static unsigned long long forget_all();

  std::string id() const { return "sha256:" + id_; }
  const std::string& config() const { return config_; }               // whose hash is the id
  const std::vector<std::string>& layers() const { return layers_; }  // diff ids, lowest first
  TarPieces layer(size_t number) const;                               // not compressed

  // The layer that is not what the engine has saved, as far as it was read; empty: none.
  std::string damaged_layer() const;

  // Where a long archive from that layer on is cut, so that what has arrived need not be sent
  // again: each number of layers makes an image of its own.
  std::vector<size_t> cuts(size_t first) const;

  // An image of the lower layers alone, which keeps them on a host until this one is there.
  struct Part {
    std::string id;
    TarPieces bytes;
  };
  Part part(size_t first, size_t last) const;  // the layers from `first` on, without `last`
  std::vector<std::string> part_ids() const;   // of all that any transfer of it may have left

  // What `docker load` and `podman load` take. Layers below are only named: whoever has them, by
  // what they stand on, does not look for them in the archive. What comes first says what has to
  // follow, so that an archive that was cut short anywhere is refused.
  TarPieces from_layer(size_t first) const;

 private:
  ImageArchive(TarFile archive, std::string id)
      : archive_(std::move(archive)), id_(std::move(id)) {}
  static Result<ImageArchive> open(const std::string& file, const std::string& id);
  Result<> read();
  std::string part_config(size_t last) const;
  TarPieces archive(const std::string& id, const std::string& config, size_t first,
                    size_t last) const;

  TarFile archive_;
  std::string id_;  // without "sha256:"
  std::string config_;
  std::vector<std::string> layers_;
  std::vector<TarFile::Entry> bytes_;  // of each layer
  std::vector<std::shared_ptr<Checksum>> checksums_;
};

}  // namespace segue
