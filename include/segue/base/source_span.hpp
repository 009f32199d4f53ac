// A place in a file that a person wrote: what an error points its caret at.
//   deploy.yml:12:5: services.web.imagee: unknown key
#pragma once
#include <string>

namespace segue {

struct SourceSpan {
  std::string file;
  int line = 0;    // 1-based; 0 when the whole file is meant
  int column = 0;  // 1-based, in bytes
  int length = 1;  // bytes to underline, on that line
};

}  // namespace segue
