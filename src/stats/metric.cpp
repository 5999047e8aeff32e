#include "src/stats/metric.h"

#include "src/base/text.h"

namespace fovea {

bool lower_is_better(const std::string& metric) {
  for (const std::string& word : split(metric, '_'))
    for (const char* lower : {"loss", "mse", "mae", "rmse", "mase", "error", "perplexity", "bits", "aer",
                              "wer", "cer", "eer", "nll"})
      if (word == lower) return true;
  return false;
}

}  // namespace fovea
