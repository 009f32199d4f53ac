#include "segue/script/shell_text.hpp"

#include "segue/base/check.hpp"
#include "segue/script/quote.hpp"

namespace segue {

ShellText& ShellText::raw(std::string_view syntax) {
  if (syntax.empty()) return *this;
  if (!parts_.empty() && std::holds_alternative<std::string>(parts_.back())) {
    std::get<std::string>(parts_.back()) += syntax;
  } else {
    parts_.emplace_back(std::string(syntax));
  }
  return *this;
}

ShellText& ShellText::word(std::string_view value) {
  return raw(" " + quote(value));
}

ShellText& ShellText::words(const std::vector<std::string>& values) {
  for (const std::string& value : values) word(value);
  return *this;
}

ShellText& ShellText::secret_assignment(std::string_view name, std::string_view key) {
  return raw(std::string(name) + "=").secret_value(key).raw(" ");
}

ShellText& ShellText::secret_value(std::string_view name) {
  parts_.emplace_back(SecretName{std::string(name)});
  return *this;
}

ShellText& ShellText::operator+=(const ShellText& other) {
  for (const auto& part : other.parts_) {
    if (const auto* syntax = std::get_if<std::string>(&part)) {
      raw(*syntax);
    } else {
      parts_.push_back(part);
    }
  }
  return *this;
}

std::string ShellText::render(const Values& values) const {
  std::string text;
  for (const auto& part : parts_) {
    if (const auto* syntax = std::get_if<std::string>(&part)) {
      text += *syntax;
    } else {
      text += quote(values(std::get<SecretName>(part).name).reveal());
    }
  }
  return text;
}

std::string ShellText::without_secrets() const {
  static const Secret hidden("[secret]");
  return render([](const std::string&) -> const Secret& { return hidden; });
}

}  // namespace segue
