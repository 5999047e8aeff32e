#include "data/tasks/image_classification.h"

#include <algorithm>
#include <cmath>

#include "data/generators/glyphs.h"
#include "data/images/decode.h"
#include "data/images/folder.h"
#include "data/readers/idx.h"
#include "src/base/error.h"
#include "src/base/random.h"

namespace fovea {
namespace {

using Item = ImageClassification::Item;

constexpr int64_t kCropMargin = 2;  // pixels by which augment=crop moves an image

class ImageSource : public ExampleSource {
 public:
  ImageSource(const std::vector<Item>& items, std::function<Example(const Item&, uint64_t, bool)> make)
      : items_(items), make_(std::move(make)) {}
  int64_t size() const override { return static_cast<int64_t>(items_.size()); }
  Example get(int64_t index, uint64_t key, bool notes) const override {
    Example example = make_(items_[static_cast<size_t>(index)], key, notes);
    example.id = index;
    return example;
  }

 private:
  const std::vector<Item>& items_;
  std::function<Example(const Item&, uint64_t, bool)> make_;
};

bool reads_files(const ImageClassification::Options& o) {
  if (!o.train.empty() && !o.train_images.empty())
    throw ConfigError("task: expected one of train and train_images, found both");
  if (!o.test.empty() && !o.test_images.empty())
    throw ConfigError("task: expected one of test and test_images, found both");
  if (o.train_images.empty() != o.train_labels.empty() || o.test_images.empty() != o.test_labels.empty())
    throw ConfigError("task: IDX images and their labels go together; found one without the other");
  return uses_files(o.source, !o.train.empty() || !o.train_images.empty(),
                    {o.validation, o.test, o.test_images});
}

std::vector<std::string> label_names(const std::vector<Item>& items) {
  std::vector<std::string> names;
  for (const Item& item : items) names.push_back(item.label);
  return names;
}

/// Cutout (DeVries and Taylor 2017, arXiv 1708.04552, section 3.2): one square of half the smaller side
/// becomes 0, the mean of standardised pixels. Its centre is any pixel, so that part of it may lie outside
/// the image.
Tensor cut_out(const Tensor& pixels, Random& random) {
  const int64_t height = pixels.size(1), width = pixels.size(2), side = std::min(height, width) / 2;
  const int64_t top = random.below(height) - side / 2, left = random.below(width) - side / 2;
  Tensor cut = pixels.clone();  // [C, Hi, Wi]
  cut.slice(1, std::max<int64_t>(top, 0), top + side)
      .slice(2, std::max<int64_t>(left, 0), left + side)
      .zero_();
  return cut;
}

}  // namespace

ImageClassification::ImageClassification(const Options& options, Unfitted)
    : options_(options), files_(reads_files(options)), splits_([this] { return read_splits(); }) {}

ImageClassification::ImageClassification(const Options& options) : ImageClassification(options, Unfitted{}) {
  const std::vector<Item>& train = splits_.get().train;
  if (train.empty()) throw DataError("task.train: no images to train on");
  classes_ = splits_.get().classes;
  const Image& first = train.front().image;
  height_ = options_.size > 0 ? options_.size : first.height,
  width_ = options_.size > 0 ? options_.size : first.width, channels_ = 1;
  for (const Item& item : train) channels_ = std::max(channels_, item.image.channels);
  std::vector<double> sum(static_cast<size_t>(channels_)), squares(static_cast<size_t>(channels_));
  double n = 0;
  for (const Item& item : train) {
    const Image image = with_channels(item.image, channels_);
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      const double value = image.pixels[i] / 255.0;
      sum[i % static_cast<size_t>(channels_)] += value;
      squares[i % static_cast<size_t>(channels_)] += value * value;
    }
    n += static_cast<double>(item.image.height * item.image.width);
  }
  for (size_t c = 0; c < sum.size(); ++c) {
    mean_.push_back(sum[c] / n);
    deviation_.push_back(std::max(1e-6, std::sqrt(std::max(0.0, squares[c] / n - mean_[c] * mean_[c]))));
  }
}

ImageClassification::ImageClassification(const Options& options, const std::string& folder)
    : ImageClassification(options, Unfitted{}) {
  const Json saved = read_task_json(folder);
  try {
    classes_ = saved.at("classes").get<std::vector<std::string>>();
    height_ = saved.at("height").get<int64_t>(), width_ = saved.at("width").get<int64_t>(),
    channels_ = saved.at("channels").get<int64_t>();
    mean_ = saved.at("mean").get<std::vector<double>>();
    deviation_ = saved.at("deviation").get<std::vector<double>>();
  } catch (const Json::exception&) {
    throw CheckpointError(folder +
                          "/task.json: expected classes, height, width, channels, mean and deviation");
  }
}

