// What a .dockerignore leaves out of a build's context, as Docker and Podman read it.
//   const IgnoreRules rules("node_modules\n*.log\n!keep.log\n");
//   rules.ignores("node_modules/left-pad/index.js")
// Whoever builds reads the file once more, so a rule that is not understood here leaves nothing
// out.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace segue {

class IgnoreRules {
 public:
  IgnoreRules() = default;
  explicit IgnoreRules(std::string_view text);

  // That of a file right in the context stays in it, whatever the rules say.
  void keep(const std::string& name) { rules_.push_back({{name}, true, true}); }

  // A path below the context, without `./` before it; the last rule that is for it decides.
  bool ignores(std::string_view path) const;

  // With these, something in a folder that is ignored may not be.
  bool has_exceptions() const { return has_exceptions_; }

 private:
  struct Rule {
    std::vector<std::string> parts;  // of its path; `**` stands for any number of them
    bool is_exception = false;
    bool is_understood = true;
  };
  static bool is_for(const Rule& rule, const std::vector<std::string>& path);

  std::vector<Rule> rules_;
  bool has_exceptions_ = false;
};

}  // namespace segue
