#include "adapters.hpp"

#include "json_values.hpp"

#include "segue/base/base64.hpp"
#include "segue/base/text.hpp"
#include "segue/secrets/dotenv.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace segue {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;
using Commands = std::vector<AdapterCommand>;

// "--project" and its value, where the option is there.
void add_flag(Names& argv, const std::string& flag, const std::string& value) {
  if (!value.empty()) argv.insert(argv.end(), {flag, value});
}

// --- 1Password: the fields of one item --------------------------------------------------------

Commands one_password(const AdapterSettings& settings, const Names& names) {
  Names argv{"op", "item", "get", settings.option("item"), "--format", "json"};
  add_flag(argv, "--vault", settings.option("vault"));
  add_flag(argv, "--account", settings.option("account"));
  return {{argv, names}};
}

Result<AdapterValues> one_password_values(const AdapterSettings&, const AdapterCommand& command,
                                          const std::string& output) {
  TRY_ASSIGN(const json item, read_json(output));
  return values_of_list(item.value("fields", json()), {"label", "value"}, command.secrets);
}

// --- Bitwarden: the fields of one item, or the items of one folder ------------------------------

Commands bitwarden(const AdapterSettings& settings, const Names& names) {
  const std::string item = settings.option("item");
  if (!item.empty()) return {{{"bw", "get", "item", item, "--nointeraction"}, names}};
  return {
      {{"bw", "list", "items", "--folderid", settings.option("folder"), "--nointeraction"}, names}};
}

// The password of a login, else the text of a secure note.
json plain_item(const json& item) {
  json plain = {{"name", item.value("name", json())}, {"value", item.value("notes", json())}};
  const json login = item.value("login", json());
  if (login.is_object() && login.contains("password")) plain["value"] = login["password"];
  return plain;
}

Result<AdapterValues> bitwarden_values(const AdapterSettings& settings,
                                       const AdapterCommand& command, const std::string& output) {
  TRY_ASSIGN(const json read, read_json(output));
  const ListKeys keys{"name", "value"};
  if (!settings.option("item").empty()) {
    if (!read.is_object()) return fail(Code::usage, "its output is no item");
    return values_of_list(read.value("fields", json::array()), keys, command.secrets);
  }
  json items = json::array();
  if (read.is_array())
    for (const json& item : read)
      if (item.is_object()) items.push_back(plain_item(item));
  return values_of_list(items, keys, command.secrets);
}

// --- Bitwarden Secrets Manager ------------------------------------------------------------------

Commands bitwarden_manager(const AdapterSettings& settings, const Names& names) {
  Names argv{"bws", "secret", "list"};
  if (const std::string project = settings.option("project"); !project.empty())
    argv.push_back(project);
  argv.insert(argv.end(), {"--output", "json"});
  return {{argv, names}};
}

Result<AdapterValues> bitwarden_manager_values(const AdapterSettings&,
                                               const AdapterCommand& command,
                                               const std::string& output) {
  TRY_ASSIGN(const json list, read_json(output));
  return values_of_list(list, {"key", "value"}, command.secrets);
}

// --- AWS Secrets Manager: one secret of JSON, or one secret for each name -----------------------

constexpr size_t kAwsBatch = 20;  // what one call of BatchGetSecretValue takes

Commands aws(const AdapterSettings& settings, const Names& names) {
  Names options{"--output", "json"};
  add_flag(options, "--region", settings.option("region"));
  add_flag(options, "--profile", settings.option("profile"));
  const auto command = [&](Names argv, Names secrets) {
    argv.insert(argv.begin(), {"aws", "secretsmanager"});
    argv.insert(argv.end(), options.begin(), options.end());
    return AdapterCommand{std::move(argv), std::move(secrets), {{"AWS_PAGER", ""}}};
  };
  if (const std::string secret = settings.option("secret"); !secret.empty())
    return {command({"get-secret-value", "--secret-id", secret}, names)};
  Commands commands;
  for (size_t at = 0; at < names.size(); at += kAwsBatch) {
    const auto begin = names.begin() + static_cast<std::ptrdiff_t>(at);
    const size_t count = std::min(kAwsBatch, names.size() - at);
    Names batch(begin, begin + static_cast<std::ptrdiff_t>(count));
    Names argv{"batch-get-secret-value", "--secret-id-list"};
    for (const std::string& name : batch) argv.push_back(settings.option("prefix") + name);
    commands.push_back(command(std::move(argv), std::move(batch)));
  }
  return commands;
}

