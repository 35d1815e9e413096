#include <fmt/core.h>

#include <utility>

#include "query/condition_parser.h"
#include "query/numbers.h"
#include "query/phrase.h"
#include "query/token_stream.h"
#include "schema/registers.h"

namespace bygone::query {
namespace {

class PhraseParser {
 public:
  explicit PhraseParser(TokenStream& tokens) : tokens_(tokens) {}

  Expected<Phrase> run() {
    BYGONE_ASSIGN(Phrase phrase, question());
    if (!tokens_.at_end()) return tokens_.unexpected();
    return phrase;
  }

 private:
  Expected<Phrase> question() {
    if (tokens_.accept("mappings")) return mappings();
    if (tokens_.accept("mapping")) return mapping();
    if (tokens_.accept("frames") || tokens_.accept("events")) return frames(AskFrames::Pick::all);
    if (tokens_.accept("tasks")) return tasks();
    if (tokens_.accept("tree")) return tree();
    if (tokens_.accept("calls")) return calls();
    if (tokens_.accept("signals")) return of_somebody<AskSignals>();
    if (tokens_.accept("execs")) return of_somebody<AskExecs>();
    if (tokens_.accept("output")) return output();
    if (tokens_.accept("files")) return AskFiles{};
    if (tokens_.accept("history")) return history();
    if (tokens_.accept("descriptors") || tokens_.accept("fds"))
      return of_somebody_at_a_moment<AskDescriptors>();
    if (tokens_.accept("registers")) return of_somebody_at_a_moment<AskRegisters>();
    if (tokens_.accept("memory")) return memory();
    if (tokens_.accept("changes")) return memory_changes();
    if (tokens_.accept("stack")) return of_somebody_at_a_moment<AskStack>();
    if (tokens_.accept("digest")) return digest();
    if (tokens_.accept("first")) return one_event(AskFrames::Pick::first);
    if (tokens_.accept("last")) return one_event(AskFrames::Pick::last);
    if (tokens_.accept("who")) return who();
    if (tokens_.accept("uncaptured")) return AskUncaptured{};
    if (tokens_.accept("info")) return AskInfo{};
    return tokens_.unexpected();
  }

  Expected<Phrase> mappings() {
    Subject of;
    BYGONE_ASSIGN(of, subject());
    if (tokens_.accept("between")) {
      AskMappingChanges ask{of, {}, {}};
      BYGONE_ASSIGN(ask.from, moment());
      BYGONE_TRY(word("and"));
      BYGONE_ASSIGN(ask.to, moment());
      BYGONE_TRY(late_subject(ask.of));
      return ask;
    }
    AskMappings ask{of, {}};
    BYGONE_ASSIGN(ask.at, at_moment());
    BYGONE_TRY(late_subject(ask.of));
    return ask;
  }

  Expected<Phrase> mapping() {
    AskMapping ask;
    BYGONE_TRY(word("of"));
    BYGONE_ASSIGN(ask.address, address());
    BYGONE_TRY(somebody_at_a_moment(ask));
    return ask;
  }

  Expected<Phrase> history() {
    AskHistory ask;
    BYGONE_TRY(word("of"));
    BYGONE_ASSIGN(ask.address, address());
    BYGONE_ASSIGN(ask.of, subject());
    return ask;
  }

  Expected<Phrase> frames(AskFrames::Pick pick) {
    AskFrames ask;
    ask.pick = pick;
    BYGONE_ASSIGN(ask.range, range());
    BYGONE_ASSIGN(ask.of, subject());
    if (tokens_.accept("where")) {
      BYGONE_ASSIGN(Condition where, parse_condition(tokens_));
      ask.where = std::move(where);
      ask.phrase = tokens_.phrase();
    }
    return ask;
  }

  Expected<Phrase> one_event(AskFrames::Pick pick) {
    BYGONE_TRY(word("event"));
    return frames(pick);
  }