ImageClassification::Splits ImageClassification::read_splits() const {
  return files_ ? split_files() : generate_splits();
}

ImageClassification::Splits ImageClassification::generate_splits() const {
  GlyphOptions making;
  making.data_seed = static_cast<uint64_t>(options_.data_seed);
  if (options_.size > 0) making.size = options_.size;
  Splits splits;
  std::vector<Item>* parts[] = {&splits.train, &splits.validation, &splits.test};
  for (int64_t split = 0; split < 3; ++split) {
    const int64_t n = split == 0 ? options_.examples : std::max<int64_t>(1, options_.examples / 4);
    for (int64_t i = 0; i < n; ++i) {
      const bool digits = options_.generator == "digits";
      GlyphImage made = digits ? cluttered_digit(making, split, i) : cluttered_shape(making, split, i);
      const std::string& label = (digits ? glyph_names() : shape_names())[static_cast<size_t>(made.label)];
      parts[split]->push_back(
          {std::move(made.image), label, "generated " + std::to_string(i), std::move(made.mask)});
    }
  }
  splits.classes = distinct_labels(
      options_.generator == "digits" ? glyph_names() : shape_names());  // all, however few examples there are
  splits.train = chosen(
      splits.train, limited(options_.examples, options_.limit, static_cast<uint64_t>(options_.split_seed)));
  return splits;
}

std::vector<Item> ImageClassification::read_items(const std::string& folder, const std::string& images,
                                                  const std::string& labels) const {
  std::vector<Item> items;
  if (images.empty()) {
    for (LabelledImage& one : read_image_folder(under_root(options_.root, folder)))
      items.push_back({std::move(one.image), one.label, one.where, {}});
    return items;
  }
  const IdxDataset set = read_idx(under_root(options_.root, images), under_root(options_.root, labels));
  const int64_t pixels = set.images.height * set.images.width;
  for (int64_t i = 0; i < set.images.count; ++i) {
    Image image;
    image.height = set.images.height, image.width = set.images.width, image.channels = 1;
    image.pixels.assign(set.images.pixels.begin() + i * pixels, set.images.pixels.begin() + (i + 1) * pixels);
    items.push_back({std::move(image),
                     std::to_string(set.labels[static_cast<size_t>(i)]),
                     images + ":" + std::to_string(i),
                     {}});
  }
  return items;
}

ImageClassification::Splits ImageClassification::split_files() const {
  std::vector<Item> all = read_items(options_.train, options_.train_images, options_.train_labels);
  const std::vector<std::string> names = label_names(all);
  const auto distinct = distinct_labels(names);
  std::vector<int64_t> labels;
  for (const std::string& name : names)
    labels.push_back(std::find(distinct.begin(), distinct.end(), name) - distinct.begin());
  const bool own_validation = !options_.validation.empty(),
             own_test = !options_.test.empty() || !options_.test_images.empty();
  const auto seed = static_cast<uint64_t>(options_.split_seed);
  const SplitIndices parts = split_stratified(labels, own_validation ? 0 : options_.validation_fraction,
                                              own_test ? 0 : options_.test_fraction, seed);
  // Moved, not copied: the images are most of the memory.
  const auto moved = [](std::vector<Item>& items, const std::vector<int64_t>& indices) {
    std::vector<Item> part;
    for (int64_t index : indices) part.push_back(std::move(items[static_cast<size_t>(index)]));
    return part;
  };
  Splits splits;
  splits.validation = own_validation ? read_items(options_.validation, "", "") : moved(all, parts.validation);
  splits.test = own_test ? read_items(options_.test, options_.test_images, options_.test_labels)
                         : moved(all, parts.test);
  std::vector<Item> train = moved(all, parts.train);
  splits.classes = distinct_labels(label_names(train));
  splits.train = moved(train, limited(static_cast<int64_t>(train.size()), options_.limit, seed));
  return splits;
}

TaskSpec ImageClassification::spec() const {
  FieldSpec image;
  image.kind = "image";
  image.channels = channels_, image.height = height_, image.width = width_;
  return {"image-classification", {{"image", image}}, {{"label", label_spec()}}};
}

