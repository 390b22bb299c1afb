// PDFs for tests, written as text: lines in Courier at exact places, and an outline.
#pragma once

#include <string>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents::test {

// Every character of Courier is 0.6 of the size wide.
struct PdfLine {
  float left = 72, top = 72;  // of the baseline, from the page's upper left corner
  float size = 10;
  std::string text;
  bool bold = false;
};

struct PdfOutline {
  std::string title;
  int page = 0;
};

using PdfPage = std::vector<PdfLine>;

// Lines of one column, one below the other.
inline void column(PdfPage& page, float left, float top, const std::vector<std::string>& lines, float size = 10) {
  for (const std::string& line : lines) {
    page.push_back({left, top, size, line});
    top += 1.2F * size;
  }
}

inline std::string pdf_file(const std::vector<PdfPage>& pages, const std::vector<PdfOutline>& outline = {},
                            const std::string& info = {}) {
  constexpr float height = 792;
  std::vector<std::string> objects(5 + 2 * pages.size() + 1 + outline.size());
  const auto number = [](std::size_t n) { return std::to_string(n); };
  const std::size_t first_page = 5, outlines = first_page + 2 * pages.size();
  std::string kids;
  for (std::size_t i = 0; i < pages.size(); ++i) kids += number(first_page + 2 * i) + " 0 R ";
  objects[1] =
      "<< /Type /Catalog /Pages 2 0 R" + (outline.empty() ? "" : " /Outlines " + number(outlines) + " 0 R") + " >>";
  objects[2] = "<< /Type /Pages /Count " + number(pages.size()) + " /Kids [" + kids + "] >>";
  objects[3] = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>";
  objects[4] = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold >>";
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::string content = "BT\n";
    for (const PdfLine& line : pages[i]) {
      std::string text;
      for (const char c : line.text) {
        if (c == '(' || c == ')' || c == '\\') text += '\\';
        text += c;
      }
      content += (line.bold ? "/G " : "/F ") + std::to_string(line.size) + " Tf 1 0 0 1 " + std::to_string(line.left) +
                 " " + std::to_string(height - line.top) + " Tm (" + text + ") Tj\n";
    }
    content += "ET\n";
    objects[first_page + 2 * i] =
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F 3 0 R /G 4 "
        "0 R >> >> /Contents " +
        number(first_page + 2 * i + 1) + " 0 R >>";
    objects[first_page + 2 * i + 1] = "<< /Length " + number(content.size()) + " >>\nstream\n" + content + "endstream";
  }
  if (!outline.empty()) {
    objects[outlines] = "<< /First " + number(outlines + 1) + " 0 R /Last " + number(outlines + outline.size()) +
                        " 0 R /Count " + number(outline.size()) + " >>";
  }
  for (std::size_t i = 0; i < outline.size(); ++i) {
    std::string& object = objects[outlines + 1 + i];
    object = "<< /Title (" + outline[i].title + ") /Parent " + number(outlines) + " 0 R /Dest [" +
             number(first_page + 2 * static_cast<std::size_t>(outline[i].page)) + " 0 R /Fit]";
    if (i > 0) object += " /Prev " + number(outlines + i) + " 0 R";
    if (i + 1 < outline.size()) object += " /Next " + number(outlines + 2 + i) + " 0 R";
    object += " >>";
  }
  std::string file = "%PDF-1.4\n", table;
  std::size_t count = 1;
  for (std::size_t i = 1; i < objects.size(); ++i) {
    if (objects[i].empty()) continue;
    std::string offset = number(file.size());
    table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
    file += number(i) + " 0 obj\n" + objects[i] + "\nendobj\n";
    ++count;
  }
  const std::string start = number(file.size());
  file += "xref\n0 " + number(count) + "\n0000000000 65535 f \n" + table + "trailer\n<< /Size " + number(count) +
          " /Root 1 0 R" + (info.empty() ? "" : " /Info << " + info + " >>") + " >>\nstartxref\n" + start + "\n%%EOF\n";
  return file;
}

}  // namespace weir::documents::test
