#include "src/experiments/expand.h"

#include <algorithm>
#include <set>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/experiments/expanded_point.h"
#include "src/experiments/match.h"

namespace fovea {
namespace {

std::vector<std::string> of_group(const std::vector<std::string>& words, const std::string& group) {
  std::vector<std::string> own;
  for (const std::string& word : words)
    if (word.starts_with(group + ".") || word.starts_with(group + "=")) own.push_back(word);
  return own;
}

void require_groups(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const std::string group = word.substr(0, word.find_first_of(".="));
    if (std::find(kGroups.begin(), kGroups.end(), group) == kGroups.end())
      throw ConfigError(group + ": no such key" + hint(group, {"task", "model", "train"}));
  }
}

/// Throws for a key of --exclude that no point has.
void require_known(const Exclusion& exclusion, const std::vector<ExpandedPoint>& points,
                   const SweepRequest& request) {
  std::vector<std::string> axes;
  for (const Axis& axis : request.axes) axes.push_back(axis.key);
  for (const std::string& key : exclusion.keys())
    if (std::none_of(points.begin(), points.end(),
                     [&](const ExpandedPoint& point) { return lookup_in(point, request)(key).has_value(); }))
      throw ConfigError("--exclude: " + key + ": no cell has such a key" + hint(key, axes));
}

std::set<std::string> swept_names(const SweepRequest& request) {
  std::set<std::string> names;
  for (const Axis& axis : request.axes)
    if (is_named_group(axis.key)) names.insert(axis.key);
  return names;
}

class Expander {
 public:
  Expander(const SweepRequest& request, const Resolving& resolving)
      : request_(request),
        resolving_(resolving),
        groups_(request.base, swept_names(request), resolving.resolve) {}

  Expansion run() {
    std::vector<ExpandedPoint> points;
    for (const Assignment& assigned : assignments(request_)) points.push_back(resolved({assigned, "", {}}));
    leave_out(points);
    if (!request_.match.empty()) match(points);  // by a word that comes after all others
    std::set<std::string> seen;
    for (const ExpandedPoint& point : points)
      if (refused(point) || seen.insert(config_text(point)).second) add(point);
    if (expansion_.points.empty())
      throw ConfigError(expansion_.refused.empty() ? "--exclude: nothing is left"
                                                   : "no cell is left: " + expansion_.refused[0].why);
    return std::move(expansion_);
  }

 private:
  static bool refused(const ExpandedPoint& point) { return !refusal(point).empty(); }
  ExpandedPoint resolved(ExpandedPoint point);
  void leave_out(std::vector<ExpandedPoint>& points);
  void match(std::vector<ExpandedPoint>& points);
  void add(const ExpandedPoint& point);
  CellSizes sized(const ExpandedPoint& point);
  int64_t parameters(const ExpandedPoint& point);
  const std::string& data_of(const ExpandedPoint& point);

  const SweepRequest& request_;
  const Resolving& resolving_;
  GroupResolver groups_;
  Expansion expansion_;
  std::map<std::string, CellSizes> sizes_;     // by task and model
  std::map<std::string, int64_t> parameters_;  // by task and model
  std::map<std::string, std::string> data_;    // by task
};

ExpandedPoint Expander::resolved(ExpandedPoint point) {
  const std::vector<std::string> words = words_of(request_, point);
  require_groups(words);
  for (size_t g = 0; g < kGroups.size(); ++g)
    point.groups[g] = groups_.resolve(kGroups[g], of_group(words, kGroups[g]));
  return point;
}

void Expander::leave_out(std::vector<ExpandedPoint>& points) {
  const Exclusion exclusion(request_.exclude);
  require_known(exclusion, points, request_);
  const size_t before = points.size();
  std::erase_if(points,
                [&](const ExpandedPoint& point) { return exclusion.holds(lookup_in(point, request_)); });
  expansion_.excluded = static_cast<int64_t>(before - points.size());
}

/// Widens every net to the largest one.
void Expander::match(std::vector<ExpandedPoint>& points) {
  for (const std::string& word : words_of(request_, points.empty() ? ExpandedPoint() : points[0]))
    if (word.starts_with(request_.match + "="))
      throw ConfigError("--match-parameters: " + request_.match +
                        " is given twice: it is what is matched by");
  int64_t target = 0;
  for (const ExpandedPoint& point : points) target = std::max(target, parameters(point));
  bool known = false;
  for (ExpandedPoint& point : points) {
    const auto start = value_at(point, request_.match);
    if (!start || !start->is_number_integer()) continue;
    known = true;
    const auto count = [&](int64_t width) {
      return parameters(resolved({point.assigned, request_.match + "=" + std::to_string(width), {}}));
    };
    const Match found = nearest_width(start->get<int64_t>(), target, count);
    if (found.value != start->get<int64_t>())
      point = resolved({point.assigned, request_.match + "=" + std::to_string(found.value), {}});
  }
  if (!known)
    throw ConfigError("--match-parameters: " + request_.match +
                      ": no cell has such a key with a whole number, such as model.width");
}

int64_t Expander::parameters(const ExpandedPoint& point) {
  if (refused(point)) return -1;
  const std::string key = point.groups[0]->text + point.groups[1]->text;
  const auto known = parameters_.find(key);
  return known != parameters_.end() ? known->second
                                    : parameters_[key] = resolving_.parameters(config_of(point)).parameters;
}

CellSizes Expander::sized(const ExpandedPoint& point) {
  const std::string key = point.groups[0]->text + point.groups[1]->text;
  const auto known = sizes_.find(key);
  return known != sizes_.end() ? known->second : sizes_[key] = resolving_.sizes(config_of(point));
}

const std::string& Expander::data_of(const ExpandedPoint& point) {
  const auto known = data_.find(point.groups[1]->text);
  return known != data_.end()
             ? known->second
             : data_[point.groups[1]->text] = to_text(resolving_.data(point.groups[1]->config));
}

void Expander::add(const ExpandedPoint& point) {
  const CellSizes sizes = refused(point) ? CellSizes{.refused = refusal(point)} : sized(point);
  if (!sizes.refused.empty()) {
    expansion_.refused.push_back({point.assigned, sizes.refused});
    return;
  }
  SweepPoint one = written(point, request_);
  one.key = sha256(config_text(point) + "\n" + data_of(point));
  one.parameters = sizes.parameters, one.macs = sizes.macs;
  one.seconds = resolving_.seconds(config_of(point), sizes), one.tested = sizes.tested;
  expansion_.points.push_back(std::move(one));
}

}  // namespace

Expansion expand(const SweepRequest& request, const Resolving& resolving) {
  return Expander(request, resolving).run();
}

}  // namespace fovea