  Expected<Phrase> tasks() {
    AskTasks ask;
    BYGONE_ASSIGN(ask.of, subject());
    BYGONE_ASSIGN(ask.at, optional_moment());
    BYGONE_TRY(late_subject(ask.of));
    return ask;
  }

  Expected<Phrase> tree() {
    AskTree ask;
    BYGONE_ASSIGN(ask.at, optional_moment());
    return ask;
  }

  Expected<Phrase> calls() {
    AskCalls ask;
    BYGONE_ASSIGN(ask.of, subject());
    if (!tokens_.accept("by")) return ask;
    if (tokens_.accept("count")) return ask;
    if (tokens_.accept("time")) {
      ask.by = AskCalls::Order::time;
    } else if (tokens_.accept("name")) {
      ask.by = AskCalls::Order::name;
    } else {
      return tokens_.unexpected();
    }
    return ask;
  }

  Expected<Phrase> output() {
    AskOutput ask;
    BYGONE_ASSIGN(ask.of, subject());
    BYGONE_ASSIGN(ask.until, optional_moment());
    BYGONE_TRY(late_subject(ask.of));
    return ask;
  }

  // "memory of 0x7f12a000 size 64", "memory 0x7f12a000 64", "memory rsi"; "memory at event 3" is where the
  // stack pointer points.
  Expected<Phrase> memory() {
    AskMemory ask;
    if (tokens_.at_end() || tokens_.is("at")) {
      BYGONE_TRY(somebody_at_a_moment(ask));
      return ask;
    }
    static_cast<void>(tokens_.accept("of"));
    for (const std::string_view name : kRegisterNames)
      if (tokens_.is(name)) {
        ask.pointer = name;
        tokens_.take();
        return memory_at(std::move(ask));
      }
    BYGONE_ASSIGN(ask.address, address());
    return memory_at(std::move(ask));
  }

  Expected<Phrase> memory_at(AskMemory ask) {
    BYGONE_TRY(optional_size(ask.size_bytes));
    BYGONE_TRY(somebody_at_a_moment(ask));
    return ask;
  }

  Expected<Phrase> memory_changes() {
    AskMemoryChanges ask;
    if (!tokens_.accept("to")) BYGONE_TRY(word("of"));
    BYGONE_ASSIGN(ask.address, address());
    BYGONE_TRY(optional_size(ask.size_bytes));
    BYGONE_ASSIGN(ask.of, subject());
    if (!tokens_.accept("between")) {
      ask.from = Moment{Moment::Kind::event, EventNumber{}, 0, 0};  // the whole recording
      return ask;
    }
    BYGONE_ASSIGN(ask.from, moment());
    BYGONE_TRY(word("and"));
    BYGONE_ASSIGN(ask.to, moment());
    BYGONE_TRY(late_subject(ask.of));
    return ask;
  }

  Expected<Phrase> digest() {
    AskDigest ask;
    BYGONE_ASSIGN(ask.at, at_moment());
    return ask;
  }

  Expected<void> optional_size(uint64_t& size_bytes) {
    const bool said = tokens_.accept("size");
    const bool is_number = tokens_.current().kind == TokenKind::number;
    if (!said && !is_number) return {};
    const auto size = is_number ? parse_integer(tokens_.current().text) : std::nullopt;
    if (!size || *size <= 0) return tokens_.expected("a size such as 64 or 4K");
    tokens_.take();
    size_bytes = uint64_t(*size);
    return {};
  }

  Expected<Phrase> who() {
    using Deed = AskWhoNamed::Deed;
    std::optional<Deed> deed;
    for (const auto& [verb, what] : {std::pair{"opened", Deed::opened}, std::pair{"wrote", Deed::wrote},
                                     std::pair{"deleted", Deed::deleted}})
      if (!deed && tokens_.accept(verb)) deed = what;
    if (!deed) BYGONE_TRY(word("mapped"));
    const TokenKind kind = tokens_.current().kind;
    if (kind != TokenKind::path && kind != TokenKind::text && kind != TokenKind::word)
      return tokens_.expected("a path");
    std::string path = tokens_.take().text;
    if (deed) return AskWhoNamed{*deed, std::move(path)};
    return AskWhoMapped{std::move(path)};
  }

