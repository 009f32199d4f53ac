// What `status`, `deploys list`, `images`, `lock status` and `proxy status` show to people.
#include "style.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"
#include "segue/host/images.hpp"
#include "segue/ui/plain_reporter.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// "2026-11-20T10:00:00.123Z" -> "2026-11-20 10:00:00"
std::string shown_time(const std::string& time) {
  std::string text = visible(time).substr(0, 19);
  if (text.size() > 10 && text[10] == 'T') text[10] = ' ';
  return text;
}

// "40 seconds", "3 hours", "12 days"
std::string age_text(long long seconds) {
  constexpr long long kMinute = 60;
  constexpr long long kHour = 60 * kMinute;
  constexpr long long kDay = 24 * kHour;
  if (seconds < 0) return "-";
  if (seconds < 2 * kMinute) return counted(seconds, "second");
  if (seconds < 2 * kHour) return counted(seconds / kMinute, "minute");
  if (seconds < 2 * kDay) return counted(seconds / kHour, "hour");
  return counted(seconds / kDay, "day");
}

size_t widest_name(const StatusView& view) {
  size_t width = 0;
  for (const ServiceView& service : view.services)
    for (const ContainerView& container : service.containers)
      width = std::max(width, container.name.size());
  return width;
}

std::string container_line(const ContainerView& container, size_t width) {
  std::string text = fmt::format("  {:<{}}  {:<9}  {:<10}  {:<9}", visible(container.name), width,
                                 container.role, visible(container.state), container.health);
  if (!container.started_at.empty()) text += "  since " + shown_time(container.started_at);
  if (container.restarts > 0) text += ", " + counted(container.restarts, "restart");
  return text;
}

// What hosts do not agree about.
std::vector<std::string> differences(const DeploysView& view) {
  std::vector<std::string> texts;
  for (const auto& [host, status] : view.disagree)
    texts.push_back(fmt::format("{} says: {}", host, status));
  if (!view.missing.empty()) texts.push_back("no record of it on " + join(view.missing, ", "));
  return texts;
}

std::string state_text(const ServiceRecord& service) {
  if (service.state == "changed" || (service.state.empty() && service.changed)) return "changed";
  if (service.state == "as_before") return "went back to what was before";
  if (service.state == "unknown") return "how it ended is not known";
  return "not touched";
}

std::string leads_there(const ProxyRouteView& route) {
  if (route.slot.empty() && route.hosts.empty()) return "single paths";
  if (route.hosts.empty()) return "health checks only";
  return join(route.hosts, ", ") + route.path + (route.https ? " (https)" : "");
}

}  // namespace

void PlainReporter::status(const StatusView& view) {
  line(
      paint(kBold, view.project + (view.environment.empty() ? "" : " (" + view.environment + ")")));
  for (const HostView& host : view.hosts) {
    if (host.error) {
      error(*host.error);
    } else {
      line(fmt::format("  {}: {}, proxy {}", host.host, visible(host.engine), visible(host.proxy)));
    }
  }
  const size_t width = widest_name(view);
  for (const ServiceView& service : view.services) {
    const std::string release = service.release.empty() ? "no release" : visible(service.release);
    const std::string slot = service.slot.empty() ? "" : ", " + service.slot;
    line(paint(kBold, fmt::format("{} on {}", service.service, service.host)) + ": " + release +
         slot);
    if (!service.trouble.empty()) line("  " + paint(kRed, "! " + visible(service.trouble)));
    for (const ContainerView& container : service.containers)
      line(container_line(container, width));
    for (const std::string& drift : service.drift)
      line("  " + paint(kYellow, "differs from deploy.yml: " + visible(drift)));
  }
  for (const CertificateView& certificate : view.certificates) {
    const std::string name =
        fmt::format("certificate of {} on {}: ", certificate.name, certificate.host);
    if (certificate.not_after.empty())
      line(paint(kYellow, name + "pending: " + visible(certificate.pending)));
    else
      line(fmt::format("{}until {} UTC, by {}", name, shown_time(certificate.not_after),
                       visible(certificate.issuer)));
  }
  for (const std::string& leftover : view.leftovers)
    line(paint(kYellow, "left over: " + visible(leftover) + " (settle it: segue recover)"));
}

