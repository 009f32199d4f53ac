// Who and where this process is. The identity functions recognise a dead owner of a lock on this
// same machine: machine, boot, process id space, process id and its start time all agree or not.
// What the system cannot say is an empty text (or nothing), never a guess.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segue {

std::optional<std::string> environment_variable(const std::string& name);

std::string home_folder();  // $HOME first, then the user database
std::string user_name();

// The account's home folder, whatever HOME says: what ssh goes by.
std::string account_home();
std::string host_name();
std::string working_folder();
std::string expand_home(std::string_view path);  // "~/x" -> "/home/me/x"

std::string machine_id();
std::string boot_id();
std::string pid_namespace();  // "pid:[4026531836]"

unsigned current_user_id();
int64_t current_process_id();

// Clock ticks from boot to the start of that process; nothing when there is no such process.
std::optional<uint64_t> process_start_time(int64_t process_id);

}  // namespace segue
