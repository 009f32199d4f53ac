#include "authenticator.hpp"

#include "limits.hpp"
#include "remote_errors.hpp"
#include "wire.hpp"

#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace segue {
namespace {

constexpr int kFirstWithRsaSha2 = 0x010b00;
constexpr int kAlgorithmUnsupported = -51;  // has no name in the headers of 1.10

bool is_usable_type(const std::string& type) {
  return type == "ssh-ed25519" || type == "ssh-rsa" || type.starts_with("ecdsa-sha2-");
}

// An older library signs with SHA-1 only, which no current server takes.
bool is_too_new_for_library(const std::string& type) {
  return type == "ssh-rsa" && libssh2_version(kFirstWithRsaSha2) == nullptr;
}

// It opens the keys that deploy.yml names; where it names none, those of ssh.
NamedSecret passphrase_for(const Endpoint& endpoint, const std::string& path) {
  const bool named = std::any_of(endpoint.keys.begin(), endpoint.keys.end(),
                                 [&](const std::string& key) { return expand_home(key) == path; });
  const bool names_none = endpoint.keys.empty() && endpoint.key_data.empty();
  return named || names_none ? endpoint.key_passphrase : NamedSecret{};
}

// What is to be signed names the algorithm: session id, 50, user, service, method, 1, algorithm.
std::string algorithm_in(std::string_view data) {
  WireReader reader(data);
  reader.string();
  reader.byte();
  for (int i = 0; i < 3; ++i) reader.string();
  reader.byte();
  return std::string(reader.string().value_or(std::string_view()));
}

}  // namespace

Authenticator::Authenticator(SshSession& session, const HostSettings& settings,
                             const Endpoint& endpoint, KeyRing& ring)
    : session_(session), settings_(settings), endpoint_(endpoint), ring_(ring) {}

Result<bool> Authenticator::advance() {
  // Each phase hands over to the next one by changing phase_ and returning "not done".
  while (true) {
    const Phase before = phase_;
    Result<bool> done = false;
    switch (phase_) {
      case Phase::methods:
        done = ask_methods();
        break;
      case Phase::key_files:
        done = try_key_files();
        break;
      case Phase::listing_agent:
        done = list_agent();
        break;
      case Phase::agent_keys:
        done = try_agent_keys();
        break;
      case Phase::locked_keys:
        done = try_locked_keys();
        break;
    }
    if (!done || *done || phase_ == before) return done;
  }
}

Result<bool> Authenticator::ask_methods() {
  const char* methods = libssh2_userauth_list(session_.get(), settings_.user.c_str(),
                                              static_cast<unsigned>(settings_.user.size()));
  if (methods == nullptr) {
    if (libssh2_userauth_authenticated(session_.get()) == 1) return true;
    if (libssh2_session_last_errno(session_.get()) == LIBSSH2_ERROR_EAGAIN) return false;
    return tl::unexpected(connection_failed(settings_.host, settings_.port,
                                            "login failed: " + session_.last_error()));
  }
  if (!contains(methods, "publickey"))
    return tl::unexpected(
        unreachable(fmt::format("{} takes no keys, only: {}", settings_.host, visible(methods)),
                    "allow PubkeyAuthentication in the server's sshd_config"));
  read_key_files();
  phase_ = Phase::key_files;
  return false;
}

void Authenticator::read_key_files() {
  const auto add = [&](KeyFile key) {
    if ((key.problem.empty() || key.encrypted) && is_too_new_for_library(key.type)) {
      key.problem = "is an RSA key, which needs libssh2 1.11 or newer";
      key.encrypted = false;
    }
    // The list of OpenSSH's default files is long; only what is there is worth a word.
    const bool later = key.encrypted && ring_.can_ask();
    if (!key.problem.empty() && !key.absent && !later)
      tried_.push_back(fmt::format("{} {}", key.path, key.problem));
    key_files_.push_back(std::move(key));
  };
  for (const NamedSecret& key : endpoint_.key_data) add(ring_.data(key, endpoint_.key_passphrase));
  std::set<std::string> seen;
  for (const std::string& path : settings_.key_files)
    if (seen.insert(path).second) add(ring_.file(path, passphrase_for(endpoint_, path)));
}

