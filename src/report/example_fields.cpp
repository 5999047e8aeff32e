#include "src/report/example_fields.h"

#include "src/base/error.h"

namespace fovea {
namespace {

/// Takes what it is told until it has all it wants.
class Fields : public Json::json_sax_t {
 public:
  explicit Fields(const std::set<std::string>& wanted) : wanted_(wanted) {}
  std::map<std::string, Json> found;
  bool failed = false;

  bool null() override { return take(nullptr); }
  bool boolean(bool value) override { return take(value); }
  bool number_integer(number_integer_t value) override { return take(value); }
  bool number_unsigned(number_unsigned_t value) override { return take(value); }
  bool number_float(number_float_t value, const string_t&) override { return take(value); }
  bool string(string_t& value) override { return take(value); }
  bool binary(binary_t&) override { return true; }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = name;
    return true;
  }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return enter(depth_ > 0); }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return enter(false);
  }

 private:
  bool enter(bool inside) {
    failed = failed || !inside;
    ++depth_;
    return inside;
  }
  bool take(const Json& value) {
    if (depth_ == 0) return enter(false);
    if (depth_ == 1 && wanted_.count(key_) > 0) found[key_] = value;
    return found.size() < wanted_.size();
  }

  const std::set<std::string>& wanted_;
  std::string key_;
  int depth_ = 0;
};

}  // namespace

std::filesystem::path examples_file(const std::filesystem::path& folder, const std::string& split) {
  return folder / ("examples-" + split + ".jsonl");
}

std::map<std::string, Json> fields_of(const std::string& text, const std::set<std::string>& keys,
                                      const std::string& where) {
  Fields fields(keys);
  Json::sax_parse(text, &fields);
  if (fields.failed) throw CheckpointError(where + ": expected a JSON object");
  return std::move(fields.found);
}

}  // namespace fovea
