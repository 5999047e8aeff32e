// One combination of axis values on its way from a request to a point of the sweep.
#pragma once

#include <array>
#include <optional>

#include "src/experiments/assignments.h"
#include "src/experiments/exclusion.h"
#include "src/experiments/groups.h"
#include "src/experiments/sweep.h"

namespace fovea {

/// The groups of a config, as it sorts them.
inline constexpr std::array<const char*, 3> kGroups{"model", "task", "train"};

/// An assignment with its groups resolved.
struct ExpandedPoint {
  Assignment assigned;
  std::string matched;  // a word that --match-parameters added
  std::array<std::shared_ptr<const ResolvedGroup>, 3> groups;
};

/// The resolved config.
Json config_of(const ExpandedPoint& point);

/// The compact text of config_of, from parts that are already written.
std::string config_text(const ExpandedPoint& point);

/// Every override of `request` that goes to this point.
std::vector<std::string> words_of(const SweepRequest& request, const ExpandedPoint& point);

/// The value at "model.attention.heads" of the config, if there is one.
std::optional<Json> value_at(const ExpandedPoint& point, const std::string& key);

/// How --exclude asks for keys: by the whole key, or the end of an axis's. Refers to both.
KeyLookup lookup_in(const ExpandedPoint& point, const SweepRequest& request);

/// Why it cannot be; empty where it can.
std::string refusal(const ExpandedPoint& point);

/// The point as sweep.json has it, without key, sizes and folders.
SweepPoint written(const ExpandedPoint& point, const SweepRequest& request);

}  // namespace fovea
