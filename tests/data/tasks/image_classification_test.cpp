// Image classification from folders and IDX files: scaling, resizing, augmentation, and bad input.
#include <catch2/catch.hpp>
#include <set>

#include "data/images/png.h"
#include "data/readers/gzip.h"
#include "tests/images/jpeg_file.h"
#include "tests/readers/scratch.h"
#include "tests/readers/zip_file.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

const Json kGroup = {{"name", "image-classification"}};

std::string picture(int64_t size, int64_t channels, uint8_t value) {
  Image image = make_image(size, size, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(value + i % 7);
  return encode_png(image);
}

/// Ten grey images of each of two classes in folders.
Json folders(const Scratch& scratch, const std::string& root = "train") {
  for (int i = 0; i < 10; ++i) {
    scratch.file(root + "/cat/" + std::to_string(i) + ".png", picture(6, 1, static_cast<uint8_t>(10 * i)));
    scratch.file(root + "/dog/" + std::to_string(i) + ".png",
                 picture(6, 1, static_cast<uint8_t>(100 + 10 * i)));
  }
  return with(kGroup, "train", scratch.path(root).string());
}

std::string repeated(const std::string& text, int n) {
  std::string all;
  while (n-- > 0) all += text;
  return all;
}

std::string big_endian(std::initializer_list<uint32_t> numbers) {
  std::string bytes;
  for (uint32_t n : numbers)
    for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>((n >> shift) & 0xFF);
  return bytes;
}

/// `n` IDX images of 3 × 2 pixels and their labels 0, 1, 0, …, as a group.
Json idx(const Scratch& scratch, int n) {
  std::string images = big_endian({0x803, static_cast<uint32_t>(n), 3, 2}),
              labels = big_endian({0x801, static_cast<uint32_t>(n)});
  for (int i = 0; i < n; ++i) {
    images += std::string(6, static_cast<char>(i));
    labels += static_cast<char>(i % 2);
  }
  return with(with(kGroup, "train_images", scratch.file("images.idx", images).string()), "train_labels",
              scratch.file("labels.idx", labels).string());
}

}  // namespace

TEST_CASE("a folder of classes is split by class, and its training pixels have mean 0 and deviation 1") {
  const Scratch scratch;
  const auto task = make_task(folders(scratch));
  CHECK(task->examples(Split::kTrain)->size() == 16);
  CHECK(task->examples(Split::kValidation)->size() == 2);
  CHECK(task->examples(Split::kTest)->size() == 2);
  std::vector<Tensor> pixels;
  for (int64_t i = 0; i < 16; ++i)
    pixels.push_back(task->examples(Split::kTrain)->get(i, 0, false).inputs.at("image"));
  const Tensor all = torch::stack(pixels);
  CHECK(all.sizes() == at::IntArrayRef({16, 1, 6, 6}));
  CHECK(all.mean().item<double>() == Approx(0).margin(1e-5));
  CHECK(all.std(false).item<double>() == Approx(1).epsilon(1e-5));
}

TEST_CASE("pictures of several forms are read by their content, in folders and to predict") {
  const Scratch scratch;
  const Json group = folders(scratch);
  const std::string pgm = "P2 6 6 255" + repeated(" 77", 36);
  scratch.file("train/cat/3.pgm", pgm);
  scratch.file("train/dog/8.JPEG", picture(6, 1, 130));  // a PNG by its bytes
  const auto task = make_task(group);
  CHECK(task->examples(Split::kTrain)->size() == 18);
  const auto seen = [&](const std::string& name, const std::string& bytes) {
    return task->read(scratch.file(name, bytes).string()).truth.at("pixels");
  };
  CHECK((seen("new.png", pgm) == 77).all().item<bool>());
  CHECK((seen("new", jpeg_file(make_image(6, 6, 1))) == 0).all().item<bool>());
  CHECK(data_error([&] { seen("new.gif", "GIF89a"); }).find("expected PNG, JPEG, PGM or PPM") !=
        std::string::npos);
}

TEST_CASE("a zip of the folder gives the same examples in the same order") {
  const Scratch scratch;
  const Json group = folders(scratch);
  std::vector<ZipEntry> entries;
  for (const auto& file : std::filesystem::recursive_directory_iterator(scratch.path("train")))
    if (file.is_regular_file())
      entries.push_back({.name = std::filesystem::relative(file.path(), scratch.folder()).string(),
                         .content = read_file(file.path())});
  const auto zip = scratch.file("pictures.zip", zip_file(entries)).string();
  const auto folder_task = make_task(group), zip_task = make_task(with(kGroup, "train", zip));
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto expected = folder_task->examples(split), found = zip_task->examples(split);
    REQUIRE(found->size() == expected->size());
    for (int64_t i = 0; i < found->size(); ++i) {
      const Example a = expected->get(i, 7, false), b = found->get(i, 7, false);
      CHECK(torch::equal(a.inputs.at("image"), b.inputs.at("image")));
      CHECK(torch::equal(a.targets.at("label"), b.targets.at("label")));
    }
  }
  CHECK(zip_task->examples(Split::kTest)
            ->get(0, 0, true)
            .note.at("input")
            .get<std::string>()
            .find("pictures.zip: train/") != std::string::npos);
  CHECK(zip_task->data().at("train").at("sha256") == sha256(zip_file(entries)));
}

