#!/usr/bin/env python3
"""Random blocks of every GGUF type and the values that the Python package gguf (0.19.0) gives them.

    pip install gguf numpy; python3 make_blocks.py blocks.safetensors

The bytes are random but for the binary16 scales, which are kept finite.
"""
import json, struct, sys
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

BLOCKS = 6
# Where the binary16 numbers of a block are, by type.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0]}
random = np.random.default_rng(20261123)
directory, data = {}, b""

def add(name, dtype, array):
    global data
    directory[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
    data += array.tobytes()

for name, places in SCALES.items():
    elements, size = GGML_QUANT_SIZES[T[name]]
    blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
    for place in places:
        scale = (random.standard_normal(BLOCKS) * 0.1).astype(np.float16)
        scale[0] = np.float16(6e-8)  # the smallest subnormal
        blocks[:, place:place + 2] = scale.view(np.uint8).reshape(BLOCKS, 2)
    add(f"{name}.blocks", "U8", blocks)
    add(f"{name}.values", "F32", dequantize(blocks, T[name]).astype(np.float32).reshape(BLOCKS, elements))

header = json.dumps(directory).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(header)) + header + data)
