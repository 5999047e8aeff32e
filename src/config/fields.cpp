#include "src/config/fields.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/config/refusal.h"

namespace fovea {
namespace {

std::string number(double value) {
  return Json(value).dump();
}

std::string describe(const Rule& rule) {
  std::string text;
  if (rule.low)
    text += (rule.low_excluded ? " > " : " >= ") + (std::floor(*rule.low) == *rule.low
                                                        ? std::to_string(static_cast<int64_t>(*rule.low))
                                                        : number(*rule.low));
  if (rule.high)
    text += std::string(text.empty() ? "" : " and") + " <= " +
            (std::floor(*rule.high) == *rule.high ? std::to_string(static_cast<int64_t>(*rule.high))
                                                  : number(*rule.high));
  return text;
}

[[noreturn]] void refuse(const std::string& key, const std::string& expected, const Json& found) {
  std::string shown = found.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (shown.size() > 80) shown = shown.substr(0, 77) + "...";
  throw ConfigError(key + ": expected " + expected + ", found " + shown);
}

void require(const std::string& key, double value, const Rule& rule, const std::string& type,
             const Json& found) {
  const bool low_enough = rule.low && (rule.low_excluded ? value <= *rule.low : value < *rule.low);
  if (low_enough || (rule.high && value > *rule.high)) refuse(key, type + describe(rule), found);
}

/// An integer that JSON holds exactly in 64 bits; 3.0 counts as 3.
std::optional<int64_t> as_integer(const Json& found) {
  if (found.is_number_unsigned() && found.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return {};
  if (found.is_number_integer()) return found.get<int64_t>();
  if (!found.is_number_float()) return {};
  const double value = found.get<double>();
  if (std::floor(value) != value || std::abs(value) > 0x1p53) return {};
  return static_cast<int64_t>(value);
}

/// Text as the command line gave it: `task.label=2` reads as a number there and is text here.
std::optional<std::string> as_text(const Json& found) {
  if (found.is_string()) return found.get<std::string>();
  if (found.is_number() || found.is_boolean()) return found.dump();
  return {};
}

}  // namespace

ObjectReader::ObjectReader(Json object, std::string path)
    : object_(std::move(object)), path_(std::move(path)) {
  if (object_.is_null()) object_ = Json::object();
  if (!object_.is_object()) refuse(path_.empty() ? "config" : path_, "an object of fields", object_);
}

const Json* ObjectReader::find(const std::string& name) {
  const auto it = object_.find(name);
  if (it == object_.end()) return nullptr;
  read_.insert(name);
  return &*it;
}

std::optional<Json> ObjectReader::take(const std::string& name) {
  known_.insert(name);
  const Json* found = find(name);
  if (found == nullptr) return {};
  Json value = *found;
  object_.erase(name);
  return value;
}

void ObjectReader::finish() const {
  for (const auto& [name, value] : object_.items())
    if (read_.count(name) == 0 && known_.count(name) == 0)
      throw UnknownFieldError(key(name),
                              key(name) + ": no such key" + hint(name, {known_.begin(), known_.end()}));
}

void ObjectReader::assign(const Json& found, const std::string& name, bool& value, const Rule&) const {
  if (!found.is_boolean()) refuse(key(name), "true or false", found);
  value = found.get<bool>();
}

void ObjectReader::assign(const Json& found, const std::string& name, int64_t& value,
                          const Rule& rule) const {
  const auto integer = as_integer(found);
  if (!integer) refuse(key(name), "an integer" + describe(rule), found);
  require(key(name), static_cast<double>(*integer), rule, "an integer", found);
  value = *integer;
}

void ObjectReader::assign(const Json& found, const std::string& name, double& value, const Rule& rule) const {
  if (!found.is_number() || !std::isfinite(found.get<double>()))
    refuse(key(name), "a number" + describe(rule), found);
  require(key(name), found.get<double>(), rule, "a number", found);
  value = found.get<double>();
}

void ObjectReader::assign(const Json& found, const std::string& name, std::string& value,
                          const Rule& rule) const {
  const auto text = as_text(found);
  if (!text) refuse(key(name), "a text", found);
  if (!rule.choices.empty() &&
      std::find(rule.choices.begin(), rule.choices.end(), *text) == rule.choices.end())
    throw ConfigError(key(name) + ": no \"" + *text + "\"" + hint(*text, rule.choices));
  value = *text;
}

void ObjectReader::assign(const Json& found, const std::string& name, std::vector<std::string>& value,
                          const Rule& rule) const {
  const Json list = found.is_array() ? found : Json::array({found});
  std::vector<std::string> read;
  for (const Json& item : list) {
    read.emplace_back();
    if (!as_text(item)) refuse(key(name), "a list of texts", found);
    assign(item, name, read.back(), rule);
  }
  value = std::move(read);
}

void ObjectReader::assign(const Json& found, const std::string& name, std::vector<int64_t>& value,
                          const Rule& rule) const {
  if (!found.is_array()) refuse(key(name), "a list of integers such as [2,3]", found);
  std::vector<int64_t> read(found.size());
  for (size_t i = 0; i < found.size(); ++i) assign(found[i], name, read[i], rule);
  value = std::move(read);
}

void ObjectReader::assign(const Json& found, const std::string& name, std::vector<double>& value,
                          const Rule& rule) const {
  if (!found.is_array()) refuse(key(name), "a list of numbers such as [0.7,0.1,0.2]", found);
  std::vector<double> read(found.size());
  for (size_t i = 0; i < found.size(); ++i) assign(found[i], name, read[i], rule);
  value = std::move(read);
}

}  // namespace fovea
