#include "image_questions.hpp"

#include "segue/engine/engine.hpp"
#include "segue/host/images.hpp"
#include "segue/host/lock.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// An image that is not there is no mistake, and each engine says it in its own words. Those that
// nobody knows are believed when the engine lists its images.
constexpr std::string_view kLookForImage = R"sh(
segue_look_for() {
  segue_answer=$("$segue_engine" image inspect --format "$segue_format" -- "$2" 2>/dev/null) ||
    segue_hear "$segue_engine" image inspect --format "$segue_format" -- "$2" ||
    case $segue_answer in
      *[Nn]"o such image"* | *"image not known"*) return 0 ;;
      *)
        "$segue_engine" image ls -q >/dev/null 2>&1 || segue_problem engine-down "$segue_answer"
        return 0 ;;
    esac
  segue_tell image "$1 $segue_answer"
}
)sh";

// Images of this project and environment, by what was written on them when they were built, that
// have no name any more, or never got one: whatever sent them did not come to its end.
constexpr std::string_view kNamelessImages = R"sh(
segue_nameless=
segue_hear "$segue_engine" image ls -q --no-trunc --filter dangling=true \
  --filter "label=segue.image.project=$segue_project" || segue_answer=
if [ -n "$segue_answer" ]; then
  segue_found=$("$segue_engine" image inspect --format '{{.ID}} {{index .Config.Labels "segue.image.environment"}}' -- \
    $segue_answer 2>/dev/null)
  segue_nameless=$(printf '%s\n' "$segue_found" | while read -r segue_id segue_line; do
    [ -n "$segue_id" ] && [ "${segue_line:-_}" = "$segue_environment" ] && printf ' sha256:%s' "${segue_id#sha256:}"
  done)
fi
)sh";

// All images that a record names, by one call: which of them are wanted is not known yet.
constexpr std::string_view kRecordedImages = R"sh(
segue_ids=
for segue_line in $(grep -oh '"image_id":"[A-Za-z0-9:]*"' "$segue_root/projects/$segue_project/$segue_environment/releases/"*.json 2>/dev/null); do
  segue_line=${segue_line#*:\"}
  segue_line=${segue_line%\"}
  case " $segue_ids " in *" $segue_line "*) ;; *) segue_ids="$segue_ids $segue_line" ;; esac
done
segue_ids="$segue_ids $segue_nameless"
[ "$segue_ids" != " " ] || return 0
segue_found=$("$segue_engine" image inspect --format "$segue_format" -- $segue_ids 2>/dev/null) ||
  segue_hear "$segue_engine" image ls -q || { segue_problem engine-down "$segue_answer"; return 0; }
printf '%s\n' "$segue_found" | while IFS= read -r segue_line; do
  [ -z "$segue_line" ] || segue_tell recorded-image "$segue_line"
done
return 0)sh";

// Who has the images that records name: containers of anybody's, and other identities.
constexpr std::string_view kRetention = R"sh(
segue_folder=$segue_root/projects/$segue_project/$segue_environment
while :; do
  segue_hear "$segue_engine" ps -aq --no-trunc || { segue_problem engine-down "$segue_answer"; return 0; }
  segue_ids=$segue_answer
  segue_inspect '{{.Image}} {{.Name}}'
  case $? in 0) break ;; 2) return 0 ;; esac
done
printf '%s\n' "$segue_answer" | while IFS= read -r segue_line; do
  [ -z "$segue_line" ] || segue_tell image-user "$segue_line"
done
segue_look_for_others
for segue_id in $(grep -oh '"image_id":"[A-Za-z0-9:]*"' "$segue_folder"/releases/*.json 2>/dev/null | sort -u | sed 's/.*:"\(.*\)"/\1/') $segue_nameless; do
  segue_claimed "$segue_id"
  [ -z "$segue_claims" ] || segue_tell image-claim "$segue_id$segue_claims"
done
grep -oh '"image":"[^"]*"' "$segue_folder"/releases/*.json 2>/dev/null | sort -u | sed 's/^"image":"//; s/"$//' |
  while IFS= read -r segue_line; do segue_tell recorded-name "$segue_line"; done
return 0)sh";

}  // namespace

std::string images_text(const FactsRequest& request) {
  // One call per image: the engine leaves out what it does not have, and order tells which is
  // which.
  std::string text =
      std::string(kLookForImage) +
      fmt::format("segue_format={}\n[ \"$segue_kind\" = docker ] || segue_format={}\n",
                  quote(Engine::image_format()), quote(Engine::image_format(EngineKind::podman)));
  if (request.retention)
    return text + highest_generation_text() + claims_text() + std::string(kNamelessImages) +
           fmt::format("segue_recorded() {{{}\n}}\nsegue_recorded\n", kRecordedImages) +
           std::string(kRetention);
  if (request.recorded) return text + "segue_nameless=\n" + std::string(kRecordedImages);
  for (size_t i = 0; i < request.images.size(); ++i) {
    const auto id = request.image_ids.find(request.images[i]);
    const std::string& image = id == request.image_ids.end() ? request.images[i] : id->second;
    text += fmt::format("segue_look_for {} {}\n", i, quote(image));
  }
  return text + "return 0";
}

}  // namespace segue
