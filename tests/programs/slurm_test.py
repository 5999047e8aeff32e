"""A sweep through a real Slurm of one node, started and stopped here. Usage: slurm_test.py FOLDER_OF_PROGRAMS

Exit code 77 (skipped) where Slurm and munge are not installed or this is not root.
"""
import json
import os
import pathlib
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(sys.argv[1]).resolve()
SMALL = ["task.examples=60", "model.width=8", "model.hidden=8", "model.dense=8"]
NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "scancel", "squeue")
# As docs/commands.md has it.
RANKED = "RANK=$SLURM_PROCID WORLD_SIZE=$SLURM_NTASKS MASTER_ADDR=$(scontrol show hostnames | head -1) MASTER_PORT="


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds} s for {what}")


class Cluster:
    """munged, slurmctld and slurmd with everything in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        host = socket.gethostname().split(".")[0]
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir()
        key = folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        munge = pwd.getpwnam("munge")
        for path in (folder / "munge", key):
            os.chown(path, munge.pw_uid, munge.pw_gid)
        key.chmod(0o400)
        (folder / "munge").chmod(0o755)
        folder.chmod(0o755)
        self.socket = folder / "munge" / "socket"
        self.config = folder / "slurm.conf"
        self.config.write_text(f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
AuthType=auth/munge
AuthInfo=socket={self.socket}
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
MinJobAge=300
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        self.environment = {**os.environ, "SLURM_CONF": str(self.config)}

    def start(self):
        self.launch(["munged", "--foreground", "--force", f"--key-file={self.folder}/munge/key", f"--socket={self.socket}", f"--pid-file={self.folder}/munge/pid",
                     f"--log-file={self.folder}/munge/log", f"--seed-file={self.folder}/munge/seed"], user="munge")
        wait_for("munge", self.socket.exists)
        self.launch(["slurmctld", "-D"])
        self.launch(["slurmd", "-D"])
        wait_for("the node", lambda: "idle" in self.call("sinfo", "-h", "-o", "%t").stdout)

    def launch(self, words, **more):
        log = open(self.folder / f"{words[0]}.out", "w")
        self.processes.append(subprocess.Popen(words, stdout=log, stderr=log, env=self.environment, **more))

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(30)

    def call(self, *words):
        return subprocess.run([str(word) for word in words], capture_output=True, text=True, env=self.environment)


def status(cluster, sweep):
    return json.loads(cluster.call(BIN / "fovea", "status", sweep, "--format", "json").stdout)


def weights(run):
    return {path.name: path.read_bytes() for path in sorted(run.glob("checkpoints/*/model.safetensors"))}


def array_runs_every_cell(cluster, folder):
    sweep = folder / "array"
    done = cluster.call(BIN / "fovea", "ablate", "text-classification", "model.attention=bahdanau,none", *SMALL, "train.epochs=1", "--seeds", 2, "--launcher", "slurm", "--out", sweep)
    assert done.returncode == 0, done.stderr
    assert "Submitted batch job" in done.stdout, done.stdout
    wait_for("the array", lambda: status(cluster, sweep)["finished"] == 4)
    assert cluster.call(BIN / "fovea", "report", sweep).returncode == 0
    print("an array job ran 4 cells")


def a_warned_job_saves_and_is_queued_again(cluster, folder):
    words = [BIN / "fovea", "ablate", "text-classification", "model.attention=none", *SMALL, "train.epochs=150", "--seeds", 1, "--quiet"]
    whole, parts = folder / "whole", folder / "parts"
    assert cluster.call(*words, "--out", whole).returncode == 0
    done = cluster.call(*words, "--launcher", "slurm", "--out", parts)
    assert done.returncode == 0, done.stderr
    job = done.stdout.split()[-1]
    wait_for("a checkpoint", lambda: list(parts.glob("cells/*/checkpoints/LATEST")))
    assert cluster.call("scancel", "--batch", "--signal=TERM", job + "_1").returncode == 0
    wait_for("the queue", lambda: "Restarts=1" in cluster.call("scontrol", "show", "job", job).stdout)
    assert status(cluster, parts)["failed"] == 0
    # Slurm holds a job that was queued again back for two minutes unless it is told otherwise.
    hurry = lambda: cluster.call("scontrol", "update", f"JobId={job}_1", "StartTime=now")
    wait_for("the cell", lambda: hurry() and status(cluster, parts)["finished"] == 1, 240)
    cells = [next((sweep / "cells").iterdir()) for sweep in (whole, parts)]
    assert weights(cells[0]) == weights(cells[1]) != {}
    assert "continued at step" in (cells[1] / "log.txt").read_text()
    print("a job that was asked to stop saved, was queued again and ended with the same weights")


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"]) for line in lines if line["split"] == "train"]


def srun_trains_in_two_processes(cluster, folder):
    words = ["train", "reverse", "task.examples=100", "task.batch=12", "model.width=8", "model.hidden=8", "model.dropout=0", "train.precision=float64", "train.log_every=1",
             "train.steps=20", "--threads", "1", "--quiet", "--out"]
    one, two = folder / "one", folder / "two"
    assert cluster.call(BIN / "fovea", *words, one).returncode == 0
    command = RANKED + f"{free_port()} " + shlex.join([str(BIN / "fovea"), *words, str(two)])
    done = cluster.call("srun", "--ntasks", 2, "--overcommit", "bash", "-c", command)
    assert done.returncode == 0, done.stderr
    mine, others = losses(one), losses(two)
    assert len(mine) == len(others) == 20
    for (step, a), (other, b) in zip(mine, others):
        assert step == other and abs(a - b) <= 1e-9 * abs(a), (step, a, other, b)
    print("two processes that srun started trained as one does")


def main():
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        skip(f"no {', '.join(missing)}")
    if os.geteuid() != 0:
        skip("not root")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fovea-slurm-"))
    cluster = Cluster(folder)
    try:
        cluster.start()
        array_runs_every_cell(cluster, folder)
        srun_trains_in_two_processes(cluster, folder)
        a_warned_job_saves_and_is_queued_again(cluster, folder)
    except BaseException:
        for log in folder.glob("*.log"):
            print(f"== {log.name}\n" + log.read_text()[-3000:])
        raise
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
