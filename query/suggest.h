#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bygone::query {

// The candidate a person who typed `typed` most likely meant; "" if none is near.
std::string nearest(std::string_view typed, std::span<const std::string> candidates);

// "did you mean 'event'?", or "" where nothing is near.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

// "'a', 'b' or 'c'"
std::string alternatives(std::span<const std::string> words);

}  // namespace bygone::query