  template <class Ask>
  Expected<Phrase> of_somebody() {
    Ask ask;
    BYGONE_ASSIGN(ask.of, subject());
    return ask;
  }

  template <class Ask>
  Expected<Phrase> of_somebody_at_a_moment() {
    Ask ask;
    BYGONE_TRY(somebody_at_a_moment(ask));
    return ask;
  }

  template <class Ask>
  Expected<void> somebody_at_a_moment(Ask& ask) {
    BYGONE_ASSIGN(ask.of, subject());
    BYGONE_ASSIGN(ask.at, at_moment());
    return late_subject(ask.of);
  }

  Expected<void> word(std::string_view wanted) {
    if (tokens_.accept(wanted)) return {};
    return tokens_.unexpected();
  }

  Expected<Subject> subject() {
    Subject subject;
    if (!tokens_.accept("of")) return subject;
    subject.kind = Subject::Kind::task_or_process;
    if (tokens_.accept("task") || tokens_.accept("tid")) {
      subject.kind = Subject::Kind::task;
    } else if (tokens_.accept("process") || tokens_.accept("pid")) {
      subject.kind = Subject::Kind::process;
    }
    BYGONE_ASSIGN(const uint64_t id, count("a task or process id"));
    if (id > uint64_t(INT32_MAX)) return tokens_.complain(fmt::format("{} is no task or process id", id));
    subject.id = int32_t(id);
    return subject;
  }

  // "mappings at event 3 of 100" means the same as "mappings of 100 at event 3".
  Expected<void> late_subject(Subject& of) {
    if (of.kind != Subject::Kind::anything) return {};
    BYGONE_ASSIGN(of, subject());
    return {};
  }

  Expected<uint64_t> count(std::string description) {
    if (tokens_.current().kind == TokenKind::number)
      if (const auto value = parse_count(tokens_.current().text)) {
        tokens_.take();
        return *value;
      }
    return tokens_.expected(std::move(description));
  }

  Expected<EventNumber> event() {
    BYGONE_ASSIGN(const uint64_t number, count("an event number"));
    // Numbers no recording can reach are caught by its range.
    return EventNumber{std::min(number, kNoEvent.value - 1)};
  }

  Expected<Address> address() {
    const Token token = tokens_.current();
    if (token.kind == TokenKind::number || token.kind == TokenKind::word)
      if (const auto value = parse_address(token.text)) {
        tokens_.take();
        return Address{*value};
      }
    return tokens_.expected("an address such as 0x7f12a000");
  }

  Expected<Moment> moment() {
    Moment moment;
    if (tokens_.accept("end")) return moment;
    if (tokens_.accept("time")) return time();
    const bool said_event = tokens_.accept("event");
    const Token token = tokens_.current();
    if (token.kind == TokenKind::number && token.text.ends_with('%')) return share();
    if (!said_event && token.kind == TokenKind::number && !parse_count(token.text) &&
        parse_duration(token.text))
      return time();
    moment.kind = Moment::Kind::event;
    BYGONE_ASSIGN(moment.event, event());
    return moment;
  }

  Expected<Moment> share() {
    const auto percent = parse_percentage(tokens_.current().text);
    if (!percent) return tokens_.expected("a share such as 50%");
    tokens_.take();
    Moment moment;
    moment.kind = Moment::Kind::share;
    moment.share = *percent / 100;
    return moment;
  }

