#!/usr/bin/env bash
# Eight minutes on a machine with a GPU: what only it can show, the speed table, an epoch of training
# with each way of its own, and two processes over nccl where there are two cards.
# It was not run yet: no GPU was at hand. From the repository: bash tests/gpu.sh [FOLDER]
set -uo pipefail
cd "$(dirname "$0")/.."
out=${1:-$(mktemp -d)}
mkdir -p "$out"
ends=$((SECONDS + 480))
failed=0

python -c 'import torch; assert torch.cuda.is_available(), "PyTorch sees no GPU here"' || exit 1
python - <<'PYTHON' | tee "$out/machine.txt"
import torch
print(torch.cuda.get_device_name(0), torch.cuda.get_device_capability(0), "torch", torch.__version__)
PYTHON

step() {  # NAME COMMAND…: what is left of the eight minutes bounds each, its output is kept
  local name=$1 left=$((ends - SECONDS)) began=$SECONDS
  shift
  if [ "$left" -le 0 ]; then echo "$name: no time left"; failed=1; return; fi
  if timeout "$left" "$@" >"$out/$name.txt" 2>&1; then
    echo "$name: passed in $((SECONDS - began)) s"
  else
    echo "$name: FAILED after $((SECONDS - began)) s"; tail -5 "$out/$name.txt"; failed=1
  fi
}

step tests python -m pytest -q -n 0 -p no:cacheprovider tests/gpu
step bench python -m mtlbus bench mtl mtl_cosa ctan --forwards 20
phantoms="phantom=400@1000"
epoch="--epochs 1 --size 256 --batch-size 32"
step epoch python -m mtlbus train mtl --data $phantoms --out "$out/epoch" $epoch
step float32 python -m mtlbus train mtl --data $phantoms --out "$out/float32" $epoch --precision float32
step judged python -m mtlbus evaluate mtl --data $phantoms --fold 1 --batch-size 32 --json
step processor python -m mtlbus evaluate mtl --data $phantoms --fold 1 --device cpu --json
if [ "$(python -c 'import torch; print(torch.cuda.device_count())')" -gt 1 ]; then
  step nccl torchrun --standalone --nproc-per-node 2 -m mtlbus train mtl --data $phantoms \
    --out "$out/nccl" $epoch
fi
echo "what each printed lies in $out"
exit $failed
