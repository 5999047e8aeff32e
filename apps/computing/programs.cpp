// What libfovea-computing.so offers: fovea_NAME of each program that needs LibTorch, on that program's
// request.
#include "apps/shared/attend.h"
#include "apps/shared/bench.h"
#include "apps/shared/doctor.h"
#include "apps/shared/evaluate.h"
#include "apps/shared/list.h"
#include "apps/shared/maps.h"
#include "apps/shared/plan.h"
#include "apps/shared/predict.h"
#include "apps/shared/train.h"

extern "C" {

int fovea_attend(const void* request) {
  return fovea::attend(*static_cast<const fovea::AttendRequest*>(request));
}

int fovea_bench(const void* request) {
  return fovea::bench(*static_cast<const fovea::BenchRequest*>(request));
}

int fovea_doctor(const void*) {
  return fovea::doctor();
}

int fovea_evaluate(const void* request) {
  return fovea::evaluate(*static_cast<const fovea::EvaluateRequest*>(request));
}

int fovea_list(const void* request) {
  return fovea::list(*static_cast<const fovea::ListRequest*>(request));
}

int fovea_maps(const void* request) {
  return fovea::maps(*static_cast<const fovea::MapsRequest*>(request));
}

int fovea_plan(const void* request) {
  return fovea::plan(*static_cast<const fovea::PlanRequest*>(request));
}

int fovea_predict(const void* request) {
  return fovea::predict(*static_cast<const fovea::PredictRequest*>(request));
}

int fovea_train(const void* request) {
  return fovea::train(*static_cast<const fovea::TrainRequest*>(request));
}

}  // extern "C"
