// What one host told us about itself in one probe.
#pragma once
#include "segue/model/container_facts.hpp"
#include "segue/model/engine_kind.hpp"
#include "segue/model/image_facts.hpp"
#include "segue/model/lock_facts.hpp"
#include "segue/model/proxy_port.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace segue {

// A listening port and a container's published ports, to find clashes before they happen.
struct PortFacts {
  int port = 0;
  std::string protocol;   // "tcp"
  std::string container;  // name; empty: some other process
};

// A container of anybody's: its name could be in our way.
struct ContainerName {
  std::string name;
  std::string project;  // label; empty: not ours
  std::string environment;
  std::string service;
};

struct VolumeFacts {
  std::string name;
  std::string project;  // labels; empty: not ours
  std::string environment;
};

// A file of the proxy's routes, of anybody's: its checksum and what its first line says.
struct RouteFacts {
  std::string sum;        // as cksum prints it
  int blue_replicas = 0;  // that the slots' lists name
  int green_replicas = 0;
  std::string path;  // prefix; empty: every path
  bool https = false;
  std::vector<std::string> names;  // "*": every host name; empty: no route, only probes
  std::vector<ProxyPort> ports;    // that lead to the service alone
};

struct ProxyFacts {
  std::optional<ContainerFacts> container;
  std::string image;                         // what the one that runs is from, as it is called
  std::string image_id;                      // the container's own, or that of its last upgrade
  std::vector<int> ports;                    // host ports it publishes
  std::map<std::string, RouteFacts> routes;  // by file name
  // File name -> release whose deploy has changed it and has not ended yet.
  std::map<std::string, std::string> changed_by;
};

struct HostFacts {
  std::string host;  // the server's name
  EngineKind engine_kind = EngineKind::docker;
  std::string engine_path;     // absolute
  std::string engine_version;  // of the server
  std::string architecture;    // amd64, arm64
  int cpus = 0;                // 0: unknown
  long long memory = 0;        // bytes; 0: unknown
  bool has_gpus = false;       // the engine can give them to containers
  bool has_init = true;        // the engine has a program for `init`
  // Of rootless Podman: cgroup controllers by which it can limit, as in "cpu memory pids".
  std::string controllers;
  std::string machine_id;
  std::string login_home;  // of who logs in: an absolute path
  std::string engine_id;
  bool rootless = false;        // Podman of an ordinary user
  std::string network_backend;  // of Podman: "netavark", "cni", or "netavark without aardvark-dns"
  int first_port = 1;           // the lowest that the engine's user may listen on
  bool lingers = true;          // rootless: processes of that user outlive his login
  std::string boot_unit;  // Podman: cksum of what starts containers at boot; "none": no systemd
  std::vector<std::string> addresses;  // aliases that have a fixed address here
  std::string boot_id;
  long long uptime = 0;  // hundredths of a second
  // Wall time in seconds since 1970: only to be compared with times that the same host wrote.
  long long clock = 0;
  std::string state_root;
  std::string engine_root;        // where the engine keeps images and containers
  long long free_kib = 0;         // where the state is
  long long engine_free_kib = 0;  // where the engine keeps images and containers
  LockFacts lock;
  std::string journal;                     // of this identity, raw
  bool script_alive = false;               // a script of an earlier client still runs
  std::string salt;                        // of this identity's network; empty: no network yet
  std::vector<std::string> networks;       // names of all that are there
  std::vector<ContainerFacts> containers;  // every one with our labels, any identity
  std::vector<ContainerFacts> commands;    // those in which `release` commands run, or ran
  std::vector<ContainerName> names;        // every container at all
  std::vector<PortFacts> ports;
  std::vector<VolumeFacts> volumes;
  std::map<std::string, ImageFacts> images;    // by reference, those that were asked for
  std::map<std::string, std::string> tokens;   // service -> "green" or "blue"
  std::map<std::string, std::string> live;     // service -> release, from the commit files
  std::map<std::string, std::string> records;  // release -> record as JSON, newest few
  int highest_sequence = 0;
  std::map<std::string, int> let_go;  // image id -> newest release when retention let go of it
  // Of images that records of this identity name, by id, where that was asked for:
  std::map<std::string, std::vector<std::string>> image_users;   // containers of anybody's: names
  std::map<std::string, std::vector<std::string>> image_claims;  // identities that have it too
  std::set<std::string> recorded_names;                          // of images, in any record
  std::set<std::string>
      contents;  // names of those that were asked for, and of what is made of them
  // Of those that were asked for and are not there: bytes of their archive that came before the
  // connection was lost.
  std::map<std::string, unsigned long long> partial_contents;
  int content_count = 0;       // of all there are, with what came of uploads that were cut
  std::set<std::string> kept;  // folders that applications write into, of those asked for
  bool selinux = false;        // it is enforced
  ProxyFacts proxy;

  std::vector<const ContainerFacts*> of_service(const std::string& project,
                                                const std::string& environment,
                                                const std::string& service) const;
};

}  // namespace segue
