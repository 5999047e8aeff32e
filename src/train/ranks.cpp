#include "src/train/ranks.h"

#include "src/base/error.h"

#if __has_include(<gloo/rendezvous/context.h>)
#define FOVEA_GLOO 1
#define USE_C10D_GLOO 1
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "src/base/text.h"

namespace fovea {

void Ranks::meet() {
  Tensor nothing = torch::zeros({1});
  sum(nothing);
}

#ifdef FOVEA_GLOO
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kBeat{500};        // between signs of life
constexpr Milliseconds kListening{2500};  // how long a rank that may be gone is listened for

Milliseconds milliseconds(double seconds) {
  return Milliseconds(static_cast<int64_t>(1000 * seconds));
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

c10::intrusive_ptr<c10d::Store> open_store(const RanksOptions& options) {
  c10d::TCPStoreOptions store;
  store.port = static_cast<uint16_t>(options.port);
  store.isServer = options.rank == 0 && !options.agent;
  store.waitWorkers = false;
  store.timeout = milliseconds(options.seconds);
  try {
    return c10::make_intrusive<c10d::PrefixStore>(
        "fovea", c10::make_intrusive<c10d::TCPStore>(options.address, store));
  } catch (const std::exception& error) {
    throw Error("rank " + std::to_string(options.rank) + " cannot meet the others at " + options.address +
                ":" + std::to_string(options.port) + ": " + first_line(error.what()));
  }
}

std::string beat_key(int64_t rank) {
  return "beat/" + std::to_string(rank);
}

/// Counts up one key of the store as long as it lives, on a connection of its own.
class Heart {
 public:
  Heart(c10::intrusive_ptr<c10d::Store> store, int64_t rank)
      : store_(std::move(store)), thread_([this, rank] { beat(rank); }) {}
  ~Heart() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void beat(int64_t rank) {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      try {
        store_->add(beat_key(rank), 1);
      } catch (const std::exception&) {
        return;  // the meeting point is gone; the next sum says so
      }
      changed_.wait_for(lock, kBeat, [this] { return stopping_; });
    }
  }

  c10::intrusive_ptr<c10d::Store> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

class GlooRanks : public Ranks {
 public:
  explicit GlooRanks(const RanksOptions& options) : options_(options), store_(open_store(options)) {
    heart_ = std::make_unique<Heart>(store_->clone(), options.rank);
    wait_for_all();
    const bool local = options.address == "localhost" || options.address.starts_with("127.");
    auto gloo = c10d::ProcessGroupGloo::Options::create(milliseconds(options.seconds));
    gloo->devices.push_back(local ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                  : c10d::ProcessGroupGloo::createDefaultDevice());
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, static_cast<int>(options.rank),
                                                         static_cast<int>(options.size), gloo);
  }

  int64_t rank() const override { return options_.rank; }
  int64_t size() const override { return options_.size; }

  void sum(Tensor& values) override {
    std::vector<Tensor> on_cpu{values.cpu().contiguous()};
    try {
      group_->allreduce(on_cpu)->wait();
    } catch (const std::exception& error) {
      throw Error(missing() + " (rank " + std::to_string(options_.rank) +
                  " waited: " + first_line(error.what()) + ")");
    }
    if (!on_cpu[0].is_same(values)) values.copy_(on_cpu[0]);
  }

 private:
  void wait_for_all() {
    for (int64_t rank = 0; rank < options_.size; ++rank) {
      try {
        store_->wait({beat_key(rank)}, milliseconds(options_.seconds));
      } catch (const std::exception&) {
        throw Error("rank " + std::to_string(rank) + " of " + std::to_string(options_.size) +
                    " did not come within " + std::to_string(static_cast<int64_t>(options_.seconds)) + " s");
      }
    }
  }

  /// "rank 1 of 2 is missing": the ranks whose hearts have stopped.
  std::string missing() {
    const std::string of = " of " + std::to_string(options_.size);
    try {
      std::vector<int64_t> before;
      for (int64_t rank = 0; rank < options_.size; ++rank) before.push_back(store_->add(beat_key(rank), 0));
      std::this_thread::sleep_for(kListening);
      std::vector<std::string> gone;
      for (int64_t rank = 0; rank < options_.size; ++rank)
        if (store_->add(beat_key(rank), 0) == before[static_cast<size_t>(rank)])
          gone.push_back(std::to_string(rank));
      if (gone.empty()) return "the ranks have lost each other, though all" + of + " are alive";
      return (gone.size() == 1 ? "rank " : "ranks ") + join(gone, ", ") + of +
             (gone.size() == 1 ? " is missing" : " are missing");
    } catch (const std::exception&) {
      return options_.agent ? "the launcher's meeting point is gone" : "rank 0" + of + " is missing";
    }
  }

  RanksOptions options_;
  c10::intrusive_ptr<c10d::Store> store_;
  std::unique_ptr<Heart> heart_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

}  // namespace

std::shared_ptr<Ranks> join_ranks(const RanksOptions& options) {
  return std::make_shared<GlooRanks>(options);
}

#else

std::shared_ptr<Ranks> join_ranks(const RanksOptions&) {
  throw Error("this build trains in one process: it was made without Gloo's headers (libgloo-dev)");
}

#endif

}  // namespace fovea
