#include "trust.hpp"

#include "state_folder.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kLongestProgram = size_t{16} << 20;

bool is_in_project(const std::string& path) {
  const std::vector<std::string> parts = split(path, '/');
  return !path.empty() && path.front() != '/' && std::ranges::count(parts, "..") == 0;
}

// Of everything that decides about what runs. Words are told apart by what no word can hold.
std::string wish_hash(App& app, const TrustWish& wish) {
  const std::string folder =
      wish.folder.starts_with('/') ? wish.folder : working_folder() + "/" + wish.folder;
  std::string text = folder + '\0';
  for (const std::string& word : wish.words) text += word + '\0';
  for (const std::string& program : wish.programs) {
    if (!is_in_project(program)) continue;
    const auto content = app.files.read(folder + "/" + program, kLongestProgram);
    if (content) text += sha256_hex(*content) + '\0';
  }
  return sha256_hex(text);
}

std::string trust_file(App& app, const TrustWish& wish) {
  return state_folder() + "/trusted/" + wish_hash(app, wish);
}

Result<> remember(App& app, const TrustWish& wish) {
  const std::string file = trust_file(app, wish);
  if (app.files.exists(file)) return {};
  TRY(app.files.make_directories(state_folder() + "/trusted", 0700));
  return app.files.write(file, visible(wish.shown) + "\n", 0600);
}

}  // namespace

bool is_trusted(App& app, const TrustWish& wish) {
  return app.files.exists(trust_file(app, wish));
}

Result<> ask_for_trust(App& app, const TrustWish& wish, bool yes) {
  if (is_trusted(app, wish)) return {};
  if (!yes && !app.options.interactive)
    return fail(Code::usage, fmt::format("deploy.yml wants to run on this machine: {}", wish.shown),
                "nobody has agreed to that yet: run `segue plan` on a terminal and say yes once, "
                "or add -y");
  if (!yes) {
    app.reporter.note(fmt::format("{} to run on this machine: {}", wish.who, visible(wish.shown)));
    TRY_ASSIGN(const bool agreed,
               ask_yes_no("Run it, now and whenever it is the same?", app.signals.wake_fd()));
    if (!agreed) return fail(Code::failed, "not confirmed: nothing was run");
  }
  const auto remembered = remember(app, wish);
  if (!remembered) app.reporter.note("the yes can't be remembered: " + remembered.error().what);
  return {};
}

}  // namespace segue