void PlainReporter::deploys(const std::vector<DeploysView>& releases) {
  if (releases.empty()) return line("No deploys yet.");
  size_t width = 7;
  size_t who = 2;
  for (const DeploysView& view : releases) {
    width = std::max(width, view.record.id.size());
    who = std::max(who, visible(view.record.initiator).size());
  }
  line(paint(kBold, fmt::format("{:<{}}  {:<11}  {:<19}  {:>9}  {:<{}}  {}", "RELEASE", width,
                                "STATUS", "FINISHED (UTC)", "TOOK", "BY", who, "HOSTS")));
  for (const DeploysView& view : releases) {
    const ReleaseRecord& record = view.record;
    line(fmt::format("{:<{}}  {:<11}  {:<19}  {:>9}  {:<{}}  {}", visible(record.id), width,
                     to_string(record.status), shown_time(record.finished_at),
                     elapsed_text(Duration(record.duration_ms)), visible(record.initiator), who,
                     join(view.hosts, ", ")));
    if (!record.message.empty()) line("  | " + replace_all(visible(record.message), "\n", " "));
    if (!record.restores.empty()) line("  | back to " + visible(record.restores));
    for (const std::string& text : differences(view)) line("  " + paint(kYellow, text));
  }
}

// Columns of fixed width where the words allow it: with --follow more comes later.
void PlainReporter::audit(const std::vector<AuditView>& entries) {
  for (const AuditView& view : entries) {
    const AuditEntry& entry = view.entry;
    const bool good = entry.status == "succeeded";
    const std::string status = fmt::format("{:<11}", visible(entry.status));
    line(fmt::format("{}  {:<12}  {}  {:>9}  {}  {}", shown_time(entry.at), visible(entry.action),
                     good ? status : paint(kYellow, status),
                     entry.duration_ms == 0 ? "-" : elapsed_text(Duration(entry.duration_ms)),
                     visible(entry.who), join(view.hosts, ", ")));
    const auto more = [this](const std::string& what, const std::string& text) {
      if (!text.empty()) line("  | " + what + replace_all(visible(text), "\n", " "));
    };
    more("release ", entry.release);
    more("", entry.message);
    more("", entry.detail);
    more("took the lock that was ", entry.took_over);
    more("environment ", entry.environment);
  }
}

void PlainReporter::release(const DeploysView& view) {
  const ReleaseRecord& record = view.record;
  line(paint(kBold, visible(record.id)) + ": " + to_string(record.status) +
       (view.live ? ", and the newest that serves" : ""));
  line(fmt::format("  by {}, finished {} UTC, took {}", visible(record.initiator),
                   shown_time(record.finished_at), elapsed_text(Duration(record.duration_ms))));
  if (!record.message.empty()) line("  | " + replace_all(visible(record.message), "\n", " "));
  if (!record.restores.empty()) line("  back to " + visible(record.restores));
  if (!record.git_commit.empty()) line("  git commit " + visible(record.git_commit));
  line("  by segue " + visible(record.tool_version) + "; recorded on " + join(view.hosts, ", "));
  for (const std::string& text : differences(view)) line("  " + paint(kYellow, text));
  for (const PhaseRecord& phase : record.phases)
    line(fmt::format("  {:>9}  {}", elapsed_text(Duration(phase.duration_ms)),
                     visible(phase.title)));
  for (const ServiceRecord& service : record.services) {
    line(fmt::format("{} on {}: {}, {}", visible(service.service), visible(service.host),
                     visible(service.image), counted(service.replicas, "replica")));
    line(fmt::format("  {}, made by {}", state_text(service), visible(service.release)));
    line("  image " + visible(service.image_id));
    if (!service.digest.empty()) line("  from " + visible(service.digest));
  }
}

void PlainReporter::images(const std::vector<ImageView>& images, bool in_full) {
  if (images.empty()) return line("No images yet: nothing has been deployed.");
  std::string heading;
  for (const ImageView& view : images) {
    const std::string title = fmt::format(
        "{} on {}", view.service.empty() ? "former releases" : visible(view.service), view.host);
    if (title != heading) line(paint(kBold, title));
    heading = title;
    std::vector<std::string> what;
    if (view.runs) what.emplace_back("runs");
    if (view.rollback_target) what.emplace_back("rollback target");
    if (view.gone) what.emplace_back("gone");
    if (view.kept_by.empty()) what.emplace_back("too old");
    const std::string size = view.gone ? "-" : shown_byte_size(view.size);
    line(fmt::format("  {}  {:>9}  {:>10}  {}{}", short_image_id(view.id), size, age_text(view.age),
                     visible(view.image.empty() ? "<none>" : view.image),
                     what.empty() ? "" : paint(kYellow, "  " + join(what, ", "))));
    if (in_full) image_in_full(view);
  }
}

