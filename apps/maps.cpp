// fovea-maps: writes, draws and scores attention maps.
#include "apps/shared/maps.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "maps", "Writes, draws and scores the attention maps of a run, or of another framework.",
      "  fovea maps RUN --examples 0-9 --format npy,json,pdf --score --out maps\n"
      "  fovea maps RUN --input reviews.txt --format svg --layers 'encoder.*' --heads 0,1 --out maps\n"
      "  fovea maps --from weights.npy --rows target.txt --columns source.txt --format pdf --score --out "
      "maps\n");
  fovea::MapsRequest request;
  app.add_option("run", request.run, "run folder");
  app.add_option("overrides", request.overrides, "task.key=value …, such as task.decoding.method=beam");
  app.add_option("--split", request.split, "train, validation or test");
  app.add_option("--examples", request.examples, "examples of the split: 0,5,10-19");
  app.add_option("--input", request.input,
                 "new inputs instead: a file of texts or paths, one a line; - for standard input");
  app.add_flag("--decoded", request.decoded,
               "along the decoder's own output instead of the reference (of new inputs always)");
  app.add_option(
      "--from", request.from,
      "instead of a run: weights that another framework made, .npy ([Tq, Tk], [H, Tq, Tk] or [L, H, "
      "Tq, Tk]) or .safetensors of such arrays");
  app.add_option("--rows", request.rows, "of --from: labels of the queries, one a line");
  app.add_option("--columns", request.columns, "of --from: labels of the keys, one a line");
  app.add_option("--mask", request.mask, "of --from: .npy [Tq, Tk], 1 = may be attended");
  app.add_option(
      "--truth", request.truth,
      "of --from: where attention ought to go, .npy [Tq, Tk] of 0 and 1, or a line of key-query links");
  app.add_flag("--causal", request.causal, "of --from: no query sees a later key");
  app.add_flag("--allow-unnormalized", request.allow_unnormalized,
               "of --from: rows need not sum to 1, nor be from 0 on, nor numbers");
  app.add_option("--layers", request.layers, "paths of layers, with * and ?")->delimiter(',');
  fovea::whole_number(app.add_option("--heads", request.heads, "heads, from 0")->delimiter(','), 0, 100000);
  app.add_option("--format", request.formats, "npy, json, csv, pdf, svg, png, tikz")->delimiter(',');
  app.add_flag("--score", request.score,
               "write scores.json: entropy, distance, heads, and truth where it is known");
  app.add_option("--out", request.out, "folder for the maps")->required();
  fovea::add_checkpoint(app, request.checkpoint);
  app.add_option("--device", request.device, "cpu or cuda");
  fovea::add_threads(app, request.threads);
  app.add_flag("--quiet", request.quiet, "no progress");
  app.add_flag("--verbose", request.verbose, "say more");
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("maps", &request); });
}