Result<bool> Authenticator::try_key_files() {
  for (; next_ < key_files_.size() && attempts_ < kMostKeysTried; ++next_) {
    const KeyFile& key = key_files_[next_];
    if (!key.problem.empty()) continue;
    TRY_ASSIGN(const Answer answer, offer(key));
    if (answer == Answer::again) return false;
    if (answer == Answer::accepted) return true;
    tried_public_keys_.insert(key.public_key);
  }
  next_ = 0;
  phase_ = Phase::listing_agent;
  return false;
}

Result<Authenticator::Answer> Authenticator::offer(const KeyFile& key) {
  const std::string& text = key.private_text.reveal();
  const int number = libssh2_userauth_publickey_frommemory(session_.get(), settings_.user.c_str(),
                                                           settings_.user.size(), nullptr, 0,
                                                           text.data(), text.size(), nullptr);
  return judge(number, key.path);
}

Result<Authenticator::Answer> Authenticator::judge(int number, const std::string& label) {
  if (number == LIBSSH2_ERROR_EAGAIN) return Answer::again;
  if (number == 0) {
    debug_log("{}: logged in as {} with {}", settings_.host, settings_.user, label);
    return Answer::accepted;
  }
  const std::string problem = session_.last_error();
  const bool refused_by_server =
      number == LIBSSH2_ERROR_AUTHENTICATION_FAILED || number == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED;
  const bool useless = number == LIBSSH2_ERROR_FILE ||
                       number == LIBSSH2_ERROR_METHOD_NOT_SUPPORTED ||
                       number == kAlgorithmUnsupported || number == LIBSSH2_ERROR_DECRYPT;
  if (!agent_problem_.empty()) {
    tried_.push_back(fmt::format("{}: {}", label, agent_problem_));
    agent_problem_.clear();
  } else {
    tried_.push_back(label + (refused_by_server ? " was refused" : " cannot be used: " + problem));
  }
  ++attempts_;
  // Its socket may be open for a moment more when the server has said good-bye.
  const bool no_answer = contains(problem, "Waiting for");
  if ((!refused_by_server && !useless) || no_answer || session_.is_gone()) {
    cut_off_ = true;
    return tl::unexpected(too_many_keys(settings_, tried_));
  }
  return Answer::next;
}

Result<bool> Authenticator::list_agent() {
  if (settings_.agent_socket.empty())
    return go_without_agent("no agent (SSH_AUTH_SOCK is not set)");
  if (!agent_) {
    Result<AgentClient> client = AgentClient::connect(settings_.agent_socket);
    if (!client) return go_without_agent(client.error().what);
    agent_ = std::make_unique<AgentClient>(std::move(*client));
    agent_->send(list_request());
  }
  Result<std::optional<std::string>> answer = agent_->receive();
  waiting_for_agent_ = answer && !*answer;
  if (waiting_for_agent_) return false;
  Result<std::vector<AgentKey>> keys =
      answer ? parse_key_list(answer->value_or(""))
             : Result<std::vector<AgentKey>>(fail(Code::failed, answer.error().what));
  if (!keys) return go_without_agent(keys.error().what);
  // Keys that were asked for by name are most likely the right ones.
  for (const bool named : {true, false})
    for (const AgentKey& key : *keys)
      if (wants(key) && is_named(key) == named) agent_keys_.push_back(key);
  if (agent_keys_.empty())
    tried_.push_back(keys->empty() ? "the agent has no keys" : "the agent has no other usable key");
  phase_ = Phase::agent_keys;
  return false;
}

Result<bool> Authenticator::go_without_agent(const std::string& why) {
  tried_.push_back(why);
  phase_ = Phase::locked_keys;
  return false;
}

bool Authenticator::wants(const AgentKey& key) const {
  const std::string type = key_type_of(key.public_key);
  if (!is_usable_type(type) || is_too_new_for_library(type)) return false;
  if (tried_public_keys_.count(key.public_key) > 0) return false;
  if (!settings_.only_these_keys) return true;
  return is_named(key);
}

bool Authenticator::is_named(const AgentKey& key) const {
  return std::any_of(key_files_.begin(), key_files_.end(),
                     [&](const KeyFile& file) { return file.public_key == key.public_key; });
}

