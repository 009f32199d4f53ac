// What becomes of one request of a host to what is lent to it: only GET and HEAD of what the loan
// names, by its digest, and with the loan's credentials. Pure text.
//   const LentRequest request = read_lent_request(head, loan);
//   request.to_registry.empty() ? send(request.answer, request.data) :
//   ask_registry(request.to_registry)
#pragma once
#include "segue/remote/registry_loan.hpp"

#include <string>
#include <string_view>

namespace segue {

struct LentRequest {
  std::string to_registry;  // made anew, so that nothing else of it gets there; one per connection
  std::string answer;       // when no registry is asked
  DataReader data = nullptr;  // what follows the answer
  size_t turn = 0;            // of that data
};

// `head` ends with the empty line after its header lines.
LentRequest read_lent_request(std::string_view head, const RegistryLoan& loan);

// Engines try TLS first; whoever speaks no HTTP is told so at once.
bool is_http(std::string_view begun);
std::string not_http_answer();

}  // namespace segue
