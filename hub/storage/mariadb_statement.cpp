#include "hub/storage/mariadb_statement.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <vector>

#include <mysql.h>

namespace hub::storage {
namespace {

/// Room for a value before it is asked for whole: ids, names, states. libmariadb's own advice, a
/// buffer of the column's greatest length, would clear 16 MB for a MEDIUMTEXT.
constexpr std::size_t kInlineBytes = 128;
constexpr unsigned kBinaryCharset = 63;

enum class Form : std::uint8_t { kInteger, kReal, kDecimal, kText, kTime, kDate };

struct FormOf {
    enum_field_types type;
    Form form;
    enum_field_types bound_as;
};
/// What is not here is bound as a string.
constexpr FormOf kForms[] = {
    {MYSQL_TYPE_TINY, Form::kInteger, MYSQL_TYPE_LONGLONG},
    {MYSQL_TYPE_SHORT, Form::kInteger, MYSQL_TYPE_LONGLONG},
    {MYSQL_TYPE_INT24, Form::kInteger, MYSQL_TYPE_LONGLONG},
    {MYSQL_TYPE_LONG, Form::kInteger, MYSQL_TYPE_LONGLONG},
    {MYSQL_TYPE_LONGLONG, Form::kInteger, MYSQL_TYPE_LONGLONG},
    {MYSQL_TYPE_YEAR, Form::kInteger, MYSQL_TYPE_LONGLONG},
    {MYSQL_TYPE_FLOAT, Form::kReal, MYSQL_TYPE_DOUBLE},
    {MYSQL_TYPE_DOUBLE, Form::kReal, MYSQL_TYPE_DOUBLE},
    {MYSQL_TYPE_DECIMAL, Form::kDecimal, MYSQL_TYPE_STRING},
    {MYSQL_TYPE_NEWDECIMAL, Form::kDecimal, MYSQL_TYPE_STRING},
    {MYSQL_TYPE_DATETIME, Form::kTime, MYSQL_TYPE_DATETIME},
    {MYSQL_TYPE_TIMESTAMP, Form::kTime, MYSQL_TYPE_DATETIME},
    {MYSQL_TYPE_DATE, Form::kDate, MYSQL_TYPE_DATE},
    {MYSQL_TYPE_NEWDATE, Form::kDate, MYSQL_TYPE_DATE},
};
constexpr FormOf kString{MYSQL_TYPE_STRING, Form::kText, MYSQL_TYPE_STRING};

FormOf formOf(enum_field_types type) {
    for (const FormOf& known : kForms)
        if (known.type == type) return known;
    return kString;
}

struct Column {
    std::string name;
    Form form = Form::kText;
    bool binary = false;
    my_bool null = 0;
    my_bool cut = 0;
    unsigned long size = 0;
    std::int64_t integer = 0;
    double real = 0;
    MYSQL_TIME time{};
    std::array<char, kInlineBytes> inline_bytes{};
    std::string long_bytes;
    std::string_view view;
};

/// The forms in which SQLite keeps them, so that both databases give one text.
void formatTime(Column& column) {
    const MYSQL_TIME& t = column.time;
    const int size = column.form == Form::kDate
                         ? std::snprintf(column.inline_bytes.data(), kInlineBytes, "%04u-%02u-%02u",
                                         t.year, t.month, t.day)
                         : std::snprintf(column.inline_bytes.data(), kInlineBytes,
                                         "%04u-%02u-%02u %02u:%02u:%02u.%03lu", t.year, t.month,
                                         t.day, t.hour, t.minute, t.second, t.second_part / 1000);
    column.view = {column.inline_bytes.data(), static_cast<std::size_t>(size)};
}

void* bufferOf(Column& column) {
    switch (column.form) {
        case Form::kInteger:
            return &column.integer;
        case Form::kReal:
            return &column.real;
        case Form::kTime:
        case Form::kDate:
            return &column.time;
        case Form::kDecimal:
        case Form::kText:
            break;
    }
    return column.inline_bytes.data();
}

MYSQL_BIND bindOf(Column& column, enum_field_types bound_as) {
    MYSQL_BIND bind{};
    bind.buffer_type = bound_as;
    bind.buffer = bufferOf(column);
    bind.buffer_length = bound_as == MYSQL_TYPE_STRING ? kInlineBytes : 0;
    bind.length = &column.size;
    bind.is_null = &column.null;
    bind.error = &column.cut;
    return bind;
}

struct Binder {
    MYSQL_BIND& bind;