Result<bool> Authenticator::try_agent_keys() {
  for (; next_ < agent_keys_.size() && attempts_ < kMostKeysTried; ++next_) {
    const AgentKey& key = agent_keys_[next_];
    void* self = this;
    const int number =
        libssh2_userauth_publickey(session_.get(), settings_.user.c_str(),
                                   reinterpret_cast<const unsigned char*>(key.public_key.data()),
                                   key.public_key.size(), sign, &self);
    TRY_ASSIGN(const Answer answer, judge(number, "agent key " + visible(key.comment)));
    if (answer == Answer::again) return false;
    if (answer == Answer::accepted) return true;
    tried_public_keys_.insert(key.public_key);
  }
  next_ = 0;
  phase_ = Phase::locked_keys;
  return false;
}

// As ssh does it: asks for the passphrase of a key only when the server would take that key.
Result<bool> Authenticator::try_locked_keys() {
  for (; next_ < key_files_.size() && attempts_ < kMostKeysTried && ring_.can_ask(); ++next_) {
    KeyFile& key = key_files_[next_];
    if (!opened_ && (!key.encrypted || tried_public_keys_.count(key.public_key) > 0)) continue;
    if (!opened_) {
      TRY_ASSIGN(const Answer wish, ask_whether_wanted(key));
      if (wish == Answer::again) return false;
      if (wish == Answer::next) continue;
      if (!ring_.open_by_asking(key.path)) {
        tried_.push_back(key.path + " is encrypted, and was not opened");
        continue;
      }
      key = ring_.opened(key.path);
      opened_ = true;
    }
    TRY_ASSIGN(const Answer answer, offer(key));
    if (answer == Answer::again) return false;
    if (answer == Answer::accepted) return true;
    opened_ = false;
  }
  return tl::unexpected(refused());
}

// `accepted`: the server would take it.
Result<Authenticator::Answer> Authenticator::ask_whether_wanted(const KeyFile& key) {
  if (key.public_key.empty()) return Answer::accepted;
  bool wanted = false;
  void* note = &wanted;
  const int number =
      libssh2_userauth_publickey(session_.get(), settings_.user.c_str(),
                                 reinterpret_cast<const unsigned char*>(key.public_key.data()),
                                 key.public_key.size(), note_wish, &note);
  if (wanted) return Answer::accepted;
  return judge(number, key.path);
}

// libssh2 asks for a signature once the server has said that it takes the key.
int Authenticator::note_wish(LIBSSH2_SESSION* /*session*/, unsigned char** /*signature*/,
                             size_t* /*length*/, const unsigned char* /*data*/,
                             size_t /*data_length*/, void** abstract) {
  *static_cast<bool*>(*abstract) = true;
  return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
}

int Authenticator::sign(LIBSSH2_SESSION* /*session*/, unsigned char** signature, size_t* length,
                        const unsigned char* data, size_t data_length, void** abstract) {
  auto* self = static_cast<Authenticator*>(*abstract);
  return self->sign_with_agent({reinterpret_cast<const char*>(data), data_length}, signature,
                               length);
}

int Authenticator::sign_with_agent(std::string_view data, unsigned char** signature,
                                   size_t* length) {
  if (!waiting_for_agent_) {
    const std::string algorithm = algorithm_in(data);
    agent_->send(sign_request(agent_keys_[next_].public_key, data, sign_flags(algorithm)));
    waiting_for_agent_ = true;
  }
  const Result<std::optional<std::string>> answer = agent_->receive();
  if (answer && !*answer) return LIBSSH2_ERROR_EAGAIN;
  waiting_for_agent_ = false;
  const Result<AgentSignature> parsed =
      answer ? parse_signature(answer->value_or(""))
             : Result<AgentSignature>(tl::unexpected(answer.error()));
  if (!parsed) {
    agent_problem_ = parsed.error().what;
    return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
  }
  // libssh2 frees it with the session's allocator, which is the standard one.
  *signature = static_cast<unsigned char*>(std::malloc(parsed->bytes.size() + 1));
  if (*signature == nullptr) return LIBSSH2_ERROR_ALLOC;
  std::memcpy(*signature, parsed->bytes.data(), parsed->bytes.size());
  *length = parsed->bytes.size();
  return 0;
}

Error Authenticator::refused() const {
  std::vector<std::string> tried = tried_;
  if (attempts_ >= kMostKeysTried)
    tried.push_back(fmt::format("no more than {} keys are tried", kMostKeysTried));
  return keys_refused(settings_, tried);
}

pollfd Authenticator::wait() const {
  return waiting_for_agent_ && agent_ ? agent_->wait() : session_.wait();
}

}  // namespace segue
