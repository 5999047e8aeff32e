// Feature maps φ of kernel attentions: weight(i, j) = φ(q_i) · φ(k_j) / Σ.
#pragma once

#include "models/attention/axis.h"
#include "src/config/fields.h"

namespace fovea {

class FeatureMap : public torch::nn::Module {
 public:
  /// q [B, H, Tq, Dh] → [B, H, Tq, m] ≥ 0; each row up to a factor of its own, which the weights lose again.
  virtual Tensor of_query(const Tensor& q) = 0;
  /// k [B, G, Tk, Dh] → [B, G, Tk, m] ≥ 0.
  virtual Tensor of_key(const Tensor& k) = 0;
};

/// elu(x) + 1 (Katharopoulos 2020, eq. 7).
class EluFeatures : public FeatureMap {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  EluFeatures(const AxisShape&, const Options&) {}
  Tensor of_query(const Tensor& q) override { return map(q); }
  Tensor of_key(const Tensor& k) override { return map(k); }

 private:
  static Tensor map(const Tensor& x);
};

/// exp(w · x' − ‖x'‖² / 2), x' = x / Dh^¼, for m directions w that are orthogonal in blocks of Dh and as long
/// as normal vectors: on average over w, φ(q) · φ(k) = m · exp(q · k / √Dh) (FAVOR+; Choromanski 2021,
/// §2.3–2.4).
class RandomFeatures : public FeatureMap {
 public:
  struct Options {
    int64_t features = 64;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("features", self.features, "random features m of a head", at_least(1));
    }
  };
  RandomFeatures(const AxisShape& shape, const Options& options);
  Tensor of_query(const Tensor& q) override;
  Tensor of_key(const Tensor& k) override;

 private:
  Tensor exponents(const Tensor& x) const;
  Tensor projection_;  // [m, Dh], saved, not trained
};

}  // namespace fovea