TEST_CASE("IDX files are read as rows of pixels with their labels") {
  const Scratch scratch;
  const auto task = make_task(idx(scratch, 20));
  const TaskSpec spec = task->spec();
  CHECK(spec.inputs.at("image").height == 3);
  CHECK(spec.inputs.at("image").width == 2);
  CHECK(spec.targets.at("label").vocabulary == 2);
  const Example example = task->examples(Split::kTest)->get(0, 0, true);
  CHECK(example.truth.at("pixels").flatten()[0].item<int64_t>() % 2 ==
        example.targets.at("label").item<int64_t>());
}

TEST_CASE("images are resized to task.size, smaller by areas and larger by lines between pixels") {
  const Scratch scratch;
  for (const int64_t size : {3, 12}) {
    const Example example =
        make_task(with(folders(scratch), "size", size))->examples(Split::kTest)->get(0, 0, true);
    CHECK(example.inputs.at("image").sizes() == at::IntArrayRef({1, size, size}));
  }
  const Example small = make_task(with(folders(scratch), "size", 3))->examples(Split::kTest)->get(0, 0, true);
  const Tensor full = make_task(folders(scratch))
                          ->examples(Split::kTest)
                          ->get(0, 0, true)
                          .truth.at("pixels")
                          .to(torch::kFloat32)
                          .view({1, 6, 6});
  // Areas of 2 × 2 pixels, rounded to bytes.
  CHECK((small.truth.at("pixels").to(torch::kFloat32).view({1, 3, 3}) - torch::avg_pool2d(full, 2))
            .abs()
            .max()
            .item<double>() <= 0.5);
}

TEST_CASE("augmentation follows its key, in training only") {
  const Scratch scratch;
  const auto task = make_task(with(folders(scratch), "augment", {"flip", "crop"}));
  const auto train = task->examples(Split::kTrain), test = task->examples(Split::kTest);
  const auto image = [](const ExampleSource& source, uint64_t key) {
    return source.get(0, key, false).inputs.at("image");
  };
  bool changed = false;
  for (uint64_t key = 1; key < 9; ++key) {
    CHECK(torch::equal(image(*train, key), image(*train, key)));
    CHECK(torch::equal(image(*test, key), image(*test, 0)));
    changed = changed || !torch::equal(image(*train, key), image(*train, 0));
  }
  CHECK(changed);
}

TEST_CASE("cutout sets one square to the mean, its centre on any pixel, and nothing else") {
  const Scratch scratch;
  const auto task = make_task(with(folders(scratch), "augment", {"cutout"}));
  const auto train = task->examples(Split::kTrain), test = task->examples(Split::kTest);
  const auto image = [](const ExampleSource& source, uint64_t key) {
    return source.get(0, key, false).inputs.at("image")[0];  // [6, 6]
  };
  const Tensor whole = image(*train, 0);
  REQUIRE((whole != 0).all().item<bool>());
  Tensor times_cut = torch::zeros({6, 6});
  std::set<int64_t> sizes;
  for (uint64_t key = 1; key <= 200; ++key) {
    const Tensor cut = image(*train, key), gone = cut != whole;
    CHECK(torch::equal(cut, image(*train, key)));
    CHECK(torch::equal(image(*test, key), image(*test, 0)));
    CHECK((cut.masked_select(gone) == 0).all().item<bool>());
    const int64_t rows = gone.any(1).sum().item<int64_t>(), columns = gone.any(0).sum().item<int64_t>();
    CHECK(gone.sum().item<int64_t>() == rows * columns);  // a rectangle: 3 x 3, less what lies outside
    sizes.insert(rows * columns);
    times_cut += gone;
  }
  CHECK(sizes == std::set<int64_t>{4, 6, 9});
  CHECK((times_cut > 0).all().item<bool>());
}

