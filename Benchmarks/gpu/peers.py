"""PyTorch at the shape that `gpu-check speed` measures, in the same run: one token at a time as one CUDA graph of a
compiled step, and a prompt of 512 tokens. Random weights; cuBLAS and PyTorch's own attention; nothing is downloaded.
usage: python3 Benchmarks/gpu/peers.py [bf16] [fp32]      (PyTorch 2.x with CUDA; a minute for each)
"""
import statistics, sys, time

import torch
import torch.nn.functional as F

LAYERS, HIDDEN, INNER, HEADS, KV_HEADS, SIZE, VOCABULARY, CAPACITY = 22, 2048, 5632, 32, 4, 64, 32000, 1024
PROMPT, TOKENS = 32, 128


class Model(torch.nn.Module):
    def __init__(self, dtype):
        super().__init__()

        def weight(*shape):
            return torch.nn.Parameter(torch.randn(*shape, device="cuda", dtype=torch.float32).mul_(shape[-1] ** -0.5).to(dtype), requires_grad=False)

        self.embedding, self.head = weight(VOCABULARY, HIDDEN), weight(VOCABULARY, HIDDEN)
        self.qkv = torch.nn.ParameterList([weight((HEADS + 2 * KV_HEADS) * SIZE, HIDDEN) for _ in range(LAYERS)])
        self.out = torch.nn.ParameterList([weight(HIDDEN, HIDDEN) for _ in range(LAYERS)])
        self.gate_up = torch.nn.ParameterList([weight(2 * INNER, HIDDEN) for _ in range(LAYERS)])
        self.down = torch.nn.ParameterList([weight(HIDDEN, INNER) for _ in range(LAYERS)])
        self.ones = torch.ones(HIDDEN, device="cuda", dtype=dtype)
        self.keys = torch.zeros(LAYERS, 1, KV_HEADS, CAPACITY, SIZE, device="cuda", dtype=dtype)
        self.values = torch.zeros_like(self.keys)
        angles = torch.outer(torch.arange(CAPACITY, device="cuda").float(), 10000 ** (-torch.arange(0, SIZE, 2, device="cuda").float() / SIZE))
        angles = torch.cat([angles, angles], -1)
        self.cosines, self.sines = angles.cos().to(dtype), angles.sin().to(dtype)

    def rotated(self, x, c, s):
        a, b = x.chunk(2, -1)
        return x * c + torch.cat([-b, a], -1) * s

    def forward(self, tokens, positions, mask):
        x = F.embedding(tokens, self.embedding)[None]
        c, s = self.cosines[positions], self.sines[positions]
        rows = tokens.shape[0]
        for i in range(LAYERS):
            qkv = F.linear(F.rms_norm(x, (HIDDEN,), self.ones, 1e-5), self.qkv[i]).view(1, rows, HEADS + 2 * KV_HEADS, SIZE).transpose(1, 2)
            q, k, v = qkv.split([HEADS, KV_HEADS, KV_HEADS], 1)
            self.keys[i].index_copy_(2, positions, self.rotated(k, c, s))
            self.values[i].index_copy_(2, positions, v)
            y = F.scaled_dot_product_attention(self.rotated(q, c, s), self.keys[i], self.values[i], attn_mask=mask, enable_gqa=True)
            x = x + F.linear(y.transpose(1, 2).reshape(1, rows, HIDDEN), self.out[i])
            gate, up = F.linear(F.rms_norm(x, (HIDDEN,), self.ones, 1e-5), self.gate_up[i]).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, self.down[i])
        return F.linear(F.rms_norm(x[:, -1], (HIDDEN,), self.ones, 1e-5), self.head).argmax(-1)


def measure(name, dtype):
    model = Model(dtype)
    reach = torch.arange(CAPACITY, device="cuda")

    def prompt(count):
        tokens, positions = torch.arange(count, device="cuda") * 7 % VOCABULARY, torch.arange(count, device="cuda")
        return model(tokens, positions, (reach[None] <= positions[:, None])[None, None])

    def timed(body, runs):
        times = []
        for _ in range(runs):
            torch.cuda.synchronize()
            start = time.perf_counter()
            body()
            torch.cuda.synchronize()
            times.append((time.perf_counter() - start) * 1e3)
        return statistics.median(times)

    for _ in range(3):
        prompt(512)
    long = timed(lambda: prompt(512), 7)
    compiled = torch.compile(model, mode="max-autotune-no-cudagraphs", fullgraph=True)
    token, position = torch.zeros(1, dtype=torch.long, device="cuda"), torch.full((1,), PROMPT, dtype=torch.long, device="cuda")

    def step():
        token.copy_(compiled(token, position, (reach[None] <= position[:, None])[None, None]))
        position.add_(1)

    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.synchronize()
    position.fill_(PROMPT)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        step()

    def generate():
        position.fill_(PROMPT)
        for _ in range(TOKENS):
            graph.replay()

    generate()
    print(f"{name}: {timed(generate, 5) / TOKENS:.3f} ms a token (compiled, one graph), {long:.2f} ms for 512 tokens (eager)", flush=True)


with torch.inference_mode():
    print(torch.__version__, torch.cuda.get_device_name())
    for name in sys.argv[1:] or ["bf16", "fp32"]:
        measure(name, {"bf16": torch.bfloat16, "fp32": torch.float32}[name])
