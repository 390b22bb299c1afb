// What PDF needs before a sandbox closes.
#pragma once

namespace weir::documents {

// poppler looks through /usr/share/poppler when its first document is opened, asks fontconfig (/etc/fonts, its caches,
// the fonts' folders) for what stands in for a font that a file only names, and converts text with iconv
// (gconv-modules.cache). This makes it do so now, once. Afterwards it opens only the character maps in
// /usr/share/poppler that a Chinese, Japanese or Korean file names. Some milliseconds; nothing that is not PDF needs
// it.
void prepare_pdf();

}  // namespace weir::documents