TEST_CASE(
    "an image claiming 2^31 pixels, a truncated one and one that is none are refused before they are held") {
  const Scratch scratch;
  const std::string good = picture(6, 1, 9);
  std::string huge = good;
  huge.replace(16, 8, big_endian({65536, 32768}));  // the width and height of the header
  for (const std::string& bytes :
       {huge, good.substr(0, good.size() / 2), std::string("GIF89a"), std::string()}) {
    folders(scratch);
    scratch.file("train/cat/0.png", bytes);
    CHECK(data_error([&] {
            make_task(with(kGroup, "train", scratch.path("train").string()));
          }).find("0.png") != std::string::npos);
  }
}

TEST_CASE("each kind of bad IDX file is one line that names the file") {
  const Scratch scratch;
  const Json group = idx(scratch, 8);
  const std::string images = read_file(scratch.path("images.idx")),
                    labels = read_file(scratch.path("labels.idx"));
  const auto fails_with = [&](const std::string& file, const std::string& bytes) {
    idx(scratch, 8);
    scratch.file(file, bytes);
    return data_error([&] { make_task(group); });
  };
  CHECK(fails_with("images.idx", images.substr(0, 20)).find("images.idx") != std::string::npos);
  CHECK(fails_with("images.idx", big_endian({0x803, 2147483648u, 1000, 1000})).find("images.idx") !=
        std::string::npos);
  CHECK(fails_with("images.idx", labels).find("images.idx") != std::string::npos);
  CHECK(fails_with("images.idx", "").find("images.idx") != std::string::npos);
  CHECK(fails_with("labels.idx", labels.substr(0, 10)).find("labels.idx") != std::string::npos);
  CHECK(fails_with("labels.idx", big_endian({0x801, 2}) + std::string(2, '\0')).find("labels") !=
        std::string::npos);
  const std::string packed = gzip(images);
  CHECK(fails_with("images.idx", packed.substr(0, packed.size() / 2)).find("truncated gzip") !=
        std::string::npos);
}

TEST_CASE("a class or a number of channels that training never saw is said before training") {
  const Scratch scratch;
  const Json group = folders(scratch);
  scratch.file("test/bird/0.png", picture(6, 1, 3));
  scratch.file("colour/cat/0.png", picture(6, 3, 3));
  const auto bird = make_task(with(group, "test", scratch.path("test").string())),
             colour = make_task(with(group, "test", scratch.path("colour").string()));
  CHECK(data_error([&] { bird->examples(Split::kTest); }).find("\"bird\"") != std::string::npos);
  CHECK(data_error([&] { colour->examples(Split::kTest); }).find("3 channels; expected 1") !=
        std::string::npos);
  CHECK(data_error([&] { bird->read(scratch.path("colour/cat/0.png").string()); }).find("3 channels") !=
        std::string::npos);
}

TEST_CASE("grey pictures among colour ones are read as colour ones") {
  const Scratch scratch;
  const Json group = folders(scratch);
  const Tensor grey = make_task(group)->read(scratch.path("train/cat/3.png").string()).truth.at("pixels");
  scratch.file("train/dog/7.png", picture(6, 3, 3));
  const auto task = make_task(group);
  CHECK(task->spec().inputs.at("image").channels == 3);
  const Example read = task->read(scratch.path("train/cat/3.png").string());
  CHECK(read.inputs.at("image").size(0) == 3);
  for (int64_t c = 0; c < 3; ++c)
    CHECK(torch::equal(read.truth.at("pixels").select(2, c), grey.select(2, 0)));
}

TEST_CASE("absent folders and files are bad data, and halves of a pair of files are refused") {
  const Scratch scratch;
  CHECK(data_error([&] {
          make_task(with(kGroup, "train", scratch.path("absent").string()));
        }).find("absent") != std::string::npos);
  Json group = idx(scratch, 8);
  CHECK(data_error([&] {
          make_task(with(group, "train_images", scratch.path("absent.idx").string()));
        }).find("absent.idx") != std::string::npos);
  CHECK_THROWS_AS(make_task(with(group, "train", scratch.path("x").string())), ConfigError);
  group.erase("train_labels");
  CHECK_THROWS_AS(make_task(group), ConfigError);
}

TEST_CASE("a saved image task reads an image without its training files, on the training pixels' scale") {
  const Scratch scratch;
  const Json group = folders(scratch);
  const auto task = make_task(group);
  std::filesystem::create_directories(scratch.path("task"));
  task->save(scratch.path("task").string());
  const std::string input = scratch.file("new.png", picture(9, 1, 50)).string();
  const Example before = task->read(input);
  std::filesystem::remove_all(scratch.path("train"));
  CHECK(torch::equal(load_task(group, scratch.path("task").string())->read(input).inputs.at("image"),
                     before.inputs.at("image")));
  CHECK(before.inputs.at("image").sizes() == at::IntArrayRef({1, 6, 6}));
}
