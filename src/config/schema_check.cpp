#include "schema_check.hpp"

#include "scalar.hpp"
#include "schema.hpp"

#include "segue/base/duration.hpp"
#include "segue/base/edit_distance.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

constexpr size_t kLongestWord = 64;  // a longer one is no slip of the pen

std::string joined(std::string_view parent, std::string_view name) {
  return parent.empty() ? std::string(name) : fmt::format("{}.{}", parent, name);
}

class Checker {
 public:
  explicit Checker(Problems& problems) : problems_(problems) {}

  // `pattern` is the path in the table, `shown` the same with the user's names.
  void section(const YamlNode& node, const std::string& pattern, const std::string& shown,
               const SourceSpan& at) {
    const auto known = schema_children(pattern);
    std::set<std::string> meant;  // by keys with a slip in them: those are not missing
    for (const YamlEntry& entry : node.entries) {
      if (entry.key.starts_with("x-")) continue;
      const auto key =
          std::ranges::find_if(known, [&](const auto* row) { return row->name() == entry.key; });
      if (key == known.end())
        meant.insert(unknown_key(entry, known, shown));
      else
        known_key(**key, entry, joined(shown, entry.key));
    }
    for (const SchemaKey* key : known) {
      const std::string name(key->name());
      const auto is_there = [&](const std::string& wanted) {
        return node.find(wanted) != nullptr || meant.count(wanted) != 0;
      };
      if (key->required && !is_there(name) && (key->unless.empty() || !is_there(key->unless)))
        problems_.add(at, fmt::format("`{}` is missing", joined(shown, name)),
                      key->unless.empty()
                          ? fmt::format("{}: {}", name, key->doc)
                          : fmt::format("{}: {}; or `{}`", name, key->doc, key->unless));
    }
  }

 private:
  // Returns the key that was probably meant, else nothing.
  std::string unknown_key(const YamlEntry& entry, const std::vector<const SchemaKey*>& known,
                          const std::string& shown) {
    std::vector<std::string> names;
    std::vector<std::string> working;
    for (const SchemaKey* key : known) {
      names.emplace_back(key->name());
      if (key->status == KeyStatus::works) working.push_back(names.back());
    }
    const std::string where = shown.empty() ? "" : fmt::format(" in `{}`", shown);
    const std::string what = fmt::format("unknown key \"{}\"{}", visible(entry.key), where);
    if (entry.key.size() < kLongestWord && problems_.may_suggest()) {
      if (const auto meant = nearest(entry.key, names)) {
        problems_.add(entry.key_at, what, fmt::format("did you mean \"{}\"?", *meant));
        return *meant;
      }
    }
    const SchemaKey* elsewhere = key_named(entry.key);
    if (elsewhere == nullptr)
      problems_.add(entry.key_at, what, fmt::format("known here: {}", join(working, ", ")));
    else if (elsewhere->parent().empty())
      problems_.add(entry.key_at, what, "it belongs at the top level");
    else
      problems_.add(entry.key_at, what,
                    fmt::format("it belongs in `{}`",
                                replace_all(std::string(elsewhere->parent()), "*", "<name>")));
    return {};
  }

  static const SchemaKey* key_named(const std::string& name) {
    for (const SchemaKey& key : schema())
      if (key.name() == name && key.status == KeyStatus::works) return &key;
    return nullptr;
  }

  void known_key(const SchemaKey& key, const YamlEntry& entry, const std::string& shown) {
    if (key.status == KeyStatus::not_yet) {
      problems_.not_yet(entry.key_at, shown);
      return;
    }
    if (key.status == KeyStatus::no_effect) {
      problems_.note(entry.key_at, fmt::format("`{}` has no effect", shown), "remove it");
      return;
    }
    const YamlNode& value = *entry.value;
    if (value.kind == YamlNode::Kind::null) {
      problems_.add(value.at, fmt::format("`{}` has no value", shown),
                    fmt::format("give it {}, or remove it", expected(key)));
      return;
    }
    if (value.kind == YamlNode::Kind::map)
      map_value(key, entry, shown);
    else if (value.kind == YamlNode::Kind::list)
      list_value(key, value, shown);
    else
      scalar_value(key, value, shown);
  }

