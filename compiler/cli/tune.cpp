// `actinide tune`: searches the schedules that are fastest on this machine.
#include "aot/files.h"
#include "bench/contenders.h"
#include "bench/workload.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "error.h"
#include "measure/machine.h"
#include "schedules/cpu.h"
#include "schedules/database.h"
#include "schedules/space.h"
#include "schedules/tuner.h"
#include "schedules/user_database.h"

#include <actinide/runtime.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace actinide::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kColumns = 1024;  // of rows, and channels

struct Options {
  Activations activations;
  std::string passes = "forward", dtypes = "f32", tier = "standard", target, output;
  std::vector<std::size_t> sizes = {4096, std::size_t{1} << 24};  ///< in the caches, and from memory
  double budget = 0;
  bool again = false;
};

std::atomic<bool> interrupted = false;

// Ctrl-C ends the search behind what is being measured, while this lives.
class Interrupts {
 public:
  Interrupts() : before_(std::signal(SIGINT, [](int) { interrupted = true; })) {}
  ~Interrupts() { std::signal(SIGINT, before_); }
  Interrupts(const Interrupts &) = delete;
  Interrupts &operator=(const Interrupts &) = delete;

 private:
  void (*before_)(int);
};

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::localtime(&now));
  return text;
}

struct Job {
  std::string text;
  KernelRequest request;
};

std::vector<Job> jobs_of(const Options &options) {
  std::vector<Job> jobs;
  const Tier tier = parse_tier(options.tier);
  for (const std::string &text : options.activations.texts())
    for (const std::string &dtype : split_list(options.dtypes, "--dtype"))
      for (const std::string &pass : split_list(options.passes, "--pass"))
        jobs.push_back({text, parse_kernel_request(text, parse_pass(pass), parse_dtypes(dtype), tier)});
  return jobs;
}

// Where what is found goes: the user's database, or a file of its own.
class Results {
 public:
  explicit Results(const fs::path &file) : file_(file) {
    if (file.empty()) user_error("no folder is known for the user's schedules; set HOME, or name a file by --output");
    std::error_code ignored;
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored))
      user_error("{} is no regular file; name another by --output or ACTINIDE_SCHEDULES", file.string());
    read();
  }
  const Database &database() const { return database_; }
  const fs::path &file() const { return file_; }

  /// Throws UserError if nothing can be kept.
  void check_writable() const { aot::StagedFiles().add(file_, database_.text()); }

  /// Kept at once: what ends the search later takes nothing away, and what others have kept meanwhile stays.
  void keep(const TunedKernel &tuned) {
    const aot::DirectoryLock lock(file_.parent_path());
    read();
    database_.put(tuned);
    aot::StagedFiles staged;
    staged.add(file_, database_.text());
    staged.commit();
  }

 private:
  void read() {
    std::ifstream stream(file_);
    database_ = Database::parse(std::string(std::istreambuf_iterator<char>(stream), {}), file_.string());
  }

  fs::path file_;
  Database database_;
};

class Tuning {
 public:
  Tuning(const Compiler &compiler, const Job &job, const std::vector<std::size_t> &sizes)
      : compiler_(compiler),
        job_(job),
        sizes_(sizes),
        target_(parse_target(compiler.target())),
        stages_(make_stages(job.request, target_)),
        workload_(job.text, job.request, compiler, sizes, kColumns, speed::Distribution::normal) {}

  const std::string &name() const { return workload_.kernel().info().name; }

  /// Empty if it was interrupted.
  std::optional<TunedKernel> run(double seconds) {
    const Schedule base = facts_of(job_.request, target_, stages_, false).schedule;
    const TuningResult cached = search(candidates_in_cache(base), sizes_[0], seconds / 2);
    const TuningResult streamed = search(candidates_from_memory(cached.schedule), sizes_[1], seconds / 2);
    if (!cached.complete || !streamed.complete) return std::nullopt;
    const Schedule &best = streamed.schedule;
    return TunedKernel{.cpu = cpu_name(),
                       .target = target_.name,
                       .kernel = identity_of(job_.request),
                       .schedule = best == base ? "" : to_text(best),
                       .gain_in_cache = cached.gain,
                       .gain_from_memory = streamed.gain,
                       .date = today(),
                       .command = {}};
  }

 private:
  TuningResult search(std::vector<Schedule> candidates, std::size_t size, double seconds) {
    // Those that come to the same for this kernel are tried once.
    std::vector<Schedule> distinct;
    for (const Schedule &candidate : candidates) {
      const Schedule real = effective(candidate);
      if (std::ranges::find(distinct, real) == distinct.end()) distinct.push_back(real);
    }
    const Race race = [&](std::span<const Schedule> field, double time, int rounds) {
      return measure(field, size, time, rounds);
    };
    const TuningWatch watch{.progress =
                                [&](std::size_t left, const Schedule &best, double gain) {
                                  fmt::print(stderr,
                                             "tune: {} x {}: {} left, best so far {} ({:.3f} x the default's speed)\n",
                                             name(), size, left, to_text(best), gain);
                                },
                            .stopped = [] { return interrupted.load(); }};
    return tune(std::move(distinct), race, seconds, watch);
  }

