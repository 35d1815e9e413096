#include "schema/codec.h"

#include <gmock/gmock.h>

#include "schema/sql.h"

namespace bygone {
namespace {

template <class Row>
class RowTest : public testing::Test {};

template <class Tuple>
struct TypesOf;
template <class... Row>
struct TypesOf<std::tuple<Row...>> {
  using type = testing::Types<Row...>;
};
TYPED_TEST_SUITE(RowTest, TypesOf<decltype(std::tuple_cat(TableRows{}, UpdateRows{}))>::type);

// Fills every field with something that is not its default, different for each.
template <class T>
void fill(T& value, int seed) {
  if constexpr (wire::Strong<T>)
    fill(value.value, seed);
  else if constexpr (wire::is_optional<T>::value)
    fill(value.emplace(), seed);
  else if constexpr (std::is_enum_v<T>)
    value = EnumNames<T>::names.back().first;
  else if constexpr (std::is_same_v<T, std::string>)
    value = "text\0with a nul and \xff " + std::to_string(seed);
  else if constexpr (std::is_same_v<T, Protection>)
    value = {true, false, true, true};
  else if constexpr (std::is_same_v<T, Device>)
    value = {0xfd, uint32_t(seed)};
  else if constexpr (std::is_same_v<T, bool>)
    value = true;
  else if constexpr (std::is_signed_v<T>)
    value = T(-1000 - seed);
  else
    value = T(~uint64_t{0}) - T(seed);
}

template <class Row>
Row filled() {
  Row row{};
  int seed = 0;
  for_each_field<Row>([&](const auto& field) { fill(field.get(row), ++seed); });
  return row;
}

template <class Row>
void expect_same(const Row& a, const Row& b) {
  for_each_field<Row>([&](const auto& field) { EXPECT_TRUE(field.get(a) == field.get(b)) << field.name; });
}

TYPED_TEST(RowTest, ComesBackFromTheWireAsItWas) {
  for (const TypeParam& row : {filled<TypeParam>(), TypeParam{}}) {
    std::vector<std::byte> bytes;
    encode_row(row, bytes);
    const auto decoded = decode_row<TypeParam>(bytes);
    // A default enumeration need not be a valid one.
    if (!decoded) {
      EXPECT_THAT(decoded.error().message(), testing::HasSubstr("out of range"));
      continue;
    }
    expect_same(row, *decoded);
  }
  std::vector<std::byte> bytes;
  encode_row(filled<TypeParam>(), bytes);
  EXPECT_TRUE(decode_row<TypeParam>(bytes));
}

TYPED_TEST(RowTest, IsRejectedWhenCutShortAnywhereOrFollowedByMore) {
  std::vector<std::byte> bytes;
  encode_row(filled<TypeParam>(), bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    // Copied, so that a sanitizer sees a read behind the end.
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + ptrdiff_t(size));
    EXPECT_FALSE(decode_row<TypeParam>(cut)) << size;
  }
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode_row<TypeParam>(bytes));
}

TYPED_TEST(RowTest, ComesBackFromSqlValuesAsItWas) {
  const TypeParam row = filled<TypeParam>();
  for_each_field<TypeParam>([&](const auto& field) {
    auto copy = TypeParam{};
    EXPECT_TRUE(from_sql(to_sql(field.get(row)), field.get(copy))) << field.name;
    EXPECT_TRUE(field.get(row) == field.get(copy)) << field.name;
  });
}

struct NumberReject {
  const char* name;
  std::vector<uint8_t> bytes;
};

class UnsignedReject : public testing::TestWithParam<NumberReject> {};

TEST_P(UnsignedReject, IsRefused) {
  uint64_t value = 0;
  WireReader in(std::as_bytes(std::span(GetParam().bytes)));
  EXPECT_FALSE(in.get_unsigned(value));
}

INSTANTIATE_TEST_SUITE_P(Table, UnsignedReject,
                         testing::Values(NumberReject{"nothing", {}}, NumberReject{"unfinished", {0x80}},
                                         NumberReject{"too_long", std::vector<uint8_t>(11, 0x80)},
                                         NumberReject{
                                             "beyond_64_bits",
                                             {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}}),
                         [](const auto& info) { return info.param.name; });

TEST(SqlValues, OfTheWrongTypeOrRangeAreRefused) {
  Protection prot;
  Device device;
  FrameKind kind{};
  uint32_t number = 0;
  std::optional<int32_t> maybe;
  std::string text;
  EXPECT_FALSE(from_sql(SqlValue{std::string("rwx")}, prot));
  EXPECT_FALSE(from_sql(SqlValue{int64_t{1}}, prot));
  EXPECT_FALSE(from_sql(SqlValue{std::string("fd")}, device));
  EXPECT_FALSE(from_sql(SqlValue{int64_t{0}}, kind));
  EXPECT_FALSE(from_sql(SqlValue{int64_t{-1}}, number));
  EXPECT_FALSE(from_sql(SqlValue{int64_t{1} << 32}, number));
  EXPECT_FALSE(from_sql(SqlValue{}, number));
  EXPECT_TRUE(from_sql(SqlValue{}, maybe));
  EXPECT_FALSE(from_sql(SqlValue{int64_t{1} << 31}, maybe));
  EXPECT_FALSE(from_sql(SqlValue{int64_t{1}}, text));
}

}  // namespace
}  // namespace bygone
