// Small functions on text that the standard library lacks.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace segue {

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);  // "a,,b" -> a, "", b
std::vector<std::string> split_words(std::string_view text);            // at runs of white space
std::vector<std::string> split_lines(std::string_view text);            // no empty last line
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);
bool contains(std::string_view text, std::string_view part);
std::string lower_case(std::string_view text);  // ASCII letters

// Shell-like pattern of `*` and `?`, nothing else: for -H and -S.
bool matches_pattern(std::string_view pattern, std::string_view text);

// Bytes of the character at `at`; 0: that is not valid UTF-8 (overlong and surrogates included).
size_t utf8_length(std::string_view text, size_t at);

// Text from a host made safe to show: control characters, escapes, bidi marks and invalid UTF-8
// become visible (rules F3). Newlines and tabs stay.
std::string visible(std::string_view text);

// 12345678 -> "12,345,678"
std::string with_thousands(long long number);

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "1 host", "2 hosts"
std::string counted(long long number, std::string_view noun);

}  // namespace segue