  Schedule effective(const Schedule &schedule) const {
    KernelRequest request = job_.request;
    request.schedule = to_text(schedule);
    return facts_of(request, target_, stages_, false).schedule;
  }

  std::vector<std::vector<double>> measure(std::span<const Schedule> field, std::size_t size, double seconds,
                                           int rounds) const {
    const KernelRequest &request = job_.request;
    std::vector<speed::Contender> contenders;
    for (const Schedule &schedule : field) {
      const Kernel kernel =
          compiler_.kernel(job_.text, request.pass, request.dtypes, {request.tier, to_text(schedule)});
      contenders.push_back(bench::kernel_contender(kernel, workload_.buffers(), workload_.extents(size)));
    }
    const speed::Effort effort{.seconds = seconds / static_cast<double>(field.size()), .rounds = rounds, .stopped = [] {
                                 return interrupted.load();
                               }};
    std::vector<std::vector<double>> times;
    for (speed::Timing &timing : speed::take_turns(contenders, effort)) times.push_back(std::move(timing.seconds));
    return times;
  }

  const Compiler &compiler_;
  const Job &job_;
  const std::vector<std::size_t> &sizes_;
  Target target_;
  Stages stages_;
  bench::Workload workload_;
};

std::string gains_text(const TunedKernel &tuned) {
  if (tuned.schedule.empty()) return "the default is as fast as any";
  return fmt::format("{}: {:.2f} x the default's speed in the cache, {:.2f} x from memory", tuned.schedule,
                     tuned.gain_in_cache, tuned.gain_from_memory);
}

std::string command_of(const Options &options, const Job &job) {
  return fmt::format("actinide tune '{}' --pass {} --dtype {} --tier {}{}", job.text, to_string(job.request.pass),
                     to_string(job.request.dtypes), options.tier,
                     options.target.empty() ? "" : " --target " + options.target);
}

void run(const Options &options) {
  const std::vector<Job> jobs = jobs_of(options);
  const Compiler compiler({.target = options.target, .disk_cache = false});
  Results results(options.output.empty() ? user_database_file() : fs::path(options.output));
  // Default: enough that a per cent counts.
  const double seconds = (options.budget > 0 ? options.budget / static_cast<double>(jobs.size()) : 12.0);
  const Interrupts interrupts;
  actinide_set_threads(1);
  const speed::Pinned pinned(-1);
  std::size_t done = 0;
  for (const Job &job : jobs) {
    if (interrupted) break;
    const std::string cpu = cpu_name(), kernel = identity_of(job.request);
    const TunedKernel *before = results.database().find(cpu, compiler.target(), kernel);
    if (before && !options.again) {
      fmt::print("{} was tuned on {}: {}; --again does it again\n", signature_of(job.request).base_name(), before->date,
                 gains_text(*before));
      ++done;
      continue;
    }
    results.check_writable();  // before the search, not after it
    Tuning tuning(compiler, job, options.sizes);
    std::optional<TunedKernel> tuned = tuning.run(seconds);
    if (!tuned) break;
    tuned->command = command_of(options, job);
    results.keep(*tuned);
    fmt::print("{}: {}\n", tuning.name(), gains_text(*tuned));
    std::fflush(stdout);
    ++done;
  }
  fmt::print("{} of {} kernels for {} on {}, in {}\n", done, jobs.size(), compiler.target(), cpu_name(),
             results.file().string());
  if (done < jobs.size())
    user_error("interrupted; the same command goes on with the {} that are left", jobs.size() - done);
}

}  // namespace

void add_tune(const Command &app) {
  auto options = std::make_shared<Options>();
  const Command command = app.subcommand(
      "tune", "Search the schedules that are fastest on this machine, and keep them for all that is compiled here");
  options->activations.add_to(command);
  add_dtype(command, options->dtypes).type_name("D,..");
  add_pass(command, options->passes).type_name("P,..");
  add_tier(command, options->tier);
  command.option("--target", options->target, "That this machine runs; the best one unless given");
  command.option("--size", options->sizes, "Elements of a call whose tensors lie in the caches, and of one from memory")
      .type_name("N,N")
      .separated_by(',')
      .words(2, 2)
      .whole_number_from(1)
      .default_as_set();
  command.option("--budget", options->budget, "Seconds for all kernels together, about [12 for each]")
      .number_between(0.1, 1e6);
  command.option("-o,--output", options->output, "Where to keep what is found [the user's own schedules]")
      .type_name("FILE.json");
  command.flag("--again", options->again, "Kernels that were tuned before, too");
  command.runs([options] { run(*options); });
}

}  // namespace actinide::cli
