// Numbers as people read them: no more digits than the uncertainty supports.
#pragma once

#include <cstdint>
#include <string>

namespace fovea {

/// "83.52 ± 0.91": the uncertainty to two significant digits (whole numbers from 10 on), the value to the
/// same place. Very small pairs share a power of ten: "(1.20 ± 0.10)e-7". Where the uncertainty is 0, two to
/// four decimals: "0.996 ± 0.000". Without a finite uncertainty: format_number(value).
std::string with_uncertainty(double value, double uncertainty);

/// `value` to `digits` significant digits without trailing zeros or needless exponent; "–" for NaN.
std::string format_number(double value, int digits = 4);

/// `value` with exactly `decimals` digits after the point; "–" for NaN.
std::string format_fixed(double value, int decimals);

/// 12345678 → "12,345,678".
std::string format_count(int64_t count);

/// Seconds as "0.42 s", "12.3 s", "4 min 05 s", "3 h 20 min".
std::string format_seconds(double seconds);

/// Bytes as "512 B", "1.5 MiB".
std::string format_bytes(double bytes);

}  // namespace fovea
