#include "apps/shared/operator_times.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// One operator that runs: when it began, and what those it called took.
struct Running : at::ObserverContext {
  explicit Running(Running* caller) : caller(caller) {}
  Running* caller;
  Clock::time_point start = Clock::now();
  double inside = 0;
};

thread_local Running* innermost = nullptr;
thread_local std::map<std::string, OperatorTime>* measured = nullptr;

/// Threads that take part of an operator's loop inherit the callback; their time is in that operator.
std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction&) {
  if (measured == nullptr) return nullptr;
  auto running = std::make_unique<Running>(innermost);
  innermost = running.get();
  return running;
}

void end(const at::RecordFunction& f, at::ObserverContext* context) {
  if (context == nullptr) return;
  Running* running = static_cast<Running*>(context);
  const double took = milliseconds_since(running->start);
  innermost = running->caller;
  if (innermost != nullptr) innermost->inside += took;
  OperatorTime& time = (*measured)[f.name()];
  ++time.calls;
  time.milliseconds += took - running->inside;
}

/// Measures into `times` as long as it lives.
class Measuring {
 public:
  explicit Measuring(std::map<std::string, OperatorTime>& times) {
    measured = &times;
    innermost = nullptr;
    handle_ = at::addThreadLocalCallback(
        at::RecordFunctionCallback(begin, end)
            .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
  }
  ~Measuring() {
    at::removeCallback(handle_);
    measured = nullptr;
  }
  Measuring(const Measuring&) = delete;
  Measuring& operator=(const Measuring&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

std::vector<OperatorTime> operator_times(const std::function<void()>& work) {
  std::map<std::string, OperatorTime> times;
  const Clock::time_point start = Clock::now();
  {
    const Measuring measuring(times);
    work();
  }
  double outside = milliseconds_since(start);
  std::vector<OperatorTime> sorted;
  for (auto& [name, time] : times) {
    time.name = name;
    outside -= time.milliseconds;
    sorted.push_back(time);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.milliseconds > b.milliseconds; });
  sorted.push_back({"outside", 0, outside});
  return sorted;
}

}  // namespace fovea
