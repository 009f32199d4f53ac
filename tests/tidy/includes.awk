# Holds every #include of the modules against src/modules.list, which is read first.
#   awk -v list=src/modules.list -v sources=FILE -f includes.awk src/modules.list SOURCE...
BEGIN {
  split("thread mutex shared_mutex condition_variable future stop_token semaphore latch barrier " \
        "fstream iostream filesystem csignal ctime random", words, " ")
  for (i in words) forbidden_in_core[words[i]] = 1
  split("os remote", words, " ")
  for (i in words) may_call_system[words[i]] = 1
  while ((getline line < sources) > 0) exists[line] = 1
  core = 1
}

FILENAME == list {
  if ($0 !~ /^[a-z]+ *\|/) next
  split($0, columns, "|")
  module = trim(columns[1])
  known[module] = 1
  if (module == "os") core = 0
  is_core[module] = core
  count = split(columns[2], names, " ")
  for (i = 1; i <= count; i++) {
    if (!(names[i] in known)) complain(FILENAME, FNR, "names " names[i] " before its own line")
    edge[module, names[i]] = 1
  }
  count = split(columns[3], names, " ")
  for (i = 1; i <= count; i++) library[module, names[i]] = 1
  next
}

FNR == 1 { module = module_of(FILENAME) }

/^[ \t]*#[ \t]*include[ \t]/ {
  target = $0
  sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
  is_quoted = target ~ /^"/
  sub(/^[<"]/, "", target)
  sub(/[>"].*$/, "", target)
  if (target ~ /^segue\//) check_own(target)
  else if (is_quoted) check_private(target)
  else check_outside(target)
}

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
function complain(file, line, what) { print file ":" line ": " what }

# "" for src/main.cpp and its like, which wire everything and may include what cli may, and cli.
function module_of(file,   parts, count) {
  count = split(file, parts, "/")
  if (parts[1] == "include") return count > 3 ? parts[3] : ""
  return count > 2 ? parts[2] : ""
}

function check_own(target,   parts, other) {
  split(target, parts, "/")
  other = parts[2]
  if (!(("include/" target) in exists)) complain(FILENAME, FNR, "no such public header: " target)
  else if (module == "") { if (other != "cli") complain(FILENAME, FNR, "main may include cli only") }
  else if (!(module in known)) complain(FILENAME, FNR, "module " module " is not in src/modules.list")
  else if (other != module && !((module, other) in edge))
    complain(FILENAME, FNR, module " may not include " other " (src/modules.list)")
}

function check_private(target,   folder) {
  if (target == "segue_version.hpp") {
    if (module != "cli") complain(FILENAME, FNR, "only cli knows the version")
    return
  }
  folder = module == "" ? "src/" : "src/" module "/"
  if (FILENAME ~ /^include\//)
    complain(FILENAME, FNR, "a public header includes no private one: " target)
  else if (target ~ /\// || !((folder target) in exists))
    complain(FILENAME, FNR, "no private header of " folder ": " target)
}

function check_outside(target,   name) {
  if (target ~ /^libssh2/) name = "libssh2"
  else if (target ~ /^(fmt|tl|yaml-cpp|nlohmann|CLI|spdlog|openssl)\//) { name = target; sub(/\/.*/, "", name) }
  else if (target ~ /\.h(pp)?$|\//) {
    if (!(module in may_call_system))
      complain(FILENAME, FNR, "system header <" target "> outside of os and remote")
    return
  } else {
    if (is_core[module] && target in forbidden_in_core)
      complain(FILENAME, FNR, "<" target "> in " module ", which must stay pure")
    return
  }
  if (!((module, name) in library))
    complain(FILENAME, FNR, module " may not include the library " name " (src/modules.list)")
}
