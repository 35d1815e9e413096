#include "store/row_store.h"

#include <array>

namespace bygone {

namespace {

using Decode = Expected<AnyRow> (*)(std::span<const std::byte>);

template <class Row>
Expected<AnyRow> decode_as(std::span<const std::byte> bytes) {
  auto row = decode_row<Row>(bytes);
  if (!row) return tl::unexpected(std::move(row).error());
  return AnyRow(std::move(*row));
}

constexpr auto kDecoders = [] {
  std::array<Decode, 256> decoders{};
  auto fill = [&]<class... Row>(std::type_identity<std::tuple<Row...>>) {
    ((decoders[size_t(RowFields<Row>::type)] = decode_as<Row>), ...);
  };
  fill(std::type_identity<TableRows>{});
  fill(std::type_identity<UpdateRows>{});
  return decoders;
}();

}  // namespace

Expected<AnyRow> decode_any_row(RecordType type, std::span<const std::byte> bytes) {
  const Decode decode = kDecoders[size_t(type)];
  if (decode == nullptr)
    return fail(ErrorKind::bad_data, fmt::format("record of type {}", int(type)), "is of no known type",
                "recorder and store must be of one build");
  return decode(bytes);
}

std::optional<EventNumber> event_of(const AnyRow& any) {
  return std::visit(
      []<class Row>(const Row& row) -> std::optional<EventNumber> {
        if constexpr (requires { row.event; })
          return row.event;
        else if constexpr (UpdateRow<Row> && requires { row.end_event; })
          return row.end_event;
        else if constexpr (UpdateRow<Row>)
          return kNoEvent;
        else if constexpr (requires { row.first_event; })
          return row.first_event;
        else
          return std::nullopt;
      },
      any);
}

Expected<void> RowStore::put(const AnyRow& any, const std::optional<BlobPosition>& payload) {
  return std::visit([&](const auto& row) { return put_row(row, payload); }, any);
}

}  // namespace bygone
