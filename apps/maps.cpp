// fovea-maps: writes, draws and scores attention maps.
#include "apps/shared/maps.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

namespace {

void add_inputs(CLI::App& app, fovea::MapsRequest& request) {
  app.add_option("run", request.run, "run folder");
  app.add_option("overrides", request.overrides, "task.key=value …, such as task.decoding.method=beam");
  app.add_option("--split", request.split, "train, validation or test");
  app.add_option("--examples", request.examples,
                 "examples of the split: 0,5,10-19 (0-7; of --faithfulness 0-199)");
  app.add_option("--input", request.input,
                 "new inputs instead: a file of texts or paths, one a line; - for standard input");
  app.add_flag("--decoded", request.decoded,
               "along the decoder's own output instead of the reference (of new inputs always)");
  app.add_flag("--forced", request.forced,
               "of --input: lines are INPUT<tab>OUTPUT, and the maps along that output");
  app.add_option("--layers", request.layers, "paths of layers, with * and ?")->delimiter(',');
  fovea::whole_number(app.add_option("--heads", request.heads, "heads, from 0")->delimiter(','), 0, 100000);
  app.add_option("--through", request.through,
                 "rollout, flow: what a stack of layers makes of its input, as one more map")
      ->delimiter(',');
  app.add_flag("--gradient", request.gradient, "gradient × attention as further maps, PATH.gradient");
  app.add_option("--steps", request.steps, "the maps of checkpoints: all, or 100,200; a .webp plays them");
  app.add_option("--against", request.against,
                 "draw the difference from these runs of another variant, one a seed")
      ->delimiter(',');
  app.add_option("--seeds", request.seeds, "of --against and --score: further runs like RUN, one a seed")
      ->delimiter(',');
}

void add_foreign(CLI::App& app, fovea::ForeignRequest& foreign) {
  app.add_option(
      "--from", foreign.from,
      "instead of a run: weights that another framework made, .npy ([Tq, Tk], [H, Tq, Tk] or [L, H, "
      "Tq, Tk]) or .safetensors of such arrays");
  app.add_option("--rows", foreign.rows, "of --from: labels of the queries, one a line");
  app.add_option("--columns", foreign.columns, "of --from: labels of the keys, one a line");
  app.add_option("--mask", foreign.mask, "of --from: .npy [Tq, Tk], 1 = may be attended");
  app.add_option(
      "--truth", foreign.truth,
      "of --from: where attention ought to go, .npy [Tq, Tk] of 0 and 1, or a line of key-query links");
  app.add_flag("--causal", foreign.causal, "of --from: no query sees a later key");
  app.add_flag("--allow-unnormalized", foreign.allow_unnormalized,
               "of --from: rows need not sum to 1, nor be from 0 on, nor numbers");
}

void add_drawing(CLI::App& app, fovea::DrawingRequest& drawing) {
  app.add_option("--width", drawing.width, "of figures: one-column (84 mm), two-columns (174 mm) or mm");
  app.add_option("--colours", drawing.colours,
                 "viridis, cividis, magma, ink or balance (what suits the map)");
  app.add_option("--scale", drawing.scale, "linear, log or power");
  app.add_option("--power", drawing.power, "exponent of --scale power");
  app.add_option("--low", drawing.low, "where the colour scale begins (0)");
  app.add_option("--high", drawing.high, "where it ends (the largest weight)");
  app.add_option("--font", drawing.font, "points, 6 or more");
  app.add_option("--label-angle", drawing.label_angle, "of labels that do not fit: 90 or 45");
  fovea::whole_number(
      app.add_option("--query", drawing.query, "the query shown on a sentence, image or series (their mean)"),
      0, fovea::kMostNumber);
  app.add_flag("--mean", drawing.mean, "the mean over heads as well");
  app.add_flag("--mean-only", drawing.mean_only, "the mean over heads instead of the heads");
  app.add_flag("--matrix", drawing.matrix, "always the matrix, not the sentence, image or series");
  app.add_flag("--atlas", drawing.atlas, "one more figure an example: every layer and head");
  app.add_option("--atlas-by", drawing.atlas_by,
                 "the atlas with the heads in the order of a score of --score, such as entropy")
      ->each([&drawing](const std::string&) { drawing.atlas = true; });
  app.add_flag("--merge-subwords", drawing.merge_subwords,
               "words instead of subwords: sum over keys, mean over queries");
  app.add_flag("--cut-sinks", drawing.cut_sinks, "without keys that draw 0.3 of the attention or more");
}

void add_probes(CLI::App& app, fovea::ProbeRequest& probe) {
  app.add_flag("--summary", probe.summary,
               "scores, favourite keys and means instead of maps: for inputs of any length");
  app.add_flag("--faithfulness", probe.faithfulness,
               "instead: erasure, permutation, adversary and gradients of a classifier's attention");
  app.add_flag(
      "--importance", probe.importance,
      "instead: what each head is worth, and how many can be pruned (of --split, such as validation)");
  app.add_option("--prune", probe.prune,
                 "of --importance: heads to take away, a number or a share such as 0.4");
  app.add_option("--pruned-run", probe.pruned_run, "of --prune: folder for the run without them");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "maps", "Writes, draws and scores the attention maps of a run, or of another framework.",
      "  fovea maps RUN --examples 0-9 --format npy,json,pdf --score --out maps\n"
      "  fovea maps RUN --input reviews.txt --format svg,html --layers 'encoder.*' --heads 0,1 --out maps\n"
      "  fovea maps RUN --against OTHER --format pdf --out difference\n"
      "  fovea maps RUN --faithfulness --out faithfulness\n"
      "  fovea maps --from weights.npy --rows target.txt --columns source.txt --format pdf --score --out "
      "maps\n");
  fovea::MapsRequest request;
  add_inputs(app, request);
  app.add_option("--format", request.formats, "npy, json, csv, pdf, svg, png, tikz, html")->delimiter(',');
  app.add_flag("--score", request.score,
               "write scores.json: entropy, distance, heads, and truth where it is known");
  app.add_option("--out", request.out, "folder for the maps")->required();
  fovea::add_checkpoint(app, request.checkpoint);
  add_drawing(app, request.drawing);
  add_foreign(app, request.foreign);
  add_probes(app, request.probe);
  app.add_option("--device", request.device, "cpu or cuda");
  fovea::add_threads(app, request.threads);
  app.add_flag("--quiet", request.quiet, "no progress");
  app.add_flag("--verbose", request.verbose, "say which arithmetic answers for each attention, and why");
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("maps", &request); });
}
