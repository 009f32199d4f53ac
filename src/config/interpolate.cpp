#include "interpolate.hpp"

#include "names.hpp"
#include "scalar.hpp"
#include "schema.hpp"

#include "segue/base/edit_distance.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace segue {
namespace {

constexpr size_t kMostMebibytes = 4;  // that all texts may become together
constexpr size_t kMostBytes = kMostMebibytes * 1024 * 1024;
constexpr std::string_view kVersion = "VERSION";

// One `environment` section: what its names stand for.
struct Names {
  std::map<std::string, const YamlNode*, std::less<>> clear;
  std::set<std::string, std::less<>> secrets;
};

Names names_of(const YamlNode& section) {
  Names names;
  const YamlEntry* environment = section.find("environment");
  if (environment == nullptr) return names;
  if (const YamlEntry* clear = environment->value->find("clear"))
    for (const YamlEntry& entry : clear->value->entries) names.clear[entry.key] = entry.value.get();
  if (const YamlEntry* secrets = environment->value->find("secrets"))
    for (const YamlNodePointer& item : secrets->value->items) names.secrets.insert(item->text);
  return names;
}

// A place in the document: keys from the top, those that the user chose as `*`.
class Place {
 public:
  explicit Place(std::string pattern) : pattern_(std::move(pattern)) {}

  Place below(const std::string& key) const {
    if (pattern_.empty()) return Place(key);
    const bool named = pattern_ == "services" || pattern_ == "servers";
    return Place(pattern_ + "." + (named ? "*" : key));
  }
  bool is_service() const { return pattern_ == "services.*"; }
  bool is_image() const { return pattern_ == "services.*.image"; }
  bool has_own_keys() const { return !schema_children(pattern_).empty(); }
  bool may_be_secret() const {
    return pattern_.starts_with("environment.clear.") ||
           pattern_.starts_with("services.*.environment.clear.") ||
           pattern_ == "builder.registry.password" || pattern_ == "ssh.key_passphrase" ||
           pattern_ == "servers.*.key_passphrase";
  }

 private:
  std::string pattern_;
};

std::string text_of(const YamlEntry* entry) {
  return entry != nullptr && entry->value->kind == YamlNode::Kind::scalar ? entry->value->text : "";
}

class Interpolation {
 public:
  Interpolation(const YamlNode& root, const LoadRequest& request, Problems& problems)
      : request_(request),
        problems_(problems),
        has_adapter_(root.find("secrets") != nullptr),
        secrets_path_(text_of(root.find("secrets_path"))),
        scopes_{names_of(root)} {}

  YamlNodePointer node(const YamlNodePointer& given, const Place& place) {
    switch (given->kind) {
      case YamlNode::Kind::map:
        return map(given, place);
      case YamlNode::Kind::list:
        return list(given, place);
      case YamlNode::Kind::scalar:
        return contains(given->text, "$") ? text(*given, place) : given;
      case YamlNode::Kind::null:
        break;
    }
    return given;
  }

 private:
  YamlNodePointer map(const YamlNodePointer& given, const Place& place) {
    if (place.is_service()) scopes_.push_back(names_of(*given));
    std::shared_ptr<YamlNode> changed;
    for (size_t i = 0; i < given->entries.size(); ++i) {
      const YamlEntry& entry = given->entries[i];
      if (entry.key.starts_with("x-") && place.has_own_keys()) continue;
      replace(changed, *given, node(entry.value, place.below(entry.key)),
              [i](auto& all) -> auto& { return all.entries[i].value; });
    }
    if (place.is_service()) scopes_.pop_back();
    return changed ? changed : given;
  }

  YamlNodePointer list(const YamlNodePointer& given, const Place& place) {
    std::shared_ptr<YamlNode> changed;
    for (size_t i = 0; i < given->items.size(); ++i)
      replace(changed, *given, node(given->items[i], place),
              [i](auto& all) -> auto& { return all.items[i]; });
    return changed ? changed : given;
  }

  // Copies what holds a value only when that has become another one: most hold no ${NAME}.
  template <class Slot>
  static void replace(std::shared_ptr<YamlNode>& changed, const YamlNode& given,
                      YamlNodePointer value, const Slot& slot) {
    if (slot(changed ? *changed : given) == value) return;
    if (!changed) changed = std::make_shared<YamlNode>(given);
    slot(*changed) = std::move(value);
  }

  struct Text {
    std::string clear;   // as it is
    std::string secret;  // as it would be written: `$$` for a dollar, ${NAME} for secrets
    bool is_secret = false;
    bool has_version = false;
    void add(std::string_view plain) {
      clear += plain;
      secret += replace_all(std::string(plain), "$", "$$");
    }
  };

