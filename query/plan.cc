#include "query/plan.h"

#include <fmt/core.h>

#include <initializer_list>

#include "query/chunk_filter.h"
#include "query/subject.h"

namespace bygone::query {
namespace {

constexpr std::string_view kMappingColumns =
    "\"start\", \"end\", prot, flags, \"offset\", device, inode, path, kind";
constexpr std::string_view kFrameColumns = "event, task, kind, call, result, error, time";
// Chunks count a call that makes a task twice, once when the task is there and once when the call returns in
// its maker: fork, vfork, clone, clone3.
constexpr std::string_view kReturnsOfMakers =
    "CASE WHEN c.call IN (56, 57, 58, 435) THEN (SELECT count(*) FROM (SELECT DISTINCT first_event, "
    "last_event "
    "FROM main.chunk_call WHERE call = c.call) AS chunk CROSS JOIN main.frame AS f ON f.event BETWEEN "
    "chunk.first_event AND chunk.last_event WHERE f.call = c.call AND f.kind = 1 AND f.result > 0) ELSE 0 "
    "END";
constexpr std::string_view kTaskColumns = "tid, tgid, parent, first_event, end_event, command, status";

std::string sql_text(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\0') continue;  // would end the statement; no path holds one
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

// A name without a slash is meant in any directory.
std::string path_matches(std::string_view column, const std::string& path) {
  if (path.find_first_of("*?[") != std::string::npos)
    return fmt::format("{} GLOB {}", column, sql_text(path));
  if (path.find('/') != std::string::npos) return fmt::format("{} = {}", column, sql_text(path));
  return fmt::format("({0} = {1} OR {0} GLOB {2})", column, sql_text(path), sql_text("*/" + path));
}

std::string where(std::initializer_list<std::string> conditions) {
  std::string sql;
  for (const std::string& condition : conditions)
    if (!condition.empty()) sql += (sql.empty() ? " WHERE " : " AND ") + condition;
  return sql;
}

class Planner {
 public:
  explicit Planner(Session& session) : session_(session) {}

  // Described by query/description.h; the header is the part of it SQL can see.
  Expected<std::string> operator()(const AskInfo&) { return std::string("SELECT key, value FROM header"); }

  Expected<std::string> operator()(const AskUncaptured&) {
    return std::string("SELECT call, detail, count, first_event FROM uncaptured ORDER BY count DESC");
  }

  Expected<std::string> operator()(const AskFiles&) {
    return std::string("SELECT path, size, sha256, device, inode, mtime FROM files ORDER BY path");
  }

  Expected<std::string> operator()(const AskTasks& ask) {
    BYGONE_ASSIGN(const std::string whose, filter_for(ask.of, Preference::process, "tid", session_));
    BYGONE_ASSIGN(const std::string when, alive(ask.at));
    return fmt::format("SELECT {} FROM tasks{} ORDER BY id", kTaskColumns, where({whose, when}));
  }

  // Depth first, children in the order in which they were made. Ids may be reused: a parent is the one that
  // lived when the child was made.
  Expected<std::string> operator()(const AskTree& ask) {
    BYGONE_ASSIGN(const std::string when, alive(ask.at));
    return fmt::format(
        "WITH RECURSIVE parents AS (SELECT t.*, (SELECT max(p.id) FROM tasks AS p WHERE p.tid = t.parent AND "
        "p.id < t.id) AS parent_id FROM tasks AS t), "
        "branch(id, depth, place) AS (SELECT id, 0, printf('%08d', id) FROM parents WHERE parent_id IS NULL "
        "UNION ALL SELECT t.id, b.depth + 1, b.place || printf('%08d', t.id) FROM parents AS t JOIN branch "
        "AS b "
        "ON t.parent_id = b.id WHERE b.depth < 1000) "
        "SELECT printf('%*s%s', 2 * depth, '', command) AS command, tid, tgid, parent, first_event, "
        "end_event, "
        "status, depth FROM branch JOIN tasks USING (id){} ORDER BY place",
        where({when}));
  }

  Expected<std::string> operator()(const AskMappings& ask) {
    BYGONE_ASSIGN(const Place place, find_place(ask.of, ask.at));
    return fmt::format("SELECT {} FROM mappings_at({}, {})", kMappingColumns, place.event.value,
                       place.space.value);
  }

  Expected<std::string> operator()(const AskMapping& ask) {
    BYGONE_ASSIGN(const Place place, find_place(ask.of, ask.at));
    return fmt::format("SELECT {} FROM mappings_at({}, {}){}", kMappingColumns, place.event.value,
                       place.space.value, where({holds(ask.address)}));
  }

  Expected<std::string> operator()(const AskHistory& ask) {
    std::string whose;
    if (ask.of.kind != Subject::Kind::anything) {
      BYGONE_ASSIGN(const std::string filter, filter_for(ask.of, Preference::process, "t.tid", session_));
      whose = fmt::format(
          "address_space IN (SELECT s.address_space FROM main.task_address_space AS s "
          "JOIN main.task AS t ON t.id = s.task WHERE {})",
          filter);
    }
    return fmt::format(
        "SELECT first_event, end_event, address_space, {} FROM mappings{} ORDER BY first_event, id",
        kMappingColumns, where({holds(ask.address), whose}));
  }

  Expected<std::string> operator()(const AskMappingChanges& ask) {
    BYGONE_ASSIGN(const Place from, find_place(ask.of, ask.from));
    BYGONE_ASSIGN(const Place to, find_place(ask.of, ask.to));
    return fmt::format(
        "SELECT change, \"start\", \"end\", was_prot, prot, flags, \"offset\", device, inode, path, kind "
        "FROM mappings_between({}, {}, {}, {})",
        from.event.value, to.event.value, from.space.value, to.space.value);
  }

  Expected<std::string> operator()(const AskFrames& ask) {
    BYGONE_ASSIGN(const std::string whose, filter_for(ask.of, Preference::task, "task", session_));
    BYGONE_ASSIGN(const std::string range, between(ask.range));
    std::string condition;
    if (ask.where) {
      BYGONE_ASSIGN(condition, sql_for(*ask.where, ask.phrase, session_.call_names()));
    }
    const bool single = whose == fmt::format("task = {}", ask.of.id);
    BYGONE_ASSIGN(const std::string source,
                  frames_source(ask.where ? &*ask.where : nullptr,
                                single ? std::optional(ask.of.id) : std::nullopt, session_));
    std::string sql = fmt::format("SELECT {} FROM {}{} ORDER BY event", kFrameColumns, source,
                                  where({range, whose, condition}));
    if (ask.pick == AskFrames::Pick::first) sql += " LIMIT 1";
    if (ask.pick == AskFrames::Pick::last) sql += " DESC LIMIT 1";
    return sql;
  }

  Expected<std::string> operator()(const AskCalls& ask) {
    BYGONE_ASSIGN(const std::string filter, filter_for(ask.of, Preference::process, "task", session_));
    std::string whose;
    if (!filter.empty()) {
      const bool single = filter == fmt::format("task = {}", ask.of.id);
      whose = fmt::format("{}{}", single ? "" : "NULL, ", ask.of.id);
    }
    // Without times nothing but what each chunk has counted is needed. Where the recording is a window its
    // first chunk has counted frames that are gone.
    const bool is_whole = session_.recording().first_event().value <= 1;
    BYGONE_ASSIGN(const bool has_counts, has_chunk_tables(session_));
    if (whose.empty() && ask.by != AskCalls::Order::time && has_counts && is_whole)
      return fmt::format(
          "SELECT syscall_name(c.call) AS call, sum(c.returns) - {} AS count, sum(c.errors) AS errors FROM "
          "main.chunk_call AS c GROUP BY c.call ORDER BY {}",
          kReturnsOfMakers, ask.by == AskCalls::Order::count ? "count DESC, c.call" : "syscall_name(c.call)");
    const std::string_view times =
        ask.by == AskCalls::Order::time ? ", seconds, round(average_us, 3) AS average_us" : "";
    const std::string_view order = ask.by == AskCalls::Order::time    ? "seconds DESC, call_number"
                                   : ask.by == AskCalls::Order::count ? "count DESC, call_number"
                                                                      : "call";
    return fmt::format(
        "SELECT syscall_name(call_number) AS call, count, errors{} FROM call_totals({}) ORDER BY {}", times,
        whose, order);
  }

  Expected<std::string> operator()(const AskOutput& ask) {
    BYGONE_ASSIGN(const std::string whose, filter_for(ask.of, Preference::process, "task", session_));
    std::string until;
    if (ask.until) {
      BYGONE_ASSIGN(const EventNumber event, event_of(*ask.until, session_));
      until = fmt::format("{}", event.value);
    }
    return fmt::format("SELECT event, task, stream, text FROM outputs({}){}", until, where({whose}));
  }

  Expected<std::string> operator()(const AskSignals& ask) {
    BYGONE_ASSIGN(const std::string whose, filter_for(ask.of, Preference::process, "task", session_));
    return fmt::format(
        "SELECT event, task, signal, code, position, action, time FROM signals{} ORDER BY event",
        where({whose}));
  }

  Expected<std::string> operator()(const AskExecs& ask) {
    BYGONE_ASSIGN(const std::string whose, filter_for(ask.of, Preference::process, "task", session_));
    return fmt::format("SELECT event, task, program, time FROM execs{} ORDER BY event", where({whose}));
  }

  // By calls and, where those have two paths, the argument that is meant.
  static std::string_view deed_sql(AskWhoNamed::Deed deed) {
    switch (deed) {
      case AskWhoNamed::Deed::opened:
        return "f.call IN ('open', 'openat', 'openat2', 'creat', 'execve', 'execveat')";
      case AskWhoNamed::Deed::wrote:  // O_ACCMODE is 3, O_TRUNC 0x200
        return "((p.flags & 3) IN (1, 2) OR (p.flags & 0x200) <> 0 OR f.call = 'truncate' OR (f.call = "
               "'rename' "
               "AND p.argument = 1) OR (f.call IN ('renameat', 'renameat2') AND p.argument = 3))";
      case AskWhoNamed::Deed::deleted:
        return "(f.call IN ('unlink', 'unlinkat', 'rmdir') OR (f.call = 'rename' AND p.argument = 0) OR "
               "(f.call "
               "IN ('renameat', 'renameat2') AND p.argument = 1))";
    }
    return "0";
  }

  // Few calls are given paths: they come first, and their frames are looked up.
  Expected<std::string> operator()(const AskWhoNamed& ask) {
    if (session_.recording().header("paths") != "recorded")
      return fail(ErrorKind::unavailable, session_.recording().name(),
                  "does not hold the paths that calls were given: it was made by an older bygone",
                  "record again; `who mapped` knows the files that were mapped");
    return fmt::format(
        "SELECT p.event, f.task, f.call, f.result, f.error, p.path FROM main.path_argument AS p CROSS JOIN "
        "frames AS f ON f.event = p.event WHERE {} AND {} ORDER BY p.event, p.argument",
        path_matches("p.path", ask.path), deed_sql(ask.deed));
  }

  // Rows whose pages were kept are parts of a mapping that was there before.
  Expected<std::string> operator()(const AskWhoMapped& ask) {
    return fmt::format(
        "SELECT m.first_event AS event, f.task, f.call, m.\"start\", m.\"end\", m.prot, m.\"offset\", m.path "
        "FROM mappings AS m JOIN frames AS f ON f.event = m.first_event "
        "WHERE {} AND NOT m.kept AND f.kind_number IN (1, 3) ORDER BY m.first_event, m.id",
        path_matches("m.path", ask.path));
  }

  Expected<std::string> operator()(const AskDescriptors& ask) {
    BYGONE_ASSIGN(const EventNumber event, event_of(ask.at, session_));
    BYGONE_ASSIGN(const ProcessAt living, process_at(ask.of, event, session_));
    return fmt::format(
        "SELECT descriptor, made_by, event, task, path, close_on_exec FROM descriptors_at({}, {})",
        living.event.value, living.process.value);
  }

  Expected<std::string> operator()(const AskMemory& ask) {
    BYGONE_ASSIGN(const TaskAt living, find_task(ask.of, ask.at));
    const std::string from =
        ask.address ? fmt::format("{}", int64_t(ask.address->value))
                    : fmt::format("(SELECT number FROM registers_at({}, {}) WHERE register = '{}')",
                                  living.event.value, living.task.value, ask.pointer);
    return fmt::format("SELECT address, bytes, text FROM memory_at({}, {}, {}, {})", living.event.value,
                       living.task.value, from, ask.size_bytes);
  }

  Expected<std::string> operator()(const AskMemoryChanges& ask) {
    EventNumber from = session_.recording().first_event();
    if (ask.from.kind != Moment::Kind::event || ask.from.event.value != 0) {
      BYGONE_ASSIGN(from, event_of(ask.from, session_));
    }
    BYGONE_ASSIGN(const EventNumber to, event_of(ask.to, session_));
    BYGONE_ASSIGN(const TaskAt living, task_at(ask.of, from, session_));
    return fmt::format(
        "SELECT c.event, f.task, f.kind, f.call, c.before, c.after FROM memory_changes({}, {}, {}, {}, {}) "
        "AS c "
        "JOIN frames AS f ON f.event = c.event ORDER BY c.event",
        living.event.value, to.value, living.task.value, int64_t(ask.address.value), ask.size_bytes);
  }

  Expected<std::string> operator()(const AskDigest& ask) {
    BYGONE_ASSIGN(const EventNumber event, event_of(ask.at, session_));
    return fmt::format("SELECT digest FROM state_digest({})", event.value);
  }

  Expected<std::string> operator()(const AskStack& ask) {
    BYGONE_ASSIGN(const TaskAt living, find_task(ask.of, ask.at));
    return fmt::format("SELECT level, pc, function, \"offset\", file, source FROM stack_at({}, {})",
                       living.event.value, living.task.value);
  }

  Expected<std::string> operator()(const AskRegisters& ask) {
    BYGONE_ASSIGN(const EventNumber event, event_of(ask.at, session_));
    if (ask.of.kind == Subject::Kind::anything)
      return fmt::format("SELECT register, value FROM registers_at({})", event.value);
    BYGONE_TRY(filter_for(ask.of, Preference::task, "task", session_));
    return fmt::format("SELECT register, value FROM registers_at({}, {})", event.value, ask.of.id);
  }

 private:
  Expected<TaskAt> find_task(const Subject& of, const Moment& at) {
    BYGONE_ASSIGN(const EventNumber event, event_of(at, session_));
    return task_at(of, event, session_);
  }

  Expected<Place> find_place(const Subject& of, const Moment& at) {
    BYGONE_ASSIGN(const EventNumber event, event_of(at, session_));
    return place_of(of, event, session_);
  }

  Expected<std::string> alive(const std::optional<Moment>& at) {
    if (!at) return std::string();
    BYGONE_ASSIGN(const EventNumber event, event_of(*at, session_));
    return fmt::format("first_event <= {0} AND coalesce(end_event > {0}, 1)", event.value);
  }

  // Half of the 64-bit addresses are negative to SQLite; no mapping lies across that border.
  static std::string holds(Address address) {
    const auto number = int64_t(address.value);
    return fmt::format("start_address <= {0} AND end_address > {0}", number);
  }

  Expected<std::string> between(const EventRange& range) {
    if (range.first) BYGONE_TRY(session_.recording().state_event(*range.first));
    if (range.last) BYGONE_TRY(session_.recording().state_event(*range.last));
    if (range.first && range.last)
      return fmt::format("event BETWEEN {} AND {}", range.first->value, range.last->value);
    if (range.first) return fmt::format("event >= {}", range.first->value);
    if (range.last) return fmt::format("event <= {}", range.last->value);
    return std::string();
  }

  Session& session_;
};

}  // namespace

Expected<std::string> sql_for(const Phrase& phrase, Session& session) {
  return std::visit(Planner(session), phrase);
}

}  // namespace bygone::query
