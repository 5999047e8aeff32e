// Numbers over time: CSV with one row per date and one column per quantity.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

struct Series {
  std::vector<std::string> columns;  ///< F names
  std::vector<std::string> dates;    ///< T dates as written; empty without a date column
  std::vector<double> values;        ///< row-major [T, F]
  int64_t rows() const { return columns.empty() ? 0 : static_cast<int64_t>(values.size() / columns.size()); }
};

struct SeriesOptions {
  std::string date = {};  ///< column; "none"; "" = the first column if its first cell is not a number
  std::vector<std::string> columns =
      {};                       ///< the columns to read, in this order; empty or {"all"} = all but the date
  std::string header = "auto";  ///< auto | true | false
};

/// Reads a CSV (or .tsv) file, plain or .gz. header=auto: the first row holds names when it holds a column
/// that `options` names, or a cell beyond the first that is no number. Columns may be named by 0-based index.
/// Throws DataError "path:line: column "x": …" for an empty cell, text, NaN or infinity; for a missing or
/// repeated column; for a file without rows.
Series read_series(const std::filesystem::path& path, const SeriesOptions& options = {});

}  // namespace fovea
