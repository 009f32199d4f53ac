// Text for a POSIX sh that may contain secrets by name. It is printable and comparable without
// knowing any secret; only rendering, at the moment of sending, puts the values in, quoted.
//   ShellText run;
//   run.secret_assignment("TOKEN").raw("docker run -e TOKEN").word(image);
#pragma once
#include "segue/base/secret.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace segue {

class ShellText {
 public:
  using Values = std::function<const Secret&(const std::string& name)>;

  ShellText() = default;
  explicit ShellText(std::string_view syntax) { raw(syntax); }

  ShellText& raw(std::string_view syntax);  // as it stands
  ShellText& word(std::string_view value);  // a blank, then the value quoted
  ShellText& words(const std::vector<std::string>& values);
  // NAME='value' and a blank; the value is kept by `key`.
  ShellText& secret_assignment(std::string_view name, std::string_view key);
  ShellText& secret_assignment(std::string_view name) { return secret_assignment(name, name); }
  ShellText& secret_value(std::string_view name);  // 'value'
  ShellText& operator+=(const ShellText& other);

  bool empty() const { return parts_.empty(); }
  std::string render(const Values& values) const;
  std::string without_secrets() const;  // each value shown as [secret]

 private:
  struct SecretName {
    std::string name;
  };
  std::vector<std::variant<std::string, SecretName>> parts_;
};

}  // namespace segue
