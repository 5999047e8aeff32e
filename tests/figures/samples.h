// Figures of every kind, for the tests that draw them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/figures/figure.h"

namespace fovea {

/// FOVEA_FIGURES=folder keeps every figure these tests draw, to look at.
void keep(const std::string& name, const std::string& bytes);

/// [rows, columns], each row a softmax around the diagonal.
std::vector<float> softmax_rows(uint64_t key, int64_t rows, int64_t columns, double sharp = 1.5);

Figure translation();
Figure causal_heads(int64_t heads, int64_t length);
Figure sentence();
Figure picture();
Figure series();
Figure atlas(int64_t layers, int64_t heads, int64_t length);
Figure confusion();
Figure roc();
Figure calibration();
Figure pruning();
/// Labels in many scripts, marked cells.
Figure scripts();

std::vector<std::pair<std::string, Figure>> all_figures();

}  // namespace fovea
