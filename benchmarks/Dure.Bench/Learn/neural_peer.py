"""The networks of NeuralBenchmark in PyTorch: a line "NAME MILLISECONDS" for each, median of 15 stretches of 20 steps."""
import os
import statistics
import sys
import time

import torch

torch.manual_seed(1)
torch.set_num_threads(int(sys.argv[1]))
nn = torch.nn


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(14, 64, batch_first=True)
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        return self.out(self.gru(x)[0][:, -1])


networks = {
    "dense": (nn.Sequential(nn.Linear(28, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1)), (256, 28)),
    "window": (nn.Sequential(
        nn.Conv1d(14, 32, 5, padding=2), nn.ReLU(), nn.Conv1d(32, 32, 5, padding=2), nn.ReLU(), nn.Conv1d(32, 32, 5, padding=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 60, 64), nn.ReLU(), nn.Linear(64, 1)), (64, 14, 60)),
    "image": (nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 8 * 8, 1)), (64, 1, 32, 32)),
    "recurrent": (Recurrent(), (64, 30, 14)),
}
for name, (network, shape) in networks.items():
    x, y = torch.randn(*shape), torch.randn(shape[0], 1)

    def step():
        network.zero_grad(set_to_none=True)
        nn.functional.mse_loss(network(x), y).backward()

    for _ in range(20):
        step()
    times = []
    for _ in range(15):
        begun = time.perf_counter()
        for _ in range(20):
            step()
        times.append((time.perf_counter() - begun) / 20 * 1000)
    print(name, statistics.median(times), flush=True)
print(torch.__version__, "BLAS", os.path.realpath("/lib/x86_64-linux-gnu/libblas.so.3"))
