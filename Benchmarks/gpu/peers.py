"""PyTorch at the shapes that `gpu-check` measures, in the same run: one token at a time as one CUDA graph of a compiled step, and
prompts. Random weights; cuBLAS and PyTorch's own attention; nothing is downloaded.
usage: python3 Benchmarks/gpu/peers.py [bf16] [fp32]      (PyTorch 2.x with CUDA; a minute for each)
       python3 Benchmarks/gpu/peers.py SHAPE…             (as Tests/GPUCheck/ShapeSpeed.swift says, formats bf16 and fp32)
"""
import statistics, sys, time

import torch
import torch.nn.functional as F

LAYERS, HIDDEN, INNER, HEADS, KV_HEADS, SIZE, VOCABULARY, CAPACITY = 22, 2048, 5632, 32, 4, 64, 32000, 1024
PROMPT, TOKENS = 32, 128
TIED = NORMS = False


class Model(torch.nn.Module):
    def __init__(self, dtype):
        super().__init__()

        def weight(*shape):
            return torch.nn.Parameter(torch.randn(*shape, device="cuda", dtype=torch.float32).mul_(shape[-1] ** -0.5).to(dtype), requires_grad=False)

        self.embedding = weight(VOCABULARY, HIDDEN)
        self.head = self.embedding if TIED else weight(VOCABULARY, HIDDEN)
        self.qkv = torch.nn.ParameterList([weight((HEADS + 2 * KV_HEADS) * SIZE, HIDDEN) for _ in range(LAYERS)])
        self.out = torch.nn.ParameterList([weight(HIDDEN, HEADS * SIZE) for _ in range(LAYERS)])
        self.gate_up = torch.nn.ParameterList([weight(2 * INNER, HIDDEN) for _ in range(LAYERS)])
        self.down = torch.nn.ParameterList([weight(HIDDEN, INNER) for _ in range(LAYERS)])
        self.head_ones = torch.ones(SIZE, device="cuda", dtype=dtype)
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
            if NORMS:
                q, k = F.rms_norm(q, (SIZE,), self.head_ones, 1e-5), F.rms_norm(k, (SIZE,), self.head_ones, 1e-5)
            self.keys[i].index_copy_(2, positions, self.rotated(k, c, s))
            self.values[i].index_copy_(2, positions, v)
            y = F.scaled_dot_product_attention(self.rotated(q, c, s), self.keys[i], self.values[i], attn_mask=mask, enable_gqa=True)
            x = x + F.linear(y.transpose(1, 2).reshape(1, rows, HEADS * SIZE), self.out[i])
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

    count = min(512, CAPACITY - 128) if PROMPT == 32 else PROMPT
    for _ in range(2):
        prompt(count)
    long = timed(lambda: prompt(count), 5)
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
    print(f"{name}: {timed(generate, 5) / TOKENS:.3f} ms a token (compiled, one graph), {long:.2f} ms for {count} tokens (eager)", flush=True)


def measure_shape(argument):
    """Each of the contexts of a shape, with a cache of just that length."""
    global LAYERS, HIDDEN, INNER, HEADS, KV_HEADS, SIZE, VOCABULARY, CAPACITY, PROMPT, TOKENS, TIED, NORMS
    name, rest = argument.split("=")
    words, form, contexts = rest.split("/")
    words = words.split(",")
    VOCABULARY, HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, SIZE = map(int, words[:7])
    TIED, NORMS, TOKENS = "tied" in words, "norms" in words, 64
    for context in map(int, contexts.split(",")):
        PROMPT, CAPACITY = context, context + 128
        torch._dynamo.reset()
        measure(f"{name} {form} at {context}", {"bf16": torch.bfloat16, "fp32": torch.float32}[form])


with torch.inference_mode():
    print(torch.__version__, torch.cuda.get_device_name())
    shapes = [argument for argument in sys.argv[1:] if "=" in argument]
    for shape in shapes:
        measure_shape(shape)
    for name in [] if shapes else sys.argv[1:] or ["bf16", "fp32"]:
        measure(name, {"bf16": torch.bfloat16, "fp32": torch.float32}[name])
