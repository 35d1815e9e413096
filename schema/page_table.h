#pragma once

// Which kept page holds what was where, in a snapshot.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schema/error.h"
#include "schema/ids.h"

namespace bygone {

// `count` pages from page number `at` on (address or file offset / kPageSize) are the kept pages from `first`
// on; of kZeroPage, all are zero.
struct PageRun {
  uint64_t at = 0;
  PageId first;
  uint64_t count = 0;

  bool operator==(const PageRun&) const = default;
  // The kept page at page number `page`, which lies in the run.
  PageId page(uint64_t page) const {
    return first == kZeroPage ? kZeroPage : PageId{first.value + (page - at)};
  }
};

// By `at`, without overlap. A page in no run is what its mapping tells.
using PageTable = std::vector<PageRun>;

// Adds the page behind all others, to the last run where it goes on from there.
void add_page(PageTable& table, uint64_t at, PageId page);

std::vector<std::byte> encode_page_table(const PageTable& table);
// Rejects bytes that are cut short or go on, runs out of order, and page numbers no address space has.
Expected<PageTable> decode_page_table(std::span<const std::byte> bytes);

// The run that covers `page`, or null.
const PageRun* find_run(const PageTable& table, uint64_t page);

}  // namespace bygone