Result<AdapterValues> aws_values(const AdapterSettings& settings, const AdapterCommand& command,
                                 const std::string& output) {
  TRY_ASSIGN(const json answer, read_json(output));
  if (!answer.is_object()) return fail(Code::usage, "its output is no answer of the service");
  if (!settings.option("secret").empty()) {
    TRY_ASSIGN(const json fields, read_json(answer.value("SecretString", std::string())));
    return values_of(fields);
  }
  for (const json& error : answer.value("Errors", json::array()))
    if (error.is_object() && error.value("ErrorCode", "") != "ResourceNotFoundException")
      return fail(Code::usage, error.value("SecretId", "") + ": " + error.value("Message", ""));
  const std::string prefix = settings.option("prefix");
  Names wanted;
  for (const std::string& name : command.secrets) wanted.push_back(prefix + name);
  TRY_ASSIGN(const AdapterValues named, values_of_list(answer.value("SecretValues", json::array()),
                                                       {"Name", "SecretString"}, wanted));
  AdapterValues values;
  for (const auto& [name, value] : named) values.emplace(name.substr(prefix.size()), value);
  return values;
}

// --- Google Secret Manager ----------------------------------------------------------------------

Commands gcp(const AdapterSettings& settings, const Names& names) {
  Commands commands;
  for (const std::string& name : names) {
    Names argv{"gcloud",
               "secrets",
               "versions",
               "access",
               "latest",
               "--secret=" + settings.option("prefix") + name,
               "--format=get(payload.data)",
               "--quiet"};
    if (const std::string project = settings.option("project"); !project.empty())
      argv.push_back("--project=" + project);
    commands.push_back({argv, {name}});
  }
  return commands;
}

// In the alphabet for URLs, or the usual one; with or without padding; an empty value is empty.
std::optional<std::string> decode_payload(std::string_view payload) {
  std::string text(payload);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.resize((text.size() + 3) / 4 * 4, '=');
  return text.empty() ? std::optional(text) : decode_base64(text);
}

// The bytes come in base64: as text the program would mend what is not UTF-8.
Result<AdapterValues> gcp_values(const AdapterSettings&, const AdapterCommand& command,
                                 const std::string& output) {
  const auto bytes = decode_payload(trim(output));
  if (!bytes) return fail(Code::usage, "its output is not base64");
  return AdapterValues{{command.secrets.front(), Secret(*bytes)}};
}

// --- Doppler, Vault, sops: all names at once as JSON --------------------------------------------

Commands doppler(const AdapterSettings& settings, const Names& names) {
  Names argv{"doppler", "secrets", "download", "--no-file", "--format", "json"};
  add_flag(argv, "--project", settings.option("project"));
  add_flag(argv, "--config", settings.option("config"));
  return {{argv, names}};
}

Commands sops(const AdapterSettings& settings, const Names& names) {
  return {{{"sops", "--decrypt", "--output-type", "json", settings.option("file")}, names}};
}

Result<AdapterValues> object_values(const AdapterSettings&, const AdapterCommand&,
                                    const std::string& output) {
  TRY_ASSIGN(const json object, read_json(output));
  return values_of(object);
}

Commands vault(const AdapterSettings& settings, const Names& names) {
  Names argv{"vault", "kv", "get", "-format=json"};
  if (const std::string mount = settings.option("mount"); !mount.empty())
    argv.push_back("-mount=" + mount);
  argv.push_back(settings.option("path"));
  return {{argv, names}};
}