void ImageClassification::require_channels(const Image& image, const std::string& where) const {
  if (image.channels > channels_)  // a grey picture can be had in colours, not the other way round
    throw DataError(where + ": " + std::to_string(image.channels) + " channels; expected " +
                    std::to_string(channels_));
}

Image ImageClassification::fitted(const Image& image, const std::string& where) const {
  require_channels(image, where);
  const Image full = with_channels(image, channels_);
  if (full.height == height_ && full.width == width_) return full;
  const bool smaller = height_ <= full.height && width_ <= full.width;
  return smaller ? resize_area(full, height_, width_) : resize_bilinear(full, height_, width_);
}

/// The changes of task.augment in their order, drawn from `key`: a mirror image half the time; a move by up
/// to kCropMargin pixels each way, edges repeated; cutout.
Tensor ImageClassification::augmented(Tensor pixels, uint64_t key) const {
  Random random(key);
  for (const std::string& name : options_.augment) {
    if (name == "flip" && random.bits() % 2 == 0) pixels = pixels.flip({2});
    if (name == "crop") {
      const int64_t dy = random.between(0, 2 * kCropMargin), dx = random.between(0, 2 * kCropMargin);
      pixels = torch::replication_pad2d(pixels, {kCropMargin, kCropMargin, kCropMargin, kCropMargin})
                   .slice(1, dy, dy + height_)
                   .slice(2, dx, dx + width_);
    }
    if (name == "cutout") pixels = cut_out(pixels, random);
  }
  return pixels;  // [C, Hi, Wi]
}

Example ImageClassification::make_example(const Item& item, uint64_t key, bool notes) const {
  const Image image = fitted(item.image, item.where);
  Tensor pixels = torch::tensor(image.pixels, torch::kUInt8)
                      .view({height_, width_, channels_})
                      .permute({2, 0, 1})
                      .to(torch::kFloat32) /
                  255.0;  // [C, Hi, Wi]
  const auto f32 = torch::kFloat32;
  pixels =
      (pixels - torch::tensor(mean_, f32).view({-1, 1, 1})) / torch::tensor(deviation_, f32).view({-1, 1, 1});
  if (key != 0) pixels = augmented(pixels, key);
  Example example;
  example.inputs["image"] = pixels.contiguous();  // [C, Hi, Wi]
  if (!item.label.empty())
    example.targets["label"] = torch::tensor(class_id(item.label, item.where), torch::kInt64);
  if (!notes) return example;
  example.note = {{"input", item.where}, {"label", item.label}};
  example.truth["pixels"] = torch::tensor(image.pixels, torch::kUInt8).view({height_, width_, channels_});
  if (!item.mask.empty() && image.height == item.image.height && image.width == item.image.width)
    example.truth["image"] = torch::tensor(item.mask, torch::kUInt8).view({height_, width_}) > 0;  // [Hi, Wi]
  return example;
}

std::shared_ptr<const ExampleSource> ImageClassification::examples(Split split) const {
  const Splits& all = splits_.get();
  const auto& items = split == Split::kTrain        ? all.train
                      : split == Split::kValidation ? all.validation
                                                    : all.test;
  // A label or size that does not fit is said here, not after an epoch of training.
  for (const Item& item : items) {
    class_id(item.label, item.where);
    require_channels(item.image, item.where);
  }
  const bool augment = split == Split::kTrain;
  return std::make_shared<ImageSource>(items, [this, augment](const Item& item, uint64_t key, bool notes) {
    return make_example(item, augment ? key : 0, notes);
  });
}

Example ImageClassification::read(const std::string& input) const {
  return make_example({read_image(input), "", input, {}}, 0, true);
}

Json ImageClassification::data() const {
  Json data = split_sizes(splits_.get());
  if (files_)
    add_fingerprints(data, options_.root,
                     {{"train", options_.train},
                      {"validation", options_.validation},
                      {"test", options_.test},
                      {"train_images", options_.train_images},
                      {"train_labels", options_.train_labels},
                      {"test_images", options_.test_images},
                      {"test_labels", options_.test_labels}});
  return data;
}

void ImageClassification::save(const std::string& folder) const {
  write_task_json(folder, {{"format", 1},
                           {"task", "image-classification"},
                           {"classes", classes_},
                           {"height", height_},
                           {"width", width_},
                           {"channels", channels_},
                           {"mean", mean_},
                           {"deviation", deviation_}});
}

}  // namespace fovea