    void operator()(std::nullptr_t) const { bind.buffer_type = MYSQL_TYPE_NULL; }
    // libmariadb reads the buffers only; its type has no const.
    void operator()(const std::int64_t& number) const {
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.buffer = const_cast<std::int64_t*>(&number);
    }
    void operator()(const double& number) const {
        bind.buffer_type = MYSQL_TYPE_DOUBLE;
        bind.buffer = const_cast<double*>(&number);
    }
    void operator()(const std::string& text) const { bytes(MYSQL_TYPE_STRING, text); }
    void operator()(const Blob& blob) const { bytes(MYSQL_TYPE_BLOB, blob.bytes); }

private:
    void bytes(enum_field_types type, const std::string& held) const {
        bind.buffer_type = type;
        bind.buffer = const_cast<char*>(held.data());
        bind.buffer_length = held.size();
        bind.length = &bind.buffer_length;
    }
};

template <class Number>
Number parsed(const Column& column) {
    Number number{};
    const auto* end = column.view.data() + column.view.size();
    const auto read = std::from_chars(column.view.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end)
        throw StorageError(StorageErrorCode::kCorrupt,
                           "a number is out of range in column " + column.name);
    return number;
}

}  // namespace

struct MariadbStatement::Result final : Row {
    std::vector<Column> columns;
    std::vector<MYSQL_BIND> binds;

