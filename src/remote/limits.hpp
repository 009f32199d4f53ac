// How much is asked of a server at once, with the default of sshd that each number respects.
#pragma once
#include "segue/base/duration.hpp"

#include <cstddef>

namespace segue {

constexpr size_t kMostChannels = 8;       // MaxSessions 10
constexpr size_t kMostConnects = 32;      // not yet authenticated, over all servers
constexpr size_t kMostConnectsToOne = 8;  // MaxStartups 10:30:100
constexpr size_t kMostKeysTried = 5;      // MaxAuthTries 6
constexpr size_t kMostPassages = 500;     // each is an open file of the jump host's sshd: 1024
constexpr int kMostConnectAttempts = 6;   // after a connection dropped before the greeting
constexpr Duration kPatiencePerAddress{3'000};  // when the name has more than one
constexpr Duration kRetryDelay{150};            // grows with each attempt, plus as much by chance
constexpr Duration kLookUpDelay{500};           // before a name server is asked again
constexpr int kSignsUnanswered = 2;             // of life, then the other end is taken for dead
constexpr Duration kUnansweredLimit{30'000};    // TCP_USER_TIMEOUT: data that nobody acknowledges
constexpr Duration kOpeningPatience{2'000};     // with a host behind a jump host; doubled each turn
constexpr Duration kLongestOpeningPatience{8'000};
constexpr Duration kLibraryPatience{60'000};  // with any answer: what libssh2 has by itself
constexpr Duration kFailureHolds{2'000};      // of a login at a jump host, for all who go there
constexpr Duration kQuietWait{5'000};         // for a connection, before it is spoken of
constexpr size_t kMostLoginNoise = size_t{64} * 1024;  // printed by a login shell before our script
constexpr size_t kSocketNameBytes = 4;                 // of the sockets of ssh's connections
constexpr size_t kReadBuffer = size_t{64} * 1024;
constexpr size_t kDataPiece = size_t{32} * 1024;  // what fits into one packet
constexpr int kReadsPerTurn = 32;                 // then the other scripts have their turn
constexpr size_t kKnownHostsLimit = 8 << 20;
constexpr size_t kKeyFileLimit = size_t{64} * 1024;
constexpr size_t kAgentMessageLimit = size_t{256} * 1024;  // as OpenSSH

}  // namespace segue
