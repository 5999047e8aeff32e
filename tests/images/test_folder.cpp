#include "data/images/folder.h"
#include "data/images/png.h"
#include "tests/images/jpeg_file.h"
#include "tests/readers/scratch.h"
#include "tests/readers/zip_file.h"

using namespace fovea;
using Catch::Contains;

TEST_CASE("A picture is told by its first bytes, not by its name") {
  const Scratch scratch;
  const Image image = slope(4, 5, 3);
  CHECK(read_image(scratch.file("a.jpg", encode_png(image))).pixels == image.pixels);
  CHECK(read_image(scratch.file("a.png", jpeg_file(image))).width == 5);
  CHECK(read_image(scratch.file("a", "P2 1 1 9 9")).pixels == std::vector<uint8_t>{255});
}

TEST_CASE("What is no picture is named with its first bytes") {
  const Scratch scratch;
  const auto path = scratch.file("a.png", "GIF89a");
  CHECK(data_error([&] { read_image(path); }) == path.string() +
                                                     ": not a picture that is read here; found bytes 47 49 "
                                                     "46 38 at its start; expected PNG, JPEG, PGM or PPM");
  CHECK_THAT(data_error([] { decode_image("", "x"); }),
             Contains("x: not a picture that is read here; found no bytes"));
  CHECK_THAT(data_error([] { decode_image("\x89PN", "x"); }), Contains("found bytes 89 50 4E at its start"));
}

TEST_CASE("The limit of pixels holds for every form") {
  for (const std::string& bytes :
       {encode_png(slope(4, 5, 3)), jpeg_file(slope(4, 5, 3)), std::string("P5 5 4 255\n")})
    CHECK(data_error([&] { decode_image(bytes, "x", 19); }) ==
          "x: image too large; found 4 x 5; expected at most 19 pixels");
}

TEST_CASE("A folder of pictures gives classes and files in order") {
  const Scratch scratch;
  const std::string bytes = encode_png(slope(3, 3, 1));
  scratch.file("d/b/2.png", bytes);
  scratch.file("d/b/1.PNG", bytes);
  scratch.file("d/b/3.jpeg", jpeg_file(slope(3, 4, 1)));
  scratch.file("d/b/4.Jpg", jpeg_file(slope(3, 4, 1)));
  scratch.file("d/b/5.pgm", "P2 1 1 9 9");
  scratch.file("d/b/6.ppm", "P3 2 1 9 9 9 9 0 0 0");
  scratch.file("d/a/9.png", bytes);
  scratch.file("d/a/notes.txt", "x");
  const auto images = read_image_folder(scratch.path("d"));
  REQUIRE(images.size() == 7);
  CHECK(images[0].label == "a");
  CHECK(images[1].where == scratch.path("d/b/1.PNG").string());
  CHECK(images[2].image.width == 3);
  CHECK(images[4].image.width == 4);
  CHECK(images[6].image.channels == 3);
}

TEST_CASE("A picture of a form that is not read is refused, not left out") {
  const Scratch scratch;
  scratch.file("d/a/1.png", encode_png(slope(3, 3, 1)));
  scratch.file("d/a/8.GIF", "x");
  CHECK(data_error([&] { read_image_folder(scratch.path("d")); }) ==
        scratch.path("d/a/8.GIF").string() +
            ": a picture of another form; found .GIF; expected .png, .jpg, .jpeg, .pgm or .ppm");
}

TEST_CASE("A zip and the folder that was packed give the same images in the same order") {
  const Scratch scratch;
  const std::vector<std::pair<std::string, std::string>> files = {{"cats/2.png", encode_png(slope(3, 3, 3))},
                                                                  {"dogs/b.jpg", jpeg_file(slope(9, 4, 3))},
                                                                  {"cats/10.PNG", encode_png(slope(5, 3, 3))},
                                                                  {"cats/notes.txt", "x"},
                                                                  {"dogs/a.ppm", "P3 2 1 9 9 9 9 0 0 0"},
                                                                  {"dogs/more/c.png", "x"},
                                                                  {"readme.txt", "x"}};
  std::vector<ZipEntry> entries, below;
  for (const auto& [name, bytes] : files) {
    scratch.file("d/" + name, bytes);
    entries.push_back({.name = name, .content = bytes});
    below.push_back({.name = "pictures/" + name, .content = bytes, .method = 0});
  }
  const auto folder = read_image_folder(scratch.path("d"));
  REQUIRE(folder.size() == 4);
  for (const std::vector<ZipEntry>& packed : {entries, below}) {
    const auto path = scratch.file("pictures.zip", zip_file(packed));
    const auto zip = read_image_folder(path);
    REQUIRE(zip.size() == 4);
    for (size_t i = 0; i < 4; ++i) {
      CHECK(zip[i].label == folder[i].label);
      CHECK(zip[i].image.width == folder[i].image.width);
      CHECK(zip[i].image.pixels == folder[i].image.pixels);
    }
    const std::string top = packed[0].method == 0 ? "pictures/" : "";
    CHECK(zip[0].where == path.string() + ": " + top + "cats/10.PNG");
  }
}

TEST_CASE("A folder inside a zip is read alone") {
  const Scratch scratch;
  const std::string picture = encode_png(slope(3, 3, 1));
  const auto path = scratch.file("set.zip", zip_file({{.name = "set/train/cats/1.png", .content = picture},
                                                      {.name = "set/train/dogs/1.png", .content = picture},
                                                      {.name = "set/trainer/cats/1.png", .content = picture},
                                                      {.name = "set/test/cats/2.png", .content = picture}}));
  const auto train = read_image_folder(path / "set/train");
  REQUIRE(train.size() == 2);
  CHECK(train[1].label == "dogs");
  CHECK(train[1].where == path.string() + ": set/train/dogs/1.png");
  CHECK(read_image_folder(path / "set/test").size() == 1);
  CHECK_THAT(data_error([&] { read_image_folder(path / "set/validation"); }),
             Contains("set.zip/set/validation"));
}

TEST_CASE("A bad picture in a zip is named with its zip") {
  const Scratch scratch;
  const auto problem = [&](const std::string& name) {
    return data_error(
        [&] { read_image_folder(scratch.file("p.zip", zip_file({{.name = name, .content = "GIF89a"}}))); });
  };
  CHECK_THAT(problem("cats/1.png"), Contains("p.zip: cats/1.png: not a picture that is read here; found"));
  CHECK_THAT(problem("cats/1.gif"), Contains("p.zip: cats/1.gif: a picture of another form; found .gif"));
  CHECK_THAT(data_error([&] { read_image_folder(scratch.file("p.zip", "GIF89a")); }),
             Contains("p.zip: not a readable zip; found"));
}

TEST_CASE("The faces of ORL are 40 people of 10 grey pictures each") {
  const auto path = dataset("orl-faces/att_faces.zip");
  if (path.empty()) return;
  const auto images = read_image_folder(path);
  REQUIRE(images.size() == 400);
  for (const LabelledImage& one : images) CHECK((one.image.height == 112 && one.image.width == 92));
  CHECK(images[10].label == "s10");
  CHECK(images[399].label == "s9");
}