  void map_value(const SchemaKey& key, const YamlEntry& entry, const std::string& shown) {
    const YamlNode& value = *entry.value;
    switch (key.shape) {
      case Shape::section:
        section(value, key.path, shown, entry.key_at);
        return;
      case Shape::named_sections:
        named_sections(key, entry, shown);
        return;
      case Shape::text_map:
        text_map(value, shown);
        return;
      case Shape::flag_or_map:
      case Shape::text_or_map:
        section(value, key.path, shown, entry.key_at);
        return;
      case Shape::limits:  // read_resources judges what is in it
        return;
      default:
        wrong_type(key, value, shown);
    }
  }

  void named_sections(const SchemaKey& key, const YamlEntry& entry, const std::string& shown) {
    if (entry.value->entries.empty())
      problems_.add(entry.key_at, fmt::format("`{}` is empty", shown), "name at least one");
    for (const YamlEntry& named : entry.value->entries) {
      const std::string name = joined(shown, named.key);
      if (named.value->kind == YamlNode::Kind::map)
        section(*named.value, key.path + ".*", name, named.key_at);
      else
        problems_.add(named.value->at, fmt::format("`{}` must be a map of keys, not {}",
                                                   visible(name), describe(*named.value)));
    }
  }

  void text_map(const YamlNode& value, const std::string& shown) {
    for (const YamlEntry& entry : value.entries) {
      const std::string name = joined(shown, entry.key);
      if (entry.value->kind == YamlNode::Kind::null)
        problems_.add(entry.value->at, fmt::format("`{}` has no value", visible(name)),
                      "write \"\" for an empty one");
      else if (entry.value->kind != YamlNode::Kind::scalar)
        problems_.add(entry.value->at, fmt::format("`{}` must be text, not {}", visible(name),
                                                   describe(*entry.value)));
      else
        is_known(*entry.value);
    }
  }

  void list_value(const SchemaKey& key, const YamlNode& value, const std::string& shown) {
    if (key.shape == Shape::sections || key.shape == Shape::uploads) {
      list_of_sections(key, value, shown);
      return;
    }
    if (key.shape == Shape::raw_list) {
      raw_list(value, shown);
      return;
    }
    const bool texts = key.shape == Shape::text_list || key.shape == Shape::text_or_list ||
                       key.shape == Shape::flag_or_texts;
    if (!texts && key.shape != Shape::numbers) {
      wrong_type(key, value, shown);
      return;
    }
    for (size_t i = 0; i < value.items.size(); ++i) {
      const YamlNode& item = *value.items[i];
      const std::string name = fmt::format("{}[{}]", shown, i);
      if (item.kind == YamlNode::Kind::scalar)
        item_value(key, item, name);
      else
        problems_.add(item.at, fmt::format("`{}` must be {}, not {}", name,
                                           texts ? "text" : "a whole number", describe(item)));
    }
  }

  void list_of_sections(const SchemaKey& key, const YamlNode& value, const std::string& shown) {
    const bool texts_too = key.shape == Shape::uploads;
    if (value.items.empty() && !texts_too)
      problems_.add(value.at, fmt::format("`{}` is empty", shown),
                    "name at least one, or remove it");
    for (size_t i = 0; i < value.items.size(); ++i) {
      const YamlNode& item = *value.items[i];
      const std::string name = fmt::format("{}[{}]", shown, i);
      if (item.kind == YamlNode::Kind::map)
        section(item, key.path + "[]", name, item.at);
      else if (texts_too && item.kind == YamlNode::Kind::scalar)
        is_known(item);
      else
        problems_.add(item.at, fmt::format("`{}` must be {}a map of keys, not {}", name,
                                           texts_too ? "text, or " : "", describe(item)));
    }
  }

