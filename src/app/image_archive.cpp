#include "image_archive.hpp"

#include "segue/base/number.hpp"
#include "segue/base/sha256.hpp"
#include "segue/base/tar.hpp"
#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/file_cache.hpp"
#include "segue/os/process.hpp"
#include "segue/os/random.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

namespace segue {
namespace {

using nlohmann::json;

constexpr size_t kLongestText = size_t{8} << 20;
constexpr Duration kLongestSave{3'600'000};
constexpr std::string_view kAlgorithm = "sha256:";
constexpr std::string_view kDiskFull = "no space left on device";
constexpr unsigned long long kWorthKeeping = 16ULL << 20;  // of a transfer that is cut
constexpr unsigned long long kMostKept = 2ULL << 30;       // of archives on this machine

std::string digits(const std::string& digest) {
  return digest.starts_with(kAlgorithm) ? digest.substr(kAlgorithm.size()) : digest;
}

std::string cache_folder() {
  const auto cache = environment_variable("XDG_CACHE_HOME");
  const bool given = cache && cache->starts_with('/');
  return (given ? *cache : home_folder() + "/.cache") + "/segue";
}

FileCache archive_cache() {
  return {cache_folder() + "/images", kMostKept};
}

std::string file_name(const std::string& id) {
  return digits(id) + ".tar";
}

// On the disk: a folder in memory would hold the whole image. What a process left that was killed
// goes with the next one.
Result<std::string> make_folder(Files& files) {
  const std::string root = cache_folder();
  TRY(files.make_directories(root, 0700));
  TRY_ASSIGN(const auto names, files.list(root));
  for (const std::string& name : names) {
    const auto process = parse_number<int64_t>(name.substr(0, name.find('-')));
    if (process && !process_start_time(*process)) files.remove_folder(root + "/" + name);
  }
  std::string folder = fmt::format("{}/{}-{}", root, current_process_id(), random_hex(8));
  TRY(files.make_folder(folder, 0700));
  return folder;
}

Result<> saved(App& app, const LocalEngine& engine, const std::string& id,
               const std::string& file) {
  ProcessRequest request;
  request.argv = {engine.program(), "save", "--output", file};
  if (engine.kind == EngineKind::podman)
    request.argv.insert(request.argv.end(), {"--quiet", "--format", "docker-archive"});
  request.argv.insert(request.argv.end(), {"--", id});
  request.deadline = kLongestSave;
  TRY_ASSIGN(const ProcessResult result, run_process(request, app.signals.wake_fd()));
  if (!result.succeeded())
    return fail(
        Code::failed,
        fmt::format("{} can't save {}: {}", engine.program(), id, trim(result.error_output)),
        "nothing was changed on any host");
  return {};
}

}  // namespace

Result<ImageArchive> ImageArchive::save(App& app, const LocalEngine& engine,
                                        const std::string& id) {
  return fetch(app, id, [&](const std::string& file) { return saved(app, engine, id, file); });
}

Result<ImageArchive> ImageArchive::fetch(
    App& app, const std::string& id,
    const std::function<Result<>(const std::string& file)>& write) {
  const FileCache kept = archive_cache();
  if (const auto path = kept.find(file_name(id))) {
    if (auto archive = open(*path, id)) return archive;
    kept.drop(file_name(id));
  }
  TRY_ASSIGN(const std::string folder, make_folder(app.files));
  const std::string file = folder + "/image.tar";
  Result<> written = write(file);
  const bool is_full = !written && contains(lower_case(written.error().what), kDiskFull);
  if (is_full && kept.clear() > 0) {
    app.files.remove(file);
    written = write(file);
  }
  auto archive = written ? open(file, id) : tl::unexpected(written.error());
  if (archive)
    if (const auto taken = kept.take_in(file, file_name(id)); !taken)
      debug_log("{}", taken.error().what);
  app.files.remove_folder(folder);
  return archive;
}

Result<ImageArchive> ImageArchive::open(const std::string& file, const std::string& id) {
  TRY_ASSIGN(TarFile tar, TarFile::open(file));
  ImageArchive image(std::move(tar), digits(id));
  TRY(image.read());
  return image;
}

void ImageArchive::forget() const {
  archive_cache().drop(file_name(id_));
}

unsigned long long ImageArchive::forget_all() {
  return archive_cache().clear();
}

Result<> ImageArchive::read() {
  TRY_ASSIGN(const std::string manifest, archive_.read("manifest.json", kLongestText));
  try {
    const json image = json::parse(manifest).at(0);
    TRY_ASSIGN(config_, archive_.read(image.at("Config").get<std::string>(), kLongestText));
    const json config = json::parse(config_);
    layers_ = config.at("rootfs").at("diff_ids").get<std::vector<std::string>>();
    for (const json& layer : image.at("Layers")) {
      const auto entry = archive_.find(layer.get<std::string>());
      if (!entry) return fail(Code::failed, "the engine saved an image without one of its layers");
      bytes_.push_back(*entry);
    }
  } catch (const json::exception& error) {
    return fail(Code::failed,
                fmt::format("what the engine saved of {} can't be read: {}", id_, error.what()));
  }
  for (const std::string& layer : layers_)
    checksums_.push_back(std::make_shared<Checksum>(Checksum{digits(layer)}));
  if (bytes_.size() != layers_.size())
    return fail(Code::failed, "the engine saved an image whose layers do not add up");
  if (sha256_hex(config_) == id_) return {};
  return fail(Code::failed, "the engine that built it keeps images in containerd",
              "sending those does not work yet: turn off its containerd image store, or build with "
              "Podman (builder.engine: podman)");
}

TarPieces ImageArchive::layer(size_t number) const {
  TarPieces bytes(archive_.file());
  bytes.add(bytes_[number], checksums_[number]);
  return bytes;
}

std::string ImageArchive::damaged_layer() const {
  for (size_t i = 0; i < layers_.size(); ++i)
    if (checksums_[i]->state == Checksum::State::wrong) return layers_[i];
  return {};
}

std::vector<size_t> ImageArchive::cuts(size_t first) const {
  std::vector<size_t> cuts;
  unsigned long long left = 0;
  for (size_t i = first; i < bytes_.size(); ++i) left += bytes_[i].size;
  unsigned long long part = 0;
  for (size_t i = first; i < bytes_.size(); ++i) {
    part += bytes_[i].size;
    left -= bytes_[i].size;
    if (part < kWorthKeeping || left < kWorthKeeping) continue;
    cuts.push_back(i + 1);
    part = 0;
  }
  return cuts;
}

// Its labels tell whose it is, should it be left behind.
std::string ImageArchive::part_config(size_t last) const {
  const std::vector<std::string> layers(layers_.begin(),
                                        layers_.begin() + static_cast<std::ptrdiff_t>(last));
  const json whole = json::parse(config_, nullptr, false);
  json config{{"rootfs", {{"type", "layers"}, {"diff_ids", layers}}}, {"config", json::object()}};
  for (const char* key : {"architecture", "os", "variant"})
    if (whole.contains(key)) config[key] = whole.at(key);
  const json labels = whole.value(json::json_pointer("/config/Labels"), json::object());
  if (labels.is_object())
    for (const auto& [name, value] : labels.items())
      if (name.starts_with("segue.image.")) config["config"]["Labels"][name] = value;
  return config.dump();
}

ImageArchive::Part ImageArchive::part(size_t first, size_t last) const {
  const std::string config = part_config(last);
  const std::string id = sha256_hex(config);
  return {std::string(kAlgorithm) + id, archive(id, config, first, last)};
}

std::vector<std::string> ImageArchive::part_ids() const {
  std::vector<std::string> ids;
  if (cuts(0).empty()) return ids;
  for (size_t last = 1; last < layers_.size(); ++last)
    ids.push_back(std::string(kAlgorithm) + sha256_hex(part_config(last)));
  return ids;
}

TarPieces ImageArchive::from_layer(size_t first) const {
  return archive(id_, config_, first, layers_.size());
}

TarPieces ImageArchive::archive(const std::string& id, const std::string& config, size_t first,
                                size_t last) const {
  const auto name_of = [](const std::string& layer) { return digits(layer) + ".tar"; };
  json names = json::array();
  for (size_t i = 0; i < last; ++i) names.push_back(name_of(layers_[i]));
  const std::string config_name = id + ".json";
  const std::string manifest =
      json::array({{{"Config", config_name}, {"RepoTags", nullptr}, {"Layers", names}}}).dump();
  TarPieces pieces(archive_.file());
  const auto begin = [&](const std::string& name, unsigned long long size) {
    pieces.add(tar_header({name, 0644, size, false}));
  };
  begin("manifest.json", manifest.size());
  pieces.add(manifest + tar_padding(manifest.size()));
  begin(config_name, config.size());
  pieces.add(config + tar_padding(config.size()));
  std::set<std::string> added;
  for (size_t i = first; i < last; ++i) {
    if (!added.insert(layers_[i]).second) continue;
    begin(name_of(layers_[i]), bytes_[i].size);
    pieces.add(bytes_[i], checksums_[i]);
    pieces.add(tar_padding(bytes_[i].size));
  }
  pieces.add(tar_end());
  return pieces;
}

}  // namespace segue
