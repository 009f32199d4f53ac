// Certificates that the proxy obtains by itself: seeing whether they are there, and since when they
// are not, why.
//   see_certificates(engine, root, {{"shop.example.com", authority}})
// tells `certificate NAME SECONDS WHY` for each that is still pending; it never fails.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/engine/engine.hpp"
#include "segue/proxy/https_route.hpp"
#include "segue/script/section.hpp"

#include <string>
#include <vector>

namespace segue {

struct WantedCertificate {
  std::string name;
  CertificateAuthority authority;
};

// How long a deploy waits for one. An error of the authority ends the wait.
inline constexpr Duration kCertificateWait{30'000};

// Where Caddy keeps what an authority has signed: "acme-v02.api.letsencrypt.org-directory".
std::string authority_folder(const CertificateAuthority& authority);

// What was seen once is remembered in the state folder, so that the next deploy need not look.
Section see_certificates(const Engine& engine, const std::string& state_root,
                         const std::vector<WantedCertificate>& wanted);

// Tells `certificate NAME PEM`, its lines joined by `|`, or `certificate NAME pending WHY`.
Section read_certificates(const Engine& engine, const std::vector<WantedCertificate>& wanted);

// "the certificate of shop.example.com is pending after 3 s: WHY", of what the first one tells.
std::string pending_text(const std::string& told);

}  // namespace segue