  YamlNodePointer text(const YamlNode& given, const Place& place) {
    auto result = std::make_shared<YamlNode>(given);
    Text text;
    const std::string_view whole = given.text;
    size_t from = 0;
    while (const auto variable = find_variable(whole.substr(from))) {
      text.add(expand_dollars(whole.substr(from, variable->at)));
      const size_t length = variable->name.size() + (variable->closed ? 3 : 2);
      if (!add_variable(text, *variable, part_of(given, from + variable->at, length), place))
        result->broken = true;
      if (!variable->closed) break;
      from += variable->at + length;
      if (!fits(text, given)) break;
    }
    if (result->broken) return result;
    text.add(expand_dollars(whole.substr(from)));
    result->broken = !fits(text, given);
    total_ += text.clear.size();
    result->secret = text.is_secret;
    if (text.has_version) result->unversioned = given.text;
    result->text = text.is_secret ? text.secret : text.clear;
    return result;
  }

  bool fits(const Text& text, const YamlNode& given) {
    if (total_ + text.clear.size() <= kMostBytes) return true;
    if (!std::exchange(too_long_, true))
      problems_.add(
          given.at,
          fmt::format("with every ${{NAME}} replaced, the texts of this file become longer "
                      "than {} MiB",
                      kMostMebibytes));
    return false;
  }

  bool add_variable(Text& text, const Variable& variable, const SourceSpan& at,
                    const Place& place) {
    const std::string shown = fmt::format("`${{{}}}`", visible(variable.name));
    if (!variable.closed) return wrong(at, "this ${ is never closed", "$$ is a dollar");
    if (!check_variable_name(variable.name))
      return wrong(at, shown + " is no variable",
                   "only ${NAME}, letters, digits and _; $$ is a dollar");
    if (variable.name == kVersion && place.is_image()) {
      if (!request_.version)
        return wrong(at, "the image needs a version for ${VERSION}", "give --version");
      text.add(*request_.version);
      text.has_version = true;
      return true;
    }
    for (size_t i = scopes_.size(); i-- > 0;) {
      if (const auto clear = scopes_[i].clear.find(variable.name); clear != scopes_[i].clear.end())
        return add_clear(text, *clear->second, shown, at);
      if (scopes_[i].secrets.contains(variable.name))
        return add_secret(text, variable.name, shown, at, place);
    }
    if (exists_outside(variable.name, place))
      return add_secret(text, variable.name, shown, at, place);
    return undefined(variable.name, shown, at);
  }

  // An adapter is asked later, and only where its answer may stand.
  bool exists_outside(const std::string& name, const Place& place) const {
    if (request_.has_secret && request_.has_secret(name, secrets_path_)) return true;
    return place.may_be_secret() && (has_adapter_ || !request_.has_secret);
  }

  bool add_clear(Text& text, const YamlNode& value, const std::string& shown,
                 const SourceSpan& at) {
    if (value.kind != YamlNode::Kind::scalar)
      return wrong(at, shown + " has no text in `environment.clear`",
                   fmt::format("it is at {}:{}", value.at.file, value.at.line));
    if (find_variable(value.text))
      return wrong(at, shown + " stands for a text with a variable of its own",
                   fmt::format("write it out here; it is at {}:{}", value.at.file, value.at.line));
    text.add(expand_dollars(value.text));
    return true;
  }

  bool add_secret(Text& text, const std::string& name, const std::string& shown,
                  const SourceSpan& at, const Place& place) {
    if (!place.may_be_secret())
      return wrong(at, shown + " is a secret, which would be seen here",
                   "secrets go into the values of `environment.clear`; what may be seen is defined "
                   "there, not in .env");
    text.is_secret = true;
    text.secret += "${" + name + "}";
    return true;
  }

  bool undefined(const std::string& name, const std::string& shown, const SourceSpan& at) {
    std::vector<std::string> known;
    for (const Names& names : scopes_) {
      for (const auto& [clear, value] : names.clear) known.push_back(clear);
      known.insert(known.end(), names.secrets.begin(), names.secrets.end());
    }
    std::string hint = "define it in `environment.clear`, or as a secret; $$ is a dollar";
    if (name == kVersion) hint = "only an `image` knows it: what --version names; $$ is a dollar";
    if (problems_.may_suggest())
      if (const auto meant = nearest(name, known))
        hint = fmt::format("did you mean ${{{}}}?", *meant);
    return wrong(at, shown + " is not defined", hint);
  }

  bool wrong(const SourceSpan& at, std::string what, std::string hint) {
    problems_.add(at, std::move(what), std::move(hint));
    return false;
  }

  const LoadRequest& request_;
  Problems& problems_;
  bool has_adapter_;
  std::string secrets_path_;
  std::vector<Names> scopes_;  // the innermost is last
  size_t total_ = 0;
  bool too_long_ = false;
};

}  // namespace

YamlNodePointer interpolate(const YamlNodePointer& root, const LoadRequest& request,
                            Problems& problems) {
  if (root->kind != YamlNode::Kind::map) return root;
  return Interpolation(*root, request, problems).node(root, Place(""));
}

}  // namespace segue