  Expected<Moment> time() {
    const auto nanoseconds =
        tokens_.current().kind == TokenKind::number ? parse_duration(tokens_.current().text) : std::nullopt;
    if (!nanoseconds) return tokens_.expected("a time such as 1.5s or 20ms");
    tokens_.take();
    return Moment{Moment::Kind::time, {}, *nanoseconds, 0};
  }

  Expected<std::optional<Moment>> optional_moment() {
    if (!tokens_.accept("at")) return std::optional<Moment>{};
    BYGONE_ASSIGN(const Moment there, moment());
    return std::optional(there);
  }

  Expected<Moment> at_moment() {
    BYGONE_ASSIGN(const std::optional<Moment> there, optional_moment());
    return there.value_or(Moment{});
  }

  // "100..120", "100..", "..120", "100", or nothing.
  Expected<EventRange> range() {
    EventRange range;
    const bool starts_open = tokens_.is("..");
    if (tokens_.current().kind != TokenKind::number && !starts_open) {
      tokens_.note_expected("a range of events such as 100..120");
      return range;
    }
    if (!starts_open) {
      BYGONE_ASSIGN(range.first, event());
      if (!tokens_.accept("..")) {
        range.last = range.first;
        return range;
      }
    } else {
      tokens_.take();
    }
    if (tokens_.current().kind == TokenKind::number) {
      BYGONE_ASSIGN(range.last, event());
      if (range.first && *range.last < *range.first)
        return tokens_.complain(
            fmt::format("the range {}..{} runs backwards", range.first->value, range.last->value),
            fmt::format("write {}..{}", range.last->value, range.first->value));
    } else if (!range.first) {
      return tokens_.expected("an event number");
    }
    return range;
  }

  TokenStream& tokens_;
};

}  // namespace

Expected<Phrase> parse_phrase(std::string_view text) {
  BYGONE_ASSIGN(std::vector<Token> list, tokenize(text));
  TokenStream tokens(text, std::move(list));
  if (tokens.at_end()) return bad_phrase(text, "it is empty", "try 'tasks' or 'mappings at event 1'");
  return PhraseParser(tokens).run();
}

std::vector<PhraseHelp> phrase_help() {
  return {
      {"mappings [of P] [at event N]", "the address space as it stood after event N"},
      {"mappings [of P] between A and B", "what came, went and changed"},
      {"mapping of ADDRESS [of P] [at event N]", "the one mapping that holds an address"},
      {"history of ADDRESS [of P]", "every mapping that ever held it"},
      {"frames [A..B] [of T] [where ...]", "events: call = openat and failed, error = ENOENT, time > 1.5s"},
      {"first|last event [A..B] [of T] where ...", "one of them"},
      {"tasks [of P] [at event N]", "threads and processes; with a moment, those alive then"},
      {"tree [at event N]", "the same as a tree"},
      {"calls [of P] [by count|time|name]",
       "how often each system call was made, failed, and how long it took"},
      {"execs [of P]", "programs that were run"},
      {"signals [of P]", "signals that arrived"},
      {"output [of P] [at event N]", "what was written to standard output and error"},
      {"files", "the files the recording keeps"},
      {"who mapped PATH", "which task mapped a file, and when"},
      {"who opened|wrote|deleted PATH", "which calls were given this path to do that, and what came of it"},
      {"descriptors of P [at event N]", "open file descriptors, and which event made them"},
      {"registers [of T] [at event N]", "the registers of a task after an event"},
      {"memory [ADDRESS|REGISTER] [SIZE] [of T] [at event N]",
       "bytes of memory, by a replay from the nearest snapshot; at the stack pointer unless told"},
      {"changes to ADDRESS [SIZE] [of P] [between A and B]", "the events over which they became others"},
      {"digest [at event N]", "one number for all registers and memory: the same at the same state"},
      {"stack [of T] [at event N]", "the call stack, with functions and source lines where files have them"},
      {"uncaptured", "calls bygone could not describe"},
      {"info", "the recording itself"},
  };
}

}  // namespace bygone::query
