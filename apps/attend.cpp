// fovea-attend: runs one attention on arrays, to check any variant against any other framework.
#include "apps/shared/attend.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "attend",
      "Runs one attention on .npy arrays and writes context, weights, parameters and gradients.",
      "  fovea attend scaled-dot --query q.npy --key k.npy --value v.npy --out result\n"
      "  fovea attend multi-head heads=8 pattern=causal --query q.npy --key k.npy --lengths 5,3 --params "
      "p.safetensors --out result\n"
      "  fovea attend compose scorer=cosine normalizer=sum --query q.npy --key k.npy --grad g.npy --out "
      "result\n");
  fovea::AttendRequest request;
  app.add_option("name", request.name, "named variant (fovea list attentions), or compose for plain axes")
      ->required();
  app.add_option("fields", request.fields,
                 "axis=value: scorer=, normalizer=, pattern=, position=, heads=, … and grid=[rows,columns]");
  app.add_option("--query", request.query,
                 "[B, Tq, Dq]; may be absent where the variant has no use for it (then Tq = 1)");
  app.add_option("--key", request.key, "[B, Tk, Dk]")->required();
  app.add_option("--value", request.value, "[B, Tk, Dv] (the key)");
  app.add_option("--lengths", request.lengths, "real keys of each example, 0 … Tk: 5,3")
      ->delimiter(',')
      ->allow_extra_args(false);
  fovea::whole_number(
      app.add_option("--first", request.first, "absolute position of the first query (Tk − Tq)"),
      -fovea::kMostNumber, fovea::kMostNumber);
  app.add_option("--mask", request.mask, "bool [Tq, Tk], [B, Tq, Tk] or [B, H, Tq, Tk], true = may attend");
  app.add_option("--params", request.params, "safetensors with every parameter (drawn from the seed)");
  app.add_option("--grad", request.grad, "dL/dcontext: also writes the gradients of inputs and parameters");
  app.add_option("--dtype", request.dtype, "float64 or float32 (the query's)")
      ->check(CLI::IsMember({"float64", "float32"}));
  app.add_flag("--verbose", request.verbose, "say which arithmetic answers, and why");
  app.add_flag("--split-heads", request.split_heads, "arrays are [B, H, T, Dh]; no projections");
  fovea::whole_number(app.add_option("--seed", request.seed, "of the parameters that are drawn"), 0,
                      fovea::kMostNumber);
  app.add_option("--out", request.out, "folder for the results")->required();
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("attend", &request); });
}
