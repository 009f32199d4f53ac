// Replaces every ${NAME} in the texts of a document, once: by a clear value of the `environment`
// that is in force there (a service's own before the shared one), in an image also by --version.
// What `environment` lists as a secret, or the world outside has, makes the whole text a secret,
// which may stand in few places (rules E6): it keeps its ${NAME}, is marked, and is never filled in
// here.
//   host: ${DOMAIN}               ->  host: shop.example.com
//   clear: {URL: "db:${PASSWORD}"} ->  the same text, with YamlNode::secret
#pragma once
#include "problems.hpp"
#include "yaml_node.hpp"

#include "segue/config/load.hpp"

namespace segue {

YamlNodePointer interpolate(const YamlNodePointer& root, const LoadRequest& request,
                            Problems& problems);

}  // namespace segue
