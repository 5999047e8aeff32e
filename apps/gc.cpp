// fovea-gc: what finished runs keep and nobody needs any more.
#include <iostream>

#include "apps/plain/program.h"
#include "src/report/leftovers.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"

namespace {

struct Request {
  std::vector<std::string> folders;
  fovea::LeftoverOptions options;
  bool remove = false, quiet = false;
};

int collect(const Request& request) {
  const std::vector<std::filesystem::path> roots(request.folders.begin(), request.folders.end());
  const auto found = fovea::find_leftovers(roots, request.options);
  fovea::TextTable table{{"what", "size", "path"}, {false, true, false}, {}};
  double bytes = 0;
  for (const fovea::Leftover& one : found) {
    if (request.remove) fovea::remove_leftover(one);
    bytes += static_cast<double>(one.bytes);
    table.rows.push_back({{fovea::leftover_name(one.kind)},
                          {fovea::format_bytes(static_cast<double>(one.bytes))},
                          {one.path.string()}});
  }
  if (!request.quiet && !found.empty()) std::cout << fovea::text_table(table, false);
  std::cout << fovea::format_bytes(bytes)
            << (request.remove ? " removed\n" : " could be removed: --delete\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "gc",
                          "Lists what finished runs no longer need (optimizer states, checkpoints that are "
                          "neither BEST nor LATEST) and, when "
                          "told so, removes it.",
                          "  fovea gc runs\n"
                          "  fovea gc runs --keep-checkpoints --delete\n");
  Request request;
  app.add_option("folders", request.folders, "run folders, or folders of runs")->required();
  app.add_flag("--delete", request.remove, "remove it; without this nothing is touched");
  app.add_flag("--keep-checkpoints", request.options.keep_checkpoints,
               "every checkpoint's weights stay, for maps --steps and --checkpoint mean-N");
  app.add_flag("--quiet", request.quiet, "only the sum");
  return fovea::run_program(app, argc, argv, [&] { return collect(request); });
}
