// Each value is made once, whoever asks for it first; threads that ask meanwhile wait for it.
#pragma once

#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace actinide::jit {

template <typename Value>
class OnceCache {
 public:
  /// The value of `key` if it has been made.
  std::optional<Value> find(const std::string &key) {
    const std::optional<Future> known = known_future(key);
    const bool ready = known && known->wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    return ready ? known->get() : std::nullopt;
  }

  /// The value of `key`, made by `make` at the first call. If `make` throws, this caller gets the exception, and the
  /// next one, perhaps one who waits, tries again.
  template <typename Make>
  Value get(const std::string &key, Make &&make) {
    for (;;) {
      if (const std::optional<Future> known = known_future(key)) {
        if (const std::optional<Value> &value = known->get()) return *value;
        continue;  // whoever made it failed
      }
      std::promise<std::optional<Value>> promise;
      {
        const std::lock_guard lock(mutex_);
        const auto [entry, first] = values_.try_emplace(key);
        if (!first) continue;
        entry->second = promise.get_future().share();
      }
      try {
        Value value = make();
        promise.set_value(value);
        return value;
      } catch (...) {
        {
          const std::lock_guard lock(mutex_);
          values_.erase(key);
        }
        promise.set_value(std::nullopt);
        throw;
      }
    }
  }

 private:
  using Future = std::shared_future<std::optional<Value>>;  // of no value where making it failed

  std::optional<Future> known_future(const std::string &key) {
    const std::shared_lock lock(mutex_);
    const auto entry = values_.find(key);
    return entry == values_.end() ? std::nullopt : std::optional(entry->second);
  }

  std::shared_mutex mutex_;
  std::unordered_map<std::string, Future> values_;
};

}  // namespace actinide::jit
