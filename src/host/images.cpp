#include "segue/host/images.hpp"

#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace segue {
namespace {

constexpr size_t kRemembered = 100;  // images that were let go of
constexpr size_t kShortId = 12;

// What can't be read may name it. A project that deploys at this moment may be about to use any
// image, and has no record of that yet.
constexpr std::string_view kClaims = R"sh(
segue_look_for_others() {
  segue_own=$segue_folder
  segue_at_work=
  for segue_folder in "$segue_root"/projects/*/lock; do
    [ "${segue_folder%/lock}" != "${segue_own%/*}" ] || continue
    segue_highest
    [ "$segue_top" = 0 ] || [ -e "$segue_folder/$segue_top.released" ] || {
      segue_folder=${segue_folder%/lock}
      segue_at_work="$segue_at_work ${segue_folder##*/}"
    }
  done
  segue_folder=$segue_own
}
segue_claimed() {
  segue_claims=
  for segue_other in "$segue_root"/projects/*/*/releases; do
    [ -d "$segue_other" ] || continue
    segue_other=${segue_other%/releases}
    [ "$segue_other" != "$segue_folder" ] || continue
    segue_last=0
    segue_files=$(grep -l -F -e "\"image_id\":\"$1\"" "$segue_other"/releases/*.json /dev/null 2>/dev/null)
    if [ $? -gt 1 ] || [ ! -r "$segue_other/releases" ]; then
      set -- "$1" "$segue_other"/releases/*.json
      [ -r "$segue_other/releases" ] && [ ! -e "$2" ] || segue_last=999999999
    fi
    for segue_file in $segue_files; do
      segue_file=${segue_file##*/}
      [ "${segue_file%%-*}" -gt "$segue_last" ] 2>/dev/null && segue_last=${segue_file%%-*}
    done
    [ "$segue_last" -gt 0 ] || continue
    segue_line=
    [ ! -r "$segue_other/let-go.json" ] || read -r segue_line <"$segue_other/let-go.json"
    case $segue_line in
      *"\"$1\":"*)
        segue_line=${segue_line#*"\"$1\":"}
        segue_line=${segue_line%%[!0-9]*}
        [ "$segue_line" -lt "$segue_last" ] || continue ;;
    esac
    segue_claims="$segue_claims ${segue_other#"$segue_root/projects/"}"
  done
}
)sh";

// By its id, so that a name that has moved meanwhile takes nothing with it. An image with several
// names has to be removed by them, and that does not ask whether a container uses it.
constexpr std::string_view kLetGo = R"sh(
segue_let_go() {
  segue_id=$1
  shift
  segue_beat
  [ -z "$segue_at_work" ] || { segue_tell image-later "$segue_id$segue_at_work"; return 0; }
  segue_gone="$segue_gone${segue_gone:+,}\"$segue_id\":$segue_sequence"
  segue_claimed "$segue_id"
  [ -z "$segue_claims" ] || { segue_tell image-claimed "$segue_id$segue_claims"; return 0; }
  segue_hear "$segue_engine" image inspect --format '{{range .RepoTags}}{{.}} {{end}}' -- "$segue_id" || {
    case $segue_answer in
      *[Nn]"o such image"* | *"image not known"*) ;;
      *) segue_tell image-kept "$segue_id $segue_answer" ;;
    esac
    return 0
  }
  segue_named=$segue_answer
  for segue_name in $segue_named; do
    case " $* " in
      *" $segue_name "*) ;;
      *) segue_tell image-kept "$segue_id it has the name $segue_name, which no release has"; return 0 ;;
    esac
  done
  set -- $segue_named
  if [ $# -gt 1 ]; then
    segue_hear "$segue_engine" ps -aq --filter "ancestor=$segue_id" && [ -z "$segue_answer" ] ||
      { segue_tell image-kept "$segue_id a container uses it: $segue_answer"; return 0; }
  else
    set -- "$segue_id"
  fi
  if segue_hear "$segue_engine" image rm -- "$@"; then
    segue_tell image-removed "$segue_id"
  else
    segue_tell image-kept "$segue_id $segue_answer"
  fi
  return 0
}
)sh";

