// fovea-bench: how fast this machine computes what.
#include "apps/shared/bench.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "bench",
                          "Times attention, steps of training, decoding or maps on this machine.",
                          "  fovea bench kernels --threads 2\n"
                          "  fovea bench kernels --only additive,sparsemax --lengths 64,512 --format json\n");
  fovea::BenchRequest request;
  app.add_option("kind", request.kind,
                 "kernels, goals (the calls of benchmarks/peer_kernels.py), train, decode or maps")
      ->required()
      ->check(CLI::IsMember({"kernels", "goals", "train", "decode", "maps"}));
  app.add_option("--format", request.format, "text or json")->check(CLI::IsMember({"text", "json"}));
  app.add_option("--only", request.only, "cases whose names hold one of these words")->delimiter(',');
  app.add_option("--lengths", request.lengths, "lengths T (kernels)")
      ->delimiter(',')
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20));
  app.add_option("--save", request.save, "folder for each case's weights and batch, for a peer (train, decode)");
  app.add_option("--run", request.run, "trained run that decodes its test sources (decode)");
  fovea::whole_number(app.add_option("--sentences", request.sentences, "test sources that --run decodes"), 1,
                      1000000);
  fovea::whole_number(app.add_option("--batch", request.batch, "sources that --run decodes together"), 1, 100000);
  app.add_option("--seconds", request.seconds, "a case that would take longer is left out, and named")
      ->check(CLI::Range(0.01, 3600.0));
  app.add_option("--precision", request.precision, "float32 or bf16 alone (train)")
      ->check(CLI::IsMember({"float32", "bf16"}));
  app.add_flag("--operators", request.operators, "also each operator's own time (train, decode)");
  fovea::whole_number(app.add_option("--runs", request.runs, "timed runs of a case; the median counts"), 1,
                      1000);
  fovea::add_threads(app, request.threads);
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("bench", &request); });
}
