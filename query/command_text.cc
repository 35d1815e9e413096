#include "query/command_text.h"

#include <nlohmann/json.hpp>

namespace bygone::query {
namespace {

std::string shell_quoted(const std::string& argument) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) return argument;
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string command_text(const std::string& header_command) {
  const auto parsed = nlohmann::json::parse(header_command, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_array()) return header_command;
  std::string text;
  for (const auto& argument : parsed) {
    if (!argument.is_string()) return header_command;
    text += (text.empty() ? "" : " ") + shell_quoted(argument.get<std::string>());
  }
  return text;
}

}  // namespace bygone::query
