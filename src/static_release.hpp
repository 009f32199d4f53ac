// What a static binary must do before anything else.
//
//   int main() { pin_name_services(); ... }     // the first line, only under SEGUE_STATIC
//
// A static glibc looks up names through plug-ins of the machine that it runs on when
// nsswitch.conf says so (myhostname, resolve, sss), and those crash it when their glibc is
// another. Pinned, only the built-in ones are used: /etc/hosts, DNS, /etc/passwd.
#pragma once

namespace segue {

void pin_name_services();

}  // namespace segue
