// Curves and the area below them: trapezoids, AOPC, ROC, reliability.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

/// Area by trapezoids Σ (x[i] − x[i − 1]) (y[i] + y[i − 1]) / 2 over x that never falls; not divided by x's
/// range. NaN below two points or where a value is NaN. Throws std::logic_error when the sizes differ or x
/// falls.
double area_under_curve(const std::vector<double>& x, const std::vector<double>& y);

/// What AOPC divides the sum over K thresholds by.
enum class AopcDivisor {
  kThresholds,         // K: the mean over the thresholds that were measured
  kThresholdsAndNone,  // K + 1: the step that removes nothing counts too, with a difference of 0 (Samek et
                       // al. 2017; DeYoung et al. 2020)
};

/// "thresholds" or "thresholds + 1", to print beside the number.
std::string divisor_name(AopcDivisor divisor);

/// Area over the perturbation curve: the sum of `differences`, one a threshold (the output before minus the
/// output after), over the divisor. NaN without differences or where one is NaN.
double aopc(const std::vector<double>& differences, AopcDivisor divisor = AopcDivisor::kThresholds);

/// One point of a ROC curve: the rates when every score ≥ `threshold` is called positive.
struct RocPoint {
  double threshold = 0, false_positive_rate = 0, true_positive_rate = 0;
};

/// From (0, 0) at threshold ∞ to (1, 1), one point for each score that occurs, falling: equal scores share a
/// point, so the trapezoids below it are area_under_roc. Empty when one class is absent. Throws
/// std::logic_error when the sizes differ or a score is NaN.
std::vector<RocPoint> roc_curve(const std::vector<double>& scores, const std::vector<bool>& positive);

/// Examples whose confidence lies in (low, high]; the first bin holds 0 as well.
struct ReliabilityBin {
  double low = 0, high = 0;
  int64_t n = 0, right = 0;
  double confidence_sum = 0;
  double accuracy() const;    ///< NaN for n = 0
  double confidence() const;  ///< mean; NaN for n = 0
};

/// `bins` ≥ 1 bins of equal width over 0 … 1 (Guo et al. 2017, §2); a confidence outside counts in the bin
/// at that end. Throws std::logic_error when the sizes differ, for no bin, or for a confidence that is NaN.
std::vector<ReliabilityBin> reliability_bins(const std::vector<double>& confidence,
                                             const std::vector<bool>& right, int64_t bins = 15);

/// Expected calibration error Σ_bins n_bin/n · |accuracy − confidence| (Guo et al. 2017), 0 … 1;
/// NaN without examples.
double calibration_error(const std::vector<ReliabilityBin>& bins);

}  // namespace fovea
