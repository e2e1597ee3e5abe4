#include "plugins/checkr/simulator/pdf.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace vendor::checkr::simulator {

namespace {

constexpr std::size_t kOffsetDigits = 10;

std::string escaped(std::string_view line) {
    std::string text;
    for (const char c : line) {
        if (c == '(' || c == ')' || c == '\\') text.push_back('\\');
        text.push_back(c >= ' ' && c <= '~' ? c : '?');
    }
    return text;
}

std::string padded(std::size_t number) {
    const std::string digits = std::to_string(number);
    return std::string(kOffsetDigits - digits.size(), '0') + digits;
}

}  // namespace

std::string pdfOf(std::string_view line) {
    const std::string page = "BT /F1 14 Tf 72 720 Td (" + escaped(line) + ") Tj ET";
    const std::array<std::string, 5> objects = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        "<< /Length " + std::to_string(page.size()) + " >>\nstream\n" + page + "\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    };
    std::string file = "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n";
    std::string table = "0000000000 65535 f \n";
    std::size_t number = 0;
    for (const std::string& object : objects) {
        table += padded(file.size()) + " 00000 n \n";
        file += std::to_string(++number) + " 0 obj\n" + object + "\nendobj\n";
    }
    const std::size_t table_at = file.size();
    const std::string size = std::to_string(objects.size() + 1);
    file += "xref\n0 " + size + "\n" + table + "trailer\n<< /Size " + size +
            " /Root 1 0 R >>\nstartxref\n" + std::to_string(table_at) + "\n%%EOF\n";
    return file;
}

}  // namespace vendor::checkr::simulator
