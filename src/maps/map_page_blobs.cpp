#include "src/maps/map_page_blobs.h"

#include "src/base/base64.h"
#include "src/base/files.h"

namespace fovea {

int64_t PageBlobs::add_text(std::string text) {
  texts_.push_back(std::move(text));
  return static_cast<int64_t>(texts_.size()) - 1;
}

int64_t PageBlobs::add_weights(const MapRecord& record) {
  cells_ += static_cast<int64_t>(record.weights.size());
  if (bits_ == 16 && cells_ > kMostCells16) narrow();
  if (bits_ == 8) return add_text(base64(gzip_member(pack_weights(record, 8).bytes)));
  const int64_t number = add_text("");
  open_.emplace(number, pack_weights(record, 16));
  return number;
}

void PageBlobs::narrow() {
  bits_ = 8;
  for (const auto& [number, packed] : open_)
    texts_[static_cast<size_t>(number)] = base64(gzip_member(narrowed(packed).bytes));
  open_.clear();
}

int64_t PageBlobs::add_once(const std::string& bytes, bool compressed) {
  const auto [found, is_new] = known_.try_emplace(sha256(bytes) + (compressed ? "c" : ""), 0);
  if (is_new) found->second = add_text(base64(compressed ? bytes : gzip_member(bytes)));
  return found->second;
}

int64_t PageBlobs::add_bytes(const std::string& bytes) {
  return add_once(bytes, false);
}

int64_t PageBlobs::add_compressed(const std::string& bytes) {
  return add_once(bytes, true);
}

std::string PageBlobs::html() const {
  std::string html;
  for (size_t i = 0; i < texts_.size(); ++i) {
    const auto waiting = open_.find(static_cast<int64_t>(i));
    html += "<script type=\"application/octet-stream\" id=\"blob-" + std::to_string(i) + "\">";
    html += waiting == open_.end() ? texts_[i] : base64(gzip_member(waiting->second.bytes));
    html += "</script>\n";
  }
  return html;
}

}  // namespace fovea