void PlainReporter::image_in_full(const ImageView& view) {
  line("    id        " + visible(view.id));
  if (!view.digest.empty()) line("    from      " + visible(view.digest));
  for (const std::string& tag : view.tags) line("    named     " + visible(tag));
  if (!view.created.empty()) line("    created   " + shown_time(view.created));
  line("    releases  " +
       (view.releases.empty() ? "none that is remembered" : visible(join(view.releases, ", "))));
  if (!view.gone)
    line("    " + (view.kept_by.empty()
                       ? std::string("leaves    with the next `segue services prune`")
                       : "stays     " + visible(view.kept_by)));
}

void PlainReporter::lock(const std::vector<LockView>& hosts) {
  for (const LockView& view : hosts) {
    if (view.error) {
      error(*view.error);
    } else if (!view.held) {
      line(fmt::format("{}: free", view.host));
    } else if (!view.holder) {
      line(fmt::format("{}: held, by whom can't be read", view.host));
    } else {
      const LockHolder& holder = *view.holder;
      line(fmt::format("{}: held by {} since {}: {} (owner: {})", view.host, visible(holder.who),
                       visible(holder.since),
                       visible(holder.message.empty() ? holder.kind : holder.message),
                       view.ours ? "you" : view.owner));
      if (view.in_full) lock_in_full(view, holder);
    }
  }
}

void PlainReporter::lock_in_full(const LockView& view, const LockHolder& holder) {
  line("  taken by: " + visible(holder.kind));
  line(view.seconds_left < 0
           ? std::string("  until: it is released")
           : fmt::format("  until: {} after its owner's last sign, in {} from now",
                         to_string(Duration(holder.ttl * 10)),
                         to_string(Duration(view.seconds_left * 1000))));
  if (!view.under.empty()) line("  under a manual lock, " + view.under);
  if (!holder.took_over.empty()) line("  taken over; before, it was " + visible(holder.took_over));
  if (!holder.ci_run.empty()) line("  CI run: " + visible(holder.ci_run));
  line(fmt::format("  generation: {}", view.generation));
}

void PlainReporter::proxies(const std::vector<ProxyView>& hosts) {
  for (const ProxyView& view : hosts) {
    if (view.error) error(*view.error);
    if (view.error && view.version.empty()) continue;
    if (view.state != "running") {
      line(paint(kBold, view.host) + ": " + visible(view.state));
      continue;
    }
    std::vector<std::string> ports;
    for (const int port : view.ports) ports.push_back(std::to_string(port));
    line(paint(kBold, view.host) + fmt::format(": Caddy {} from {}, ports {}, since {}",
                                               visible(view.version), visible(view.image),
                                               join(ports, ", "), shown_time(view.started_at)));
    if (!view.wanted_image.empty())
      line("  " + paint(kYellow, fmt::format("differs from deploy.yml: image {} (change it: segue "
                                             "proxy reboot)",
                                             visible(view.wanted_image))));
    if (view.upgrading) line("  " + paint(kYellow, "an upgrade is under way: two of them run"));
    if (!view.is_loaded)
      line("  " + paint(kRed,
                        "! it does not run what its route files say (segue deploy loads "
                        "them)"));
    if (view.routes.empty()) line("  no routes");
    for (const ProxyRouteView& route : view.routes) {
      const std::string environment = route.environment.empty() ? "" : "." + route.environment;
      const std::string whose =
          fmt::format("  {}{} {}: {}", visible(route.project), visible(environment),
                      visible(route.service), visible(leads_there(route)));
      if (route.slot.empty()) {
        line(whose);
        continue;
      }
      line(fmt::format("{}, {}, {} in flight{}", whose, route.slot,
                       counted(route.in_flight, "request"),
                       route.in_flight_other == 0
                           ? ""
                           : fmt::format(" and {} in the other slot", route.in_flight_other)));
    }
  }
}

}  // namespace segue
