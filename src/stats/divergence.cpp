#include "src/stats/divergence.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace fovea {
namespace {

void require_one_size(const std::vector<double>& p, const std::vector<double>& q, const std::string& where) {
  if (p.size() != q.size())
    throw std::logic_error("[" + where + "] both distributions must have the same cells; found " +
                           std::to_string(p.size()) + " and " + std::to_string(q.size()));
}

}  // namespace

double shannon_entropy(const std::vector<double>& p) {
  double sum = 0;
  for (double value : p)
    if (value > 0) sum -= value * std::log(value);
  return std::max(sum, 0.0);
}

double jensen_shannon(const std::vector<double>& p, const std::vector<double>& q) {
  return jensen_shannon(p, q, shannon_entropy(p), shannon_entropy(q));
}

double jensen_shannon(const std::vector<double>& p, const std::vector<double>& q, double entropy_p,
                      double entropy_q) {
  require_one_size(p, q, "jensen_shannon");
  std::vector<double> middle(p.size());
  for (size_t i = 0; i < middle.size(); ++i) middle[i] = (p[i] + q[i]) / 2;
  // The difference of entropies may end a rounding below 0.
  return std::max(0.0, shannon_entropy(middle) - (entropy_p + entropy_q) / 2);
}

double total_variation(const std::vector<double>& p, const std::vector<double>& q) {
  require_one_size(p, q, "total_variation");
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += std::abs(p[i] - q[i]);
  return sum / 2;
}

double hellinger(const std::vector<double>& p, const std::vector<double>& q) {
  require_one_size(p, q, "hellinger");
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double root = std::sqrt(p[i]) - std::sqrt(q[i]);
    sum += root * root;
  }
  return std::sqrt(sum / 2);
}

}  // namespace fovea
