/// What is not portable between the databases. Everything else is one SQL text for both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hub::storage {

/// A value of a connection; cheap to copy. Any thread.
class Dialect {
public:
    enum class Product : std::uint8_t { kSqlite, kMariadb };

    explicit constexpr Dialect(Product product) : product_(product) {}

    /// True if other processes and other connections of this one write at the same time: then a
    /// unit that reads to decide takes the row's lock first, and may be repeated.
    [[nodiscard]] constexpr bool writesInParallel() const { return product_ == Product::kMariadb; }

    /// Behind a SELECT inside a unit: its rows stay as they are until the commit. Empty on SQLite,
    /// where one thread writes.
    [[nodiscard]] std::string_view forUpdate() const;

    /// Behind a table's name: the index to use, where a wrong choice walks over all that is due.
    /// MariaDB chooses by statistics, which are wrong when a table has just grown. Empty on SQLite.
    [[nodiscard]] std::string byIndex(std::string_view index) const;

    /// Behind an INSERT: what happens to the row that has the key already. `keys` are the columns
    /// of the unique index, `assignments` like `a = a + 1`; with `id = id` the row stays as it is.
    /// Never INSERT IGNORE: it also swallows truncation and missing parents.
    [[nodiscard]] std::string onConflict(std::string_view keys, std::string_view assignments) const;

    /// One statement of a migration in this database's words. On MariaDB, where DDL commits by
    /// itself, creating becomes repeatable (IF NOT EXISTS), and tables get their engine,
    /// character set and a collation that compares bytes, as SQLite does.
    [[nodiscard]] std::string schemaStatement(std::string_view statement) const;

private:
    Product product_;
};

}  // namespace hub::storage