    [[nodiscard]] bool isNull(int column) const override { return at(column).null != 0; }
    [[nodiscard]] std::int64_t integer(int column) const override {
        const Column& held = notNull(column);
        if (held.form == Form::kInteger) return held.integer;
        if (held.form != Form::kDecimal) wrong(held);
        return parsed<std::int64_t>(held);
    }
    [[nodiscard]] double real(int column) const override {
        const Column& held = notNull(column);
        if (held.form == Form::kReal) return held.real;
        if (held.form == Form::kInteger) return static_cast<double>(held.integer);
        if (held.form != Form::kDecimal) wrong(held);
        return parsed<double>(held);
    }
    [[nodiscard]] std::string_view text(int column) const override {
        if (at(column).binary) wrong(at(column));
        return bytes(column);
    }
    [[nodiscard]] std::string_view bytes(int column) const override {
        const Column& held = notNull(column);
        if (held.form != Form::kText && held.form != Form::kTime && held.form != Form::kDate)
            wrong(held);
        return held.view;
    }

private:
    [[noreturn]] static void wrong(const Column& column) {
        throw StorageError(StorageErrorCode::kCorrupt,
                           "unexpected type or null in column " + column.name);
    }
    [[nodiscard]] const Column& at(int column) const {
        return columns.at(static_cast<std::size_t>(column));
    }
    [[nodiscard]] const Column& notNull(int column) const {
        const Column& held = at(column);
        if (held.null != 0) wrong(held);
        return held;
    }
};

void MariadbStatement::Close::operator()(st_mysql_stmt* statement) const {
    mysql_stmt_close(statement);
}

MariadbStatement::MariadbStatement(st_mysql* session) : statement_(mysql_stmt_init(session)) {
    if (!statement_)
        throw StorageError(StorageErrorCode::kUnavailable, "mariadb statement: no memory");
}

MariadbStatement::~MariadbStatement() = default;

bool MariadbStatement::prepare(std::string_view sql) {
    MYSQL_STMT* handle = statement_.get();
    if (mysql_stmt_prepare(handle, sql.data(), sql.size()) != 0) return false;
    describeResult();
    return true;
}

void MariadbStatement::describeResult() {
    MYSQL_RES* metadata = mysql_stmt_result_metadata(statement_.get());
    if (metadata == nullptr) return;
    result_ = std::make_unique<Result>();
    const unsigned count = mysql_num_fields(metadata);
    const MYSQL_FIELD* fields = mysql_fetch_fields(metadata);
    // Sized before the binds point into it.
    result_->columns.resize(count);
    for (unsigned i = 0; i < count; ++i) {
        const FormOf form = formOf(fields[i].type);
        Column& column = result_->columns[i];
        column.name = fields[i].name;
        column.form = form.form;
        column.binary = form.form == Form::kText && fields[i].charsetnr == kBinaryCharset &&
                        fields[i].type != MYSQL_TYPE_NULL;
        result_->binds.push_back(bindOf(column, form.bound_as));
    }
    mysql_free_result(metadata);
}

bool MariadbStatement::execute(std::span<const Value> params) {
    MYSQL_STMT* handle = statement_.get();
    std::vector<MYSQL_BIND> binds(params.size());
    for (std::size_t i = 0; i < params.size(); ++i) std::visit(Binder{binds[i]}, params[i].held());
    if (!binds.empty() && mysql_stmt_bind_param(handle, binds.data()) != 0) return false;
    if (mysql_stmt_execute(handle) != 0) return false;
    // The columns of INSERT … RETURNING are told by its first run only.
    if (!result_) describeResult();
    // A failure is told here too. Freeing the result then would wait for rows that never come.
    if (result_ && (mysql_stmt_bind_result(handle, result_->binds.data()) != 0 ||
                    mysql_stmt_store_result(handle) != 0))
        return false;
    in_use_ = true;
    return true;
}

MariadbStatement::Fetched MariadbStatement::fetch() {
    MYSQL_STMT* handle = statement_.get();
    const int fetched = mysql_stmt_fetch(handle);
    if (fetched == MYSQL_NO_DATA) return Fetched::kEnd;
    if (fetched != 0 && fetched != MYSQL_DATA_TRUNCATED) return Fetched::kFailed;
    for (std::size_t i = 0; i < result_->columns.size(); ++i) {
        Column& column = result_->columns[i];
        if (column.null != 0) continue;
        if (column.form == Form::kTime || column.form == Form::kDate) formatTime(column);
        if (column.form != Form::kText && column.form != Form::kDecimal) continue;
        column.view = {column.inline_bytes.data(),
                       std::min<std::size_t>(column.size, kInlineBytes)};
        if (column.size <= kInlineBytes) continue;
        column.long_bytes.resize(column.size);
        MYSQL_BIND whole = result_->binds[i];
        whole.buffer = column.long_bytes.data();
        whole.buffer_length = column.long_bytes.size();
        if (mysql_stmt_fetch_column(handle, &whole, static_cast<unsigned>(i), 0) != 0)
            return Fetched::kFailed;
        column.view = column.long_bytes;
    }
    return Fetched::kRow;
}

void MariadbStatement::finish() {
    if (!in_use_) return;
    in_use_ = false;
    if (result_) mysql_stmt_free_result(statement_.get());
}

const Row& MariadbStatement::row() const { return *result_; }

bool MariadbStatement::givesRows() const { return result_ != nullptr; }

std::size_t MariadbStatement::parameters() const {
    return mysql_stmt_param_count(statement_.get());
}

std::int64_t MariadbStatement::affected() const {
    return static_cast<std::int64_t>(mysql_stmt_affected_rows(statement_.get()));
}

unsigned MariadbStatement::errorNumber() const { return mysql_stmt_errno(statement_.get()); }

std::string MariadbStatement::errorText() const { return mysql_stmt_error(statement_.get()); }

}  // namespace hub::storage