  void raw_list(const YamlNode& value, const std::string& shown) {
    for (size_t i = 0; i < value.items.size(); ++i) {
      const YamlNode& item = *value.items[i];
      if (item.kind == YamlNode::Kind::scalar)
        is_known(item);
      else if (item.kind != YamlNode::Kind::map)
        problems_.add(item.at, fmt::format("`{}[{}]` must be a map, or text, not {}", shown, i,
                                           describe(item)));
    }
  }

  void item_value(const SchemaKey& key, const YamlNode& item, const std::string& shown) {
    if (!is_known(item) || key.shape != Shape::numbers) return;
    report(read_number(item, {key.least, key.most}), item, shown);
  }

  void scalar_value(const SchemaKey& key, const YamlNode& value, const std::string& shown) {
    if (!is_known(value)) return;
    switch (key.shape) {
      case Shape::text:
      case Shape::text_or_map:
      case Shape::text_or_list:
      case Shape::flag_or_texts:
        return;
      case Shape::number:
      case Shape::numbers:
        report(read_number(value, {key.least, key.most}), value, shown);
        return;
      case Shape::flag:
      case Shape::flag_or_map:
        report(read_flag(value), value, shown);
        return;
      case Shape::duration:
        duration(value, shown);
        return;
      case Shape::choice:
        choice(key, value, shown);
        return;
      default:
        wrong_type(key, value, shown);
    }
  }

  void duration(const YamlNode& value, const std::string& shown) {
    const auto parsed = parse_duration(value.text);
    if (!parsed)
      problems_.add(value.at,
                    fmt::format("`{}` must be a length of time, not {}", shown, describe(value)),
                    parsed.error().hint);
    else if (parsed->count() == 0 && !shown.ends_with("readiness_delay") &&
             !shown.ends_with("pause") && !shown.ends_with("bake") &&
             !shown.ends_with("drain_timeout") && !shown.ends_with("stop_timeout"))
      problems_.add(value.at, fmt::format("`{}` must be longer than nothing", shown));
  }

  void choice(const SchemaKey& key, const YamlNode& value, const std::string& shown) {
    if (std::ranges::count(key.choices, value.text) != 0) return;
    const auto meant = nearest(value.text, key.choices);
    problems_.add(value.at,
                  fmt::format("`{}` must be one of {}, not {}", shown, join(key.choices, ", "),
                              describe(value)),
                  meant ? fmt::format("did you mean \"{}\"?", *meant) : "");
  }

  template <class T>
  bool report(const Result<T>& result, const YamlNode& value, const std::string& shown) {
    if (!result)
      problems_.add(value.at, fmt::format("`{}` {}", shown, result.error().what),
                    result.error().hint);
    return result.has_value();
  }

  // Whether there is a text to check.
  bool is_known(const YamlNode& value) {
    if (value.text.find('\0') == std::string::npos) return !value.broken;
    problems_.add(value.at, "the text contains a NUL byte");
    return false;
  }

  static std::string expected(const SchemaKey& key) {
    if (key.shape == Shape::choice) return "one of " + join(key.choices, ", ");
    return std::string(shape_name(key.shape));
  }

  void wrong_type(const SchemaKey& key, const YamlNode& value, const std::string& shown) {
    std::string hint;
    const std::string text = visible(value.text);
    const bool is_list = key.shape == Shape::text_list || key.shape == Shape::uploads;
    if (is_list && value.kind == YamlNode::Kind::scalar)
      hint = fmt::format("write {}: [{}{}{}]", key.name(), value.quoted ? "\"" : "", text,
                         value.quoted ? "\"" : "");
    problems_.add(value.at,
                  fmt::format("`{}` must be {}, not {}", shown, expected(key), describe(value)),
                  hint);
  }

  Problems& problems_;
};

}  // namespace

void check_schema(const YamlNode& root, Problems& problems) {
  const SourceSpan whole{root.at.file, 0, 0, 1};
  if (root.kind != YamlNode::Kind::map) {
    problems.add(root.kind == YamlNode::Kind::null ? whole : root.at,
                 fmt::format("the file must be a map of keys, not {}", describe(root)),
                 "`segue init` writes one");
    return;
  }
  Checker(problems).section(root, "", "", whole);
}

}  // namespace segue
