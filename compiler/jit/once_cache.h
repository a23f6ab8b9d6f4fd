// Each value is made once, whoever asks for it first; threads that ask meanwhile wait for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actinide::jit {

/// Values by text, kept as long as the cache. Finding one takes no lock and touches little memory, so that it stays
/// quick among thousands, whose entries no cache of the CPU holds.
template <typename Value>
class OnceCache {
 public:
  OnceCache() { publish(16); }

  /// The value of `key` if it has been made, else null.
  const Value *find(std::string_view key) const {
    const Table &table = *table_.load(std::memory_order_acquire);
    const std::size_t hash = std::hash<std::string_view>{}(key);
    for (std::size_t at = hash;; ++at) {
      const Slot &slot = table.slots[at & table.mask];
      const Entry *entry = slot.entry.load(std::memory_order_acquire);
      if (!entry) return nullptr;
      if (slot.hash == hash && entry->key() == key) return &entry->value;
    }
  }

  /// The value of `key`, made by `make` at the first call. If `make` throws, this caller gets the exception, and the
  /// next one, perhaps one who waits, tries again.
  template <typename Make>
  const Value &get(std::string_view key, Make &&make) {
    if (const Value *known = find(key)) return *known;
    std::unique_lock lock(mutex_);
    for (;;) {
      if (const Value *known = find(key)) return *known;
      if (making_.emplace(key).second) break;
      made_.wait(lock);
    }
    lock.unlock();
    try {
      EntryPointer entry = new_entry(make(), key);
      lock.lock();
      const Value &value = entry->value;
      add(std::move(entry));
      finish(key);
      return value;
    } catch (...) {
      if (!lock) lock.lock();
      finish(key);
      throw;
    }
  }

 private:
  /// Its key follows it in memory: each line of it that is fetched counts.
  struct Entry {
    const Value value;
    const std::size_t key_size;
    std::string_view key() const { return {reinterpret_cast<const char *>(this + 1), key_size}; }
  };
  struct Delete {
    void operator()(const Entry *entry) const {
      entry->~Entry();
      ::operator delete(const_cast<Entry *>(entry), alignment);
    }
  };
  using EntryPointer = std::unique_ptr<const Entry, Delete>;
  static constexpr std::align_val_t alignment{64};  // of a cache line

  static EntryPointer new_entry(Value &&value, std::string_view key) {
    void *memory = ::operator new(sizeof(Entry) + key.size(), alignment);
    EntryPointer entry(new (memory) Entry{std::move(value), key.size()});
    std::memcpy(static_cast<std::byte *>(memory) + sizeof(Entry), key.data(), key.size());
    return entry;
  }

  /// Written once: the hash first.
  struct Slot {
    std::size_t hash = 0;
    std::atomic<const Entry *> entry = nullptr;
  };
  /// At most half full. An entry lies in the first slot from its hash on that was free.
  struct Table {
    explicit Table(std::size_t size) : slots(size), mask(size - 1) {}
    std::vector<Slot> slots;
    std::size_t mask;
  };

  // The rest under the lock.

  void publish(std::size_t size) {
    auto table = std::make_unique<Table>(size);
    for (const auto &entry : entries_) put(*table, *entry);
    table_.store(table.get(), std::memory_order_release);
    tables_.push_back(std::move(table));
  }

  static void put(Table &table, const Entry &entry) {
    const std::size_t hash = std::hash<std::string_view>{}(entry.key());
    std::size_t at = hash;
    while (table.slots[at & table.mask].entry.load(std::memory_order_relaxed)) ++at;
    Slot &slot = table.slots[at & table.mask];
    slot.hash = hash;
    slot.entry.store(&entry, std::memory_order_release);
  }

  void add(EntryPointer entry) {
    Table &table = *tables_.back();
    entries_.push_back(std::move(entry));
    if (2 * entries_.size() > table.slots.size()) {
      publish(2 * table.slots.size());
    } else {
      put(table, *entries_.back());
    }
  }

  void finish(std::string_view key) {
    making_.erase(making_.find(key));
    made_.notify_all();
  }

  std::atomic<const Table *> table_;  ///< the last one
  std::mutex mutex_;
  std::condition_variable made_;               ///< or failed
  std::set<std::string, std::less<>> making_;  ///< keys whose value is on its way
  std::vector<EntryPointer> entries_;
  std::vector<std::unique_ptr<Table>> tables_;  ///< earlier ones too: someone may still be looking
};

}  // namespace actinide::jit