// Version 2 of the engine wraps the fields: {"data": {"data": {...}, "metadata": {...}}}.
Result<AdapterValues> vault_values(const AdapterSettings&, const AdapterCommand&,
                                   const std::string& output) {
  TRY_ASSIGN(const json answer, read_json(output));
  const json data = answer.is_object() ? answer.value("data", json()) : json();
  const bool wrapped = data.is_object() && data.contains("metadata") && data.contains("data");
  return values_of(wrapped ? data["data"] : data);
}

// --- pass ---------------------------------------------------------------------------------------

Commands pass(const AdapterSettings& settings, const Names& names) {
  Commands commands;
  for (const std::string& name : names)
    commands.push_back({{"pass", "show", settings.option("prefix") + name}, {name}});
  return commands;
}

// All of an entry, but for the line end that `pass insert` puts there.
Result<AdapterValues> pass_values(const AdapterSettings&, const AdapterCommand& command,
                                  const std::string& output) {
  std::string value = output;
  if (!value.empty() && value.back() == '\n') value.pop_back();
  return AdapterValues{{command.secrets.front(), Secret(std::move(value))}};
}

// --- age, and any other command: .env, or JSON
// ----------------------------------------------------

Commands age(const AdapterSettings& settings, const Names& names) {
  const std::string identity =
      settings.master_key.empty() ? settings.option("identity") : std::string("-");
  return {{{"age", "--decrypt", "--identity", identity, "--", settings.option("file")}, names}};
}

Commands own_command(const AdapterSettings& settings, const Names& names) {
  const auto found = settings.options.find("command");
  if (found == settings.options.end()) return {};
  return {{found->second, names, {{"SEGUE_SECRETS", join(names, " ")}}}};
}

Result<AdapterValues> dotenv_values(const AdapterSettings&, const AdapterCommand& command,
                                    const std::string& output) {
  return parse_dotenv("output of " + command.argv.front(), output);
}

Result<AdapterValues> command_values(const AdapterSettings& settings, const AdapterCommand& command,
                                     const std::string& output) {
  const bool object = trim(output).starts_with('{');
  return object ? object_values(settings, command, output)
                : dotenv_values(settings, command, output);
}

constexpr std::array<Adapter, 11> kTable{{
    {"1password", "https://developer.1password.com/docs/cli",
     "sign in with `op signin`, or set OP_SERVICE_ACCOUNT_TOKEN", one_password,
     one_password_values},
    {"bitwarden", "https://bitwarden.com/help/cli",
     "log in with `bw login`, then set BW_SESSION to what `bw unlock --raw` prints", bitwarden,
     bitwarden_values},
    {"bitwarden-sm", "https://bitwarden.com/help/secrets-manager-cli", "set BWS_ACCESS_TOKEN",
     bitwarden_manager, bitwarden_manager_values},
    {"aws", "https://aws.amazon.com/cli", "see whether `aws sts get-caller-identity` works", aws,
     aws_values},
    {"gcp", "https://cloud.google.com/sdk", "sign in with `gcloud auth login`", gcp, gcp_values,
     "NOT_FOUND"},
    {"doppler", "https://docs.doppler.com/docs/cli",
     "sign in with `doppler login`, or set DOPPLER_TOKEN", doppler, object_values},
    {"vault", "https://developer.hashicorp.com/vault/install",
     "set VAULT_ADDR, and VAULT_TOKEN or use `vault login`", vault, vault_values},
    {"pass", "apt-get install pass, or https://www.passwordstore.org",
     "see whether `pass show` of one of them works here", pass, pass_values,
     "is not in the password store"},
    {"sops", "https://getsops.io", "see whether `sops --decrypt` of the file works here", sops,
     object_values},
    {"age", "apt-get install age, or https://age-encryption.org",
     "the private key stands in SEGUE_AGE_KEY, or in the file that SEGUE_AGE_KEY_FILE or "
     "`secrets.identity` names",
     age, dotenv_values},
    {"command", "its path is relative to the project's folder", "see what it says by itself",
     own_command, command_values},
}};

}  // namespace

const Adapter* find_adapter(std::string_view name) {
  const auto found = std::ranges::find(kTable, name, &Adapter::name);
  return found == kTable.end() ? nullptr : &*found;
}

}  // namespace segue
