// One label an image.
#pragma once

#include "data/images/image.h"
#include "data/tasks/classification.h"
#include "src/config/fields.h"

namespace fovea {

class ImageClassification : public ClassificationTask {
 public:
  struct Options {
    std::string source = "auto", generator = "digits", root, train, validation, test, train_images,
                train_labels, test_images, test_labels;
    std::vector<std::string> augment;
    double validation_fraction = 0.1, test_fraction = 0.1;
    int64_t size = 0, split_seed = 0, data_seed = 0, limit = 0, batch = 64, examples = 3000;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("source", self.source, "files, generated images, or files when they are named",
            one_of({"auto", "generated", "files"}));
      visit("generator", self.generator, "of the generated images", one_of({"digits", "shapes"}));
      visit("root", self.root, "folder that relative file names start from");
      visit("train", self.train,
            "folder, or zip of it, with a folder of PNG, JPEG, PGM or PPM images per class");
      visit("validation", self.validation, "the same for validation; absent = split off the training images");
      visit("test", self.test, "the same for test; absent = split off the training images");
      visit("train_images", self.train_images, "IDX file of images (.gz allowed)");
      visit("train_labels", self.train_labels, "IDX file of their labels");
      visit("test_images", self.test_images, "IDX file of test images");
      visit("test_labels", self.test_labels, "IDX file of their labels");
      visit("size", self.size, "height and width that images are resized to; 0 = those of the first image",
            between(0, 4096));
      visit("augment", self.augment, "of training images: flip, crop, cutout",
            one_of({"flip", "crop", "cutout"}));
      visit("limit", self.limit, "first N of the shuffled training split; 0 = all", at_least(0));
      visit("batch", self.batch, "images in a batch", at_least(1));
      visit("validation_fraction", self.validation_fraction, "split off where no folder is named",
            between(0, 0.9));
      visit("test_fraction", self.test_fraction, "split off where no files are named", between(0, 0.9));
      visit("split_seed", self.split_seed, "of the split and of the order that limit cuts", at_least(0));
      visit("data_seed", self.data_seed, "of the generated images", at_least(0));
      visit("examples", self.examples,
            "generated training images (a quarter as many for validation and test)", at_least(10));
    }
  };

  explicit ImageClassification(const Options& options);
  ImageClassification(const Options& options, const std::string& folder);

  TaskSpec spec() const override;
  std::shared_ptr<const ExampleSource> examples(Split split) const override;
  int64_t batch_size() const override { return options_.batch; }
  Example read(const std::string& input) const override;
  std::vector<std::string> labels(const Batch& batch, int64_t row, const std::string& field) const override {
    return {};
  }
  Json data() const override;
  void save(const std::string& folder) const override;
  const std::vector<std::string>& classes() const override { return classes_; }

  /// One image, as bytes, with its object's mask where it is known.
  struct Item {
    Image image;
    std::string label, where;
    std::vector<uint8_t> mask;  // [Hi, Wi] or none
  };
  struct Splits {
    std::vector<Item> train, validation, test;
    std::vector<std::string> classes;  // of all training examples, before task.limit
  };

 private:
  ImageClassification(const Options& options, Unfitted);
  Splits read_splits() const;
  Splits generate_splits() const;
  Splits split_files() const;
  std::vector<Item> read_items(const std::string& folder, const std::string& images,
                               const std::string& labels) const;
  void require_channels(const Image& image, const std::string& where) const;
  Image fitted(const Image& image, const std::string& where) const;
  Tensor augmented(Tensor pixels, uint64_t key) const;
  Example make_example(const Item& item, uint64_t key, bool notes) const;

  Options options_;
  bool files_;
  std::vector<std::string> classes_;
  int64_t height_ = 0, width_ = 0, channels_ = 0;
  std::vector<double> mean_, deviation_;  // per channel, of pixels in 0 … 1
  Lazy<Splits> splits_;
};

}  // namespace fovea
