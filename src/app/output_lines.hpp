// What a program prints, shown line by line as it comes, with its service in front; its last lines
// are kept for whoever has to say why it failed.
//   request.on_output = [&](std::string_view bytes) { lines.add(bytes); };
#pragma once
#include "segue/base/redactions.hpp"
#include "segue/ui/reporter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

class OutputLines {
 public:
  OutputLines(Reporter& reporter, std::string service, const Redactions& redactions)
      : reporter_(reporter), service_(std::move(service)), redactions_(redactions) {}

  void add(std::string_view bytes);
  void end_line();
  std::string last() const;

 private:
  Reporter& reporter_;
  std::string service_;
  const Redactions& redactions_;
  std::string line_;
  std::vector<std::string> last_;
};

}  // namespace segue
