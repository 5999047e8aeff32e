// TikZ: any text is set as itself, files stay small, and the result compiles with what a paper has.
#include "src/figures/tikz.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "src/base/error.h"
#include "src/base/files.h"
#include "tests/figures/samples.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

const std::vector<std::string> kHostile{
    "%_&#{}~^\\", "\\input{/etc/passwd}",           "$x$",   "电影",     "مرحبا بالعالم",
    "👍",         "--- ,, !` ?` << >> |\"'",        "a  b ", "\xff\xfe", "ą Đ «x» „y“ α",
    "^^5c^^5e",   "]=,;\\par\n\n\\end{tikzpicture}"};

Figure hostile() {
  const int64_t n = static_cast<int64_t>(kHostile.size());
  HeatMap map{
      n, n, kHostile, kHostile, kHostile[0], kHostile[1], {{kHostile[2], softmax_rows(7, n, n), {}, {}}}};
  Figure figure{map, {}};
  figure.value_title = kHostile[0];
  figure.caption = kHostile[1] + kHostile[3] + "\n\\undefined " + kHostile[11];
  figure.provenance = kHostile[0] + "\r^^M\\undefined\xff";
  return figure;
}

bool have(const std::string& program) {
  return std::system(("which " + program + " > /dev/null 2>&1").c_str()) == 0;
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("every character that LaTeX takes for something else is escaped", "[figures]") {
  CHECK(tikz_text("%_&#{}$") == "\\%\\_\\&\\#\\{\\}\\$");
  CHECK(tikz_text("~^\\") == "\\textasciitilde{}\\textasciicircum{}\\textbackslash{}");
  CHECK(tikz_text("<|>") == "\\textless\\foveaapart{}\\textbar{}\\textgreater\\foveaapart{}");
  CHECK(tikz_text("\"'`") == "{\\char34}\\foveaapart{}{\\char39}\\foveaapart{}{\\char96}\\foveaapart{}");
  CHECK(tikz_text("a--b!`") == "a-\\foveaapart{}-\\foveaapart{}b!\\foveaapart{}{\\char96}\\foveaapart{}");
  CHECK(tikz_text("\\input{/etc/passwd}") == "\\textbackslash{}input\\{/etc/passwd\\}");
}

TEST_CASE("spaces are kept, control characters and broken UTF-8 become visible", "[figures]") {
  CHECK(tikz_text(" a b  c ") == "\\ a b \\ c\\ ");
  CHECK(tikz_text("a\tb") == "a\\foveachar{21}{E5}{⇥}b");
  CHECK(tikz_text("\xff") == "\\foveamissing{FF}{FD}");
  CHECK(tikz_text("") == "");
}

TEST_CASE("characters beyond ASCII carry their number, right-to-left runs stand together", "[figures]") {
  CHECK(tikz_text("é") == "\\foveachar{00}{E9}{é}");
  CHECK(tikz_text("👍") == "\\foveachar{1F4}{4D}{👍}");
  CHECK(tikz_text("x אב גx") ==
        "x \\foveartl{\\foveachar{05}{D0}{א}\\foveachar{05}{D1}{ב} "
        "\\foveachar{05}{D2}{ג}}x");
}

TEST_CASE("numbers have at most two decimals and no trailing zeros", "[figures]") {
  CHECK(tikz_number(12.5) == "12.5");
  CHECK(tikz_number(3) == "3");
  CHECK(tikz_number(-0.001) == "0");
  CHECK(tikz_number(1.0 / 3) == "0.33");
}

TEST_CASE("the picture names each colour once and uses only colours it names", "[figures]") {
  const Figure figure = translation();
  const std::string tikz = render(figure, Format::kTikz);
  CHECK((tikz == render(figure, Format::kTikz)));
  std::set<std::string> codes;
  for (size_t at = tikz.find("{HTML}{"); at != std::string::npos; at = tikz.find("{HTML}{", at + 1))
    codes.insert(tikz.substr(at + 7, 6));
  CHECK(codes.size() == count(tikz, "\\definecolor{"));
  CHECK(count(tikz, "\\foveacell{") >= 90 + 1);
  CHECK(tikz.find("fovea" + std::to_string(codes.size() - 1) + "}{HTML}") != std::string::npos);
  CHECK(tikz.find("fovea" + std::to_string(codes.size()) + "}") == std::string::npos);
  CHECK_THAT(tikz, Contains("% caption: Cross-attention") && Contains("% provenance: recipe translation") &&
                       Contains("y=-1bp") && Contains("rotate=90") && Contains("anchor=east"));
}

TEST_CASE("a caption of several lines stays inside its comment", "[figures]") {
  const std::string tikz = render(hostile(), Format::kTikz);
  const std::string head = tikz.substr(0, tikz.find("\\begin{tikzpicture}"));
  for (size_t at = 0; at < head.size(); at = head.find('\n', at) + 1) CHECK(head[at] == '%');
  CHECK(count(tikz, "\\end{tikzpicture}") == 2);  // one in the comment
}

TEST_CASE("large images become files by the name that was given, many small panels one file", "[figures]") {
  const Rendered rendered = render_figure(picture(), Format::kTikz, "encoder.0");
  REQUIRE(rendered.files.size() == 4);
  CHECK(rendered.files[3].first == "-4.png");
  CHECK(read_png(rendered.files[1].second, "test").width >= 448);
  CHECK_THAT(rendered.bytes, Contains("{\\foveafolder encoder.0-4.png}"));
  const Rendered many = render_figure(atlas(12, 12, 16), Format::kTikz);
  CHECK(many.files.size() == 1);
  CHECK(count(many.bytes, "viewport=") == 144);
  CHECK_THROWS_WITH(render_figure(picture(), Format::kTikz, "a b%"), Contains("'a b%'"));
  CHECK(render_figure(translation(), Format::kTikz, "a b%").files.empty());
}

TEST_CASE("files are written beside the picture", "[figures]") {
  const auto folder = std::filesystem::temp_directory_path() / "fovea-tikz-files";
  std::filesystem::remove_all(folder);
  make_folders(folder);
  write_figure(folder / "layer.1", picture(), figure_format("tikz"));
  CHECK(std::filesystem::exists(folder / "layer.1.tikz"));
  CHECK(read_file(folder / "layer.1-2.png").substr(1, 3) == "PNG");
}

TEST_CASE("hostile texts and every kind of figure compile with pdfLaTeX and LuaLaTeX", "[figures][tex]") {
  const auto folder = std::filesystem::temp_directory_path() / "fovea-tikz";
  std::filesystem::remove_all(folder);
  make_folders(folder);
  std::string document =
      "\\documentclass{article}\n\\usepackage{tikz}\n\\tikzset{fovea title/.style={font=\\bfseries}}\n"
      "\\begin{document}\n";
  for (const auto& [name, figure] : {std::pair{"hostile", hostile()}, std::pair{"roc", roc()},
                                     std::pair{"picture", picture()}, std::pair{"atlas", atlas(3, 4, 40)},
                                     std::pair{"series", series()}, std::pair{"sentence", sentence()}}) {
    write_figure(folder / name, figure, Format::kTikz);
    document += "\\input{" + std::string(name) + ".tikz}\n\n";
  }
  write_file_synced(folder / "paper.tex", document + "\\end{document}\n");
  for (const std::string engine : {"pdflatex", "lualatex"}) {
    if (!have(engine)) {
      WARN("no " + engine + ": skipped");
      continue;
    }
    INFO(engine);
    REQUIRE(std::system(("cd '" + folder.string() + "' && " + engine +
                         " -halt-on-error -interaction=nonstopmode paper.tex > " + engine + ".out 2>&1")
                            .c_str()) == 0);
    CHECK_THAT(read_file(folder / "paper.log"), !Contains("Overfull \\hbox"));
    if (!have("pdftotext")) continue;
    REQUIRE(std::system(("cd '" + folder.string() + "' && pdftotext paper.pdf").c_str()) == 0);
    CHECK_THAT(read_file(folder / "paper.txt"),
               Contains("\\input{/etc/pass") && Contains("$x$") && Contains("--- ,, !"));
    CHECK_THAT(read_file(folder / "paper.txt"), !Contains("root:"));
  }
}
