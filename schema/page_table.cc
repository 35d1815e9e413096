#include "schema/page_table.h"

#include <algorithm>

#include "schema/codec.h"

namespace bygone {

namespace {

constexpr uint64_t kMostPages = uint64_t{1} << 52;  // 2^64 bytes
constexpr uint64_t kMostIds = uint64_t{1} << 62;

tl::unexpected<Error> damaged(std::string cause) {
  return fail(ErrorKind::bad_data, "page table", std::move(cause),
              "the snapshot cannot be used: `bygone index` makes others");
}

}  // namespace

void add_page(PageTable& table, uint64_t at, PageId page) {
  if (!table.empty()) {
    PageRun& last = table.back();
    const bool both_zero = page == kZeroPage && last.first == kZeroPage;
    const bool goes_on = page != kZeroPage && last.first != kZeroPage && last.page(at) == page;
    if (last.at + last.count == at && (both_zero || goes_on)) {
      ++last.count;
      return;
    }
  }
  table.push_back({at, page, 1});
}

// Each run as the gap before it, its length, and 0 or 1 + how far its pages are from where the last ones
// ended.
std::vector<std::byte> encode_page_table(const PageTable& table) {
  std::vector<std::byte> bytes;
  WireWriter out(bytes);
  out.put_unsigned(table.size());
  uint64_t next_at = 0, next_id = 0;
  for (const PageRun& run : table) {
    out.put_unsigned(run.at - next_at);
    out.put_unsigned(run.count);
    next_at = run.at + run.count;
    if (run.first == kZeroPage) {
      out.put_unsigned(0);
      continue;
    }
    const int64_t distance = int64_t(run.first.value - next_id);
    out.put_unsigned(1 + ((uint64_t(distance) << 1) ^ uint64_t(distance >> 63)));
    next_id = run.first.value + run.count;
  }
  return bytes;
}

Expected<PageTable> decode_page_table(std::span<const std::byte> bytes) {
  WireReader in(bytes);
  uint64_t runs = 0;
  // A run takes three bytes at least.
  if (!in.get_unsigned(runs) || runs > bytes.size() / 3) return damaged("it is cut short");
  PageTable table;
  table.reserve(runs);
  uint64_t next_at = 0, next_id = 0;
  for (uint64_t i = 0; i < runs; ++i) {
    uint64_t gap = 0, count = 0, distance = 0;
    if (!in.get_unsigned(gap) || !in.get_unsigned(count) || !in.get_unsigned(distance))
      return damaged("it is cut short");
    if (gap >= kMostPages || count == 0 || count >= kMostPages || next_at + gap + count > kMostPages)
      return damaged("a run of pages lies outside of any address space");
    PageRun run{next_at + gap, kZeroPage, count};
    next_at = run.at + count;
    if (distance != 0) {
      const uint64_t raw = distance - 1;
      run.first = PageId{next_id + ((raw >> 1) ^ (0 - (raw & 1)))};
      if (run.first == kZeroPage || run.first.value >= kMostIds)
        return damaged("it names a page of impossible number");
      next_id = run.first.value + count;
    }
    table.push_back(run);
  }
  if (!in.at_end()) return damaged("it has bytes behind its last run");
  return table;
}

const PageRun* find_run(const PageTable& table, uint64_t page) {
  const auto after = std::upper_bound(table.begin(), table.end(), page,
                                      [](uint64_t p, const PageRun& r) { return p < r.at; });
  if (after == table.begin()) return nullptr;
  const PageRun& run = *std::prev(after);
  return page - run.at < run.count ? &run : nullptr;
}

}  // namespace bygone
