#include "segue/host/image_transfer.hpp"

namespace segue {

Section tell_layers(const Engine& engine) {
  ShellText body("segue_answer=$(");
  body += engine.command({"image", "ls", "-q", "--no-trunc"});
  body.raw(") || { segue_problem engine-down \"$segue_answer\"; return 96; }\n");
  body.raw("[ -n \"$segue_answer\" ] || return 0\n");
  // An image that goes meanwhile makes this fail: what is printed is right nevertheless.
  body += engine.command({"image", "inspect", "--format", "{{json .RootFS.Layers}}", "--"});
  body.raw(" $segue_answer 2>/dev/null | sort -u | while IFS= read -r segue_line; do\n");
  body.raw("  [ -z \"$segue_line\" ] || segue_tell layers \"$segue_line\"\ndone\nreturn 0");
  return {"layers", std::move(body)};
}

namespace {

ShellText load(const Engine& engine) {
  ShellText body("segue_load() { ");
  body += engine.command({"load", "-q"});
  return body.raw(
      " <&7; }\nsegue_hear_long segue_load || { segue_problem image-load \"$segue_answer\"; "
      "return 96; }\n");
}

}  // namespace

Section receive_image(const Engine& engine, const std::string& image_id,
                      const std::string& reference) {
  ShellText body = load(engine);
  body.raw("segue_answer=$(");
  body += engine.command(
      {"image", "inspect", "--format", Engine::image_format(engine.kind()), "--", image_id});
  body.raw(" 2>/dev/null) || { segue_problem image-differs")
      .word(reference)
      .raw("; return 96; }\n");
  body.raw("segue_tell pulled").word(reference).raw(" \"$segue_answer\"\nsegue_hear ");
  body += engine.command({"tag", image_id, reference});
  body.raw(" || { segue_problem image-load \"$segue_answer\"; return 96; }");
  return {"load", std::move(body)};
}

Section receive_part(const Engine& engine, const std::string& part_id) {
  ShellText body = load(engine);
  body.raw("segue_hear ");
  body += engine.command({"image", "inspect", "--format", "x", "--", part_id});
  body.raw(" || { segue_problem image-load \"$segue_answer\"; return 96; }");
  return {"load", std::move(body)};
}

Section remove_parts(const Engine& engine, const std::vector<std::string>& part_ids) {
  std::vector<std::string> words{"image", "rm", "--"};
  words.insert(words.end(), part_ids.begin(), part_ids.end());
  ShellText body = engine.command(words);
  return {"parts", std::move(body.raw(" >/dev/null 2>&1\nreturn 0"))};
}

}  // namespace segue
