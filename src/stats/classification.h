// Scores of a classifier over a whole split: confusion matrix, precision, recall, F1, AUC and calibration.
// They equal scikit-learn's (zero_division = 0; the classes that occur among labels or predictions).
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace fovea {

/// What a classifier said about n examples.
struct Classified {
  int64_t classes = 0;
  std::vector<int64_t> labels;     // [n], 0 … classes − 1
  std::vector<int64_t> predicted;  // [n]
  /// [n, classes] row by row, or empty: AUC and calibration are then undefined.
  std::vector<double> probabilities;
};

struct ClassScores {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  /// Examples that carry this label.
  int64_t support = 0;
};

/// NaN where a value is undefined.
struct ClassificationScores {
  int64_t n = 0;
  /// [classes, classes]: row = label, column = prediction.
  std::vector<int64_t> confusion;
  double accuracy = std::numeric_limits<double>::quiet_NaN();
  std::vector<ClassScores> per_class;
  /// Unweighted mean over the classes that occur among labels or predictions.
  ClassScores macro;
  /// From the pooled counts; equal to accuracy when every example has one label.
  ClassScores micro;
  /// Binary: of class 1. More classes: one against the rest, unweighted mean over the classes in `labels`.
  double auc = std::numeric_limits<double>::quiet_NaN();
  /// Classes left out of `auc` because no example, or every example, carries their label.
  std::vector<int64_t> auc_skipped;
  double calibration_error = std::numeric_limits<double>::quiet_NaN();
};

/// All scores at once. Throws std::logic_error when sizes disagree or a label is out of range.
ClassificationScores score_classification(const Classified& classified);

/// Area under the ROC curve by the rank sum (Mann & Whitney 1947), ties by midrank:
/// (R₊ − n₊(n₊ + 1)/2) / (n₊ n₋). NaN when one of the two classes is absent. Throws std::logic_error for a
/// NaN score.
double area_under_roc(const std::vector<double>& scores, const std::vector<bool>& positive);

/// Expected calibration error (Guo et al. 2017, equation 5): Σ_bins |bin|/n · |accuracy − confidence| over
/// `bins` bins of equal width (lower edge open), confidence = the probability of the predicted class.
double expected_calibration_error(const Classified& classified, int64_t bins = 15);

}  // namespace fovea
