// Each value is made once, whoever asks for it first; threads that ask meanwhile wait for it.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>

namespace actinide::jit {

template <typename Value>
class OnceCache {
 public:
  /// The value of `key`, made by `make` at the first call. If `make` throws, this caller and those who wait get the
  /// exception, and the next caller tries again.
  Value get(const std::string &key, const std::function<Value()> &make) {
    std::promise<Value> promise;
    {
      std::unique_lock lock(mutex_);
      const auto [entry, first] = values_.try_emplace(key);
      if (!first) {
        const std::shared_future<Value> value = entry->second;
        lock.unlock();
        return value.get();
      }
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
      promise.set_exception(std::current_exception());
      throw;
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Value>> values_;
};

}  // namespace actinide::jit
