#include "apps/shared/bench.h"

#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <map>

#include "apps/shared/operator_times.h"
#include "apps/shared/session.h"
#include "src/base/error.h"

namespace fovea {
namespace {

/// Bytes of tensors that stand, and the most there were.
class PeakWatch : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    const int64_t now = now_ += bytes;
    int64_t most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t most() const { return most_; }

 private:
  std::atomic<int64_t> now_{0}, most_{0};
};

std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value.get<double>());
  return text;
}

/// A line a case: its name, then every field.
void print_text(const Json& cases) {
  for (const Json& one : cases) {
    std::cout << one.at("name").get<std::string>();
    for (const auto& [field, value] : one.items())
      if (field != "name" && !value.is_array()) std::cout << "  " << field << "=" << shown(value);
    std::cout << "\n";
    for (const Json& part : one.value("operators", Json::array()))
      std::printf("  %8.3f ms  %6g calls  %s\n", part["milliseconds"].get<double>(),
                  part["calls"].get<double>(), part["name"].get<std::string>().c_str());
  }
}

}  // namespace

bool wanted(const BenchRequest& request, const std::string& name) {
  return request.only.empty() || std::any_of(request.only.begin(), request.only.end(), [&](const auto& word) {
           return name.find(word) != std::string::npos;
         });
}

Json operators_of(int64_t runs, const std::function<void()>& work) {
  const std::vector<OperatorTime> times = operator_times([&] {
    for (int64_t run = 0; run < runs; ++run) work();
  });
  double all = 0, small = 0;
  for (const OperatorTime& time : times) all += time.milliseconds;
  Json shown = Json::array();
  const auto add = [&](const std::string& name, double calls, double milliseconds) {
    const auto each = static_cast<double>(runs);
    shown.push_back({{"name", name}, {"calls", calls / each}, {"milliseconds", milliseconds / each}});
  };
  for (const OperatorTime& time : times)
    if (time.milliseconds >= all / 100)
      add(time.name, static_cast<double>(time.calls), time.milliseconds);
    else
      small += time.milliseconds;
  add("others", 0, small);
  return shown;
}

std::vector<Milliseconds> medians_in_turn(int64_t runs, const std::vector<std::function<void()>>& works) {
  std::vector<std::vector<double>> wall(works.size()), processor(works.size());
  for (const auto& work : works) work();
  for (int64_t run = 0; run < runs; ++run)
    for (size_t i = 0; i < works.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      const std::clock_t began = std::clock();
      works[i]();
      processor[i].push_back(1e3 * static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
      wall[i].push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
  const auto median = [runs](std::vector<double> times) {
    std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
    return times[static_cast<size_t>(runs / 2)];
  };
  std::vector<Milliseconds> medians;
  for (size_t i = 0; i < works.size(); ++i) {
    std::vector<double> quotients;
    for (size_t run = 0; run < wall[i].size(); ++run) quotients.push_back(wall[i][run] / wall[0][run]);
    medians.push_back({median(wall[i]), median(processor[i]), median(quotients)});
  }
  return medians;
}

Milliseconds median_milliseconds(int64_t runs, const std::function<void()>& work) {
  return medians_in_turn(runs, {work})[0];
}

int64_t peak_tensor_bytes(const std::function<void()>& work) {
  const auto watch = std::make_shared<PeakWatch>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
  work();
  return watch->most();
}

int bench(const BenchRequest& request) {
  prepare_torch(request.threads);
  const std::map<std::string, Json (*)(const BenchRequest&)> kinds = {{"kernels", bench_kernels},
                                                                      {"train", bench_train},
                                                                      {"decode", bench_decode},
                                                                      {"maps", bench_maps},
                                                                      {"goals", bench_goals}};
  const auto kind = kinds.find(request.kind);
  if (kind == kinds.end())
    throw ConfigError("kind: expected kernels, train, decode, maps or goals, found " + request.kind);
  Json cases = kind->second(request);
  if (request.format == "json")
    std::cout << Json{{"format", 1},
                      {"kind", request.kind},
                      {"threads", at::get_num_threads()},
                      {"cases", cases}}
                     .dump(2)
              << "\n";
  else
    print_text(cases);
  return 0;
}

}  // namespace fovea
