# cmake -DOUTPUT=FILE.cpp -DINPUTS="a.sql;b.sql" -P embed_migrations.cmake
# Turns numbered SQL files into one C++ file. Each line becomes one string literal: no literal grows
# over the length every compiler must take, and the file stays readable in a debugger.
set(tables "")
set(entries "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name "${input}" NAME)
  string(REGEX MATCH "^[0-9]+" digits "${name}")
  string(REGEX REPLACE "^0+" "" number "${digits}")
  file(READ "${input}" text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  string(APPEND tables "constexpr char kSql${number}[] =\n    \"${text}\";\n")
  string(APPEND entries "    {${number}, \"${name}\", kSql${number}},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed_migrations.cmake.
#include \"hub/storage/migration.hpp\"

namespace hub::storage {
namespace {

${tables}
constexpr Migration kMigrations[] = {
${entries}};

}  // namespace

std::span<const Migration> embeddedMigrations() { return kMigrations; }

}  // namespace hub::storage
")
