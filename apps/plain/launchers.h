// A sweep handed to those who have machines: a job list for GNU parallel, an array job for Slurm.
#pragma once

#include "apps/plain/ablate.h"
#include "src/experiments/sweep.h"

namespace fovea {

/// Writes SWEEP/jobs.txt, a command a line for each cell that has not finished, and prints its path. The exit
/// code.
int write_job_list(const AblateRequest& request, const Sweep& sweep);

/// Writes SWEEP/slurm.sh, an array job over the cells that have not finished, and submits it. A job that is
/// asked to stop saves and is put back into the queue. Throws Error where there is no sbatch, or it refuses.
int submit_array(const AblateRequest& request, const Sweep& sweep);

}  // namespace fovea
