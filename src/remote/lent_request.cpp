#include "lent_request.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace segue {
namespace {

constexpr std::string_view kBefore = "/v2/";
constexpr std::string_view kAlgorithm = "sha256:";
constexpr size_t kDigits = 64;

bool is_digest(std::string_view text) {
  return text.size() == kAlgorithm.size() + kDigits && text.starts_with(kAlgorithm) &&
         text.find_first_not_of("0123456789abcdef", kAlgorithm.size()) == std::string_view::npos;
}

std::string answer(std::string_view status, std::string_view more = {}) {
  return fmt::format(
      "HTTP/1.1 {}\r\nDocker-Distribution-Api-Version: registry/2.0\r\n{}Content-Length: 0\r\n"
      "Connection: close\r\n\r\n",
      status, more);
}

// The path as a registry is to be asked for it; empty: the loan does not have it.
std::string lent_path(std::string_view path, const RegistryLoan& loan) {
  for (const std::string& image : loan.images) {
    const size_t at = image.find('@');
    const std::string repository = std::string(kBefore) + image.substr(0, at);
    const std::string digest = image.substr(at + 1);
    const std::string manifests = repository + "/manifests/";
    if (path == manifests + digest || path == manifests + lent_tag(digest))
      return manifests + digest;
    const std::string blobs = repository + "/blobs/";
    if (path.starts_with(blobs) && is_digest(path.substr(blobs.size()))) return std::string(path);
  }
  return {};
}

// Of the content of a path that is lent.
LentRequest give(const std::string& method, const std::string& path, const RegistryLoan& loan) {
  const std::string digest = path.substr(path.rfind('/') + 1);
  auto content = loan.contents(digest);
  if (!content) return {"", answer("404 Not Found")};
  LentRequest request;
  request.answer = fmt::format(
      "HTTP/1.1 200 OK\r\nDocker-Distribution-Api-Version: registry/2.0\r\n"
      "Docker-Content-Digest: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n",
      digest, content->type, content->size);
  request.turn = content->turn;
  if (method == "GET") request.data = std::move(content->data);
  return request;
}

struct Header {
  std::string name;  // lower case
  std::string value;
};

// Nothing when a line is none: then nobody knows what a registry would make of it.
std::vector<Header> read_headers(const std::vector<std::string>& lines, bool& sound) {
  std::vector<Header> headers;
  for (size_t i = 1; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const size_t colon = line.find(':');
    const bool printable =
        std::all_of(line.begin(), line.end(), [](char c) { return c == '\t' || c >= ' '; });
    sound = sound && colon != std::string_view::npos && printable;
    if (!sound) return {};
    headers.push_back(
        {lower_case(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  }
  return headers;
}

bool shows(const std::vector<Header>& headers, const Secret& credentials) {
  constexpr std::string_view kBasic = "basic ";
  return std::any_of(headers.begin(), headers.end(), [&](const Header& header) {
    return header.name == "authorization" &&
           lower_case(std::string_view(header.value).substr(0, kBasic.size())) == kBasic &&
           trim(std::string_view(header.value).substr(kBasic.size())) == credentials.reveal();
  });
}

}  // namespace

std::string lent_tag(const std::string& digest) {
  return replace_all(digest, ":", "-");
}

bool is_http(std::string_view begun) {
  return begun.empty() || (begun.front() >= 'A' && begun.front() <= 'Z');
}

std::string not_http_answer() {
  return answer("400 Bad Request");
}

LentRequest read_lent_request(std::string_view head, const RegistryLoan& loan) {
  const std::vector<std::string> lines = split_lines(head);
  const std::vector<std::string> words =
      lines.empty() ? std::vector<std::string>() : split_words(lines.front());
  bool sound = words.size() == 3 && words[2].starts_with("HTTP/1.");
  const std::vector<Header> headers = read_headers(lines, sound);
  if (!sound) return {"", not_http_answer()};
  if (words[0] != "GET" && words[0] != "HEAD")
    return {"", answer("405 Method Not Allowed", "Allow: GET, HEAD\r\n")};
  if (!shows(headers, loan.credentials))
    return {"", answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"segue\"\r\n")};
  if (words[1] == kBefore || words[1] + "/" == kBefore) return {"", answer("200 OK")};
  const std::string path = lent_path(words[1], loan);
  if (path.empty()) return {"", answer("403 Forbidden")};
  if (loan.contents) return give(words[0], path, loan);
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n",
                                 words[0], path, loan.port);
  for (const Header& header : headers)
    if (header.name == "accept" || header.name == "range")
      text += fmt::format("{}: {}\r\n", header.name, header.value);
  return {text + "\r\n", ""};
}

}  // namespace segue