// Told are single lines.
constexpr std::string_view kWriteDown = R"sh(
if [ -n "$segue_gone" ]; then
  segue_line="{$segue_gone${segue_before:+,}$segue_before}"
  { printf '%s\n' "$segue_line" >"$segue_folder/let-go.json.new" &&
    mv "$segue_folder/let-go.json.new" "$segue_folder/let-go.json"; } 2>/dev/null
fi
)sh";

constexpr std::string_view kSpace = R"sh(
segue_space() {
  df -Pk "$segue_measured" 2>/dev/null | { read -r segue_line; read -r segue_a segue_b segue_c segue_d segue_e; echo "$segue_d"; }
}
)sh";

std::string shell_variable(const char* name, const std::string& value) {
  return fmt::format("segue_{}={}\n", name, quote(value));
}

// The newest, but for those that are let go of now.
std::string before_text(const LetGoState& state, const std::vector<LeavingImage>& images) {
  std::vector<std::pair<int, std::string>> before;
  for (const auto& [id, sequence] : state.before) {
    const auto again = [&id = id](const LeavingImage& image) { return image.id == id; };
    if (std::none_of(images.begin(), images.end(), again)) before.emplace_back(sequence, id);
  }
  std::sort(before.rbegin(), before.rend());
  before.resize(std::min(before.size(), kRemembered));
  std::vector<std::string> texts;
  for (const auto& [sequence, id] : before) texts.push_back(fmt::format("\"{}\":{}", id, sequence));
  return join(texts, ",");
}

}  // namespace

std::string claims_text() {
  return std::string(kClaims);
}

Section let_go_of_images(const Layout& layout, const Engine& engine,
                         const std::vector<LeavingImage>& images, const LetGoState& state,
                         const std::string& measured) {
  std::string text = shell_variable("root", layout.root) +
                     shell_variable("folder", layout.folder()) +
                     shell_variable("engine", engine.path()) +
                     shell_variable("before", before_text(state, images)) +
                     fmt::format("segue_sequence={}\nsegue_gone=\n", state.sequence) +
                     highest_generation_text() + claims_text() + std::string(kLetGo);
  if (!measured.empty())
    text +=
        shell_variable("measured", measured) + std::string(kSpace) + "segue_free=$(segue_space)\n";
  text += "segue_look_for_others\n";
  for (const LeavingImage& image : images) {
    text += "segue_let_go " + quote(image.id);
    for (const std::string& name : image.names) text += " " + quote(name);
    text += "\n";
  }
  text += kWriteDown;
  if (!measured.empty()) text += "segue_tell freed $(($(segue_space) - segue_free))\n";
  return {"images", ShellText(text + "return 0\n")};
}

std::string short_image_id(const std::string& id) {
  const size_t colon = id.find(':');
  return id.substr(colon == std::string::npos ? 0 : colon + 1, kShortId);
}

std::string kept_image_text(const std::string& told) {
  const size_t blank = std::min(told.find(' '), told.size());
  return fmt::format("the image {} stays: {}", short_image_id(told.substr(0, blank)),
                     visible(trim(told.substr(blank))));
}

std::map<std::string, int> parse_let_go(const std::string& text) {
  std::map<std::string, int> let_go;
  const auto value = nlohmann::json::parse(text, nullptr, false);
  if (!value.is_object()) return let_go;
  for (const auto& [id, sequence] : value.items())
    if (sequence.is_number_integer()) let_go[id] = sequence.get<int>();
  return let_go;
}

std::vector<std::string> spellings(const std::string& reference) {
  constexpr std::array<std::string_view, 3> kLeftOut{"docker.io/library/", "docker.io/",
                                                     "localhost/"};
  std::string name = reference;
  for (const std::string_view prefix : kLeftOut) {
    if (!name.starts_with(prefix)) continue;
    name.erase(0, prefix.size());
    break;
  }
  std::vector<std::string> all{name};
  for (const std::string_view prefix : kLeftOut) all.push_back(std::string(prefix) + name);
  return all;
}

}  // namespace segue
