"""The working part of Scripts/build-kernels."""
import ctypes, hashlib, os, re, struct, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

import lz4.block

tools, wanted = sys.argv[1], sys.argv[2:]
kernels, headers = "Sources/CUDABackend/Kernels", "Sources/CCUDAShim/include"
compiled = kernels + "/Compiled"
packed, fields, hashes = compiled + "/Kernels.bin", "Sources/CCUDAShim/KernelFields.h", compiled + "/SOURCES.sha256"
shared = ["KernelFormats.h", "KernelArguments.h", "DecodeArguments.h"]
nvrtc = ctypes.CDLL(tools + "/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# MARK: what is compiled

def modules():
    """(name, source, format or None, PTX's architecture, machine code's), as a line of each source says: `// build: ptx=80 machine=90`,
    with `formats` where it is compiled once for each format, `formats=-f32` for all but that one."""
    formats = re.findall(r"^    FORMAT\((\w+),", read(f"{headers}/KernelFormats.h"), re.M)
    for file in sorted(f for f in os.listdir(kernels) if f.endswith(".cu")):
        line = re.search(r"^// build: ptx=(\w+) machine=(\w+)(?: (formats)(?:=-(\w+))?)?$", read(f"{kernels}/{file}"), re.M)
        if not line:
            sys.exit(f"{kernels}/{file}: no line `// build: ptx=… machine=…`")
        source, (portable, own, each, without) = file[:-3], line.groups()
        if without and without not in formats:
            sys.exit(f"{kernels}/{file}: there is no format {without}")
        for form in [f for f in formats if f != without] if each else [None]:
            yield f"{source}.{form}" if form else source, source, form, portable, own


# MARK: compiling

def ptx(path, text, architecture, form=None):
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), path.encode(), 0, None, None)
    options = ["--gpu-architecture=compute_" + architecture, "--std=c++17", "-default-device", "-I" + kernels, "-I" + headers]
    if form:
        options += ["-DCOMPILED_FORMAT=KernelFormat_" + form, "-DCOMPILED_NAME=" + form, "-DCOMPILED_" + form]
    array = (ctypes.c_char_p * len(options))(*[o.encode() for o in options])
    status = nvrtc.nvrtcCompileProgram(program, len(options), array)
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    if log.value.strip():
        sys.stderr.write(log.value.decode())
    if status:
        sys.exit(f"{path}: not compiled")
    nvrtc.nvrtcGetPTXSize(program, ctypes.byref(size))
    result = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetPTX(program, result)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    lines = [line for line in result.value.decode().split("\n") if not line.startswith("//")]
    return "\n".join(lines).strip() + "\n"


def assemble(text, architecture):
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/in.ptx", "w") as file:
            file.write(text)
        subprocess.run([tools + "/nvidia/cuda_nvcc/bin/ptxas", "-arch=sm_" + architecture, folder + "/in.ptx", "-o", folder + "/out"], check=True)
        with open(folder + "/out", "rb") as file:
            return file.read()


def build(module):
    name, source, form, portable, own = module
    path = f"{kernels}/{source}.cu"
    text = ptx(path, read(path), portable, form)
    machine = assemble(text if own == portable else ptx(path, read(path), own, form), own)
    # The driver reads PTX up to a zero byte.
    return {name + ".ptx": text.encode() + b"\0", name + ".sm_90.cubin": machine}


# MARK: packing. KernelImages.c reads the same: the magic, the count, the entries (name, start, packed size, size), the blocks.

ENTRY = struct.Struct("<40sIII4x")


def unpack():
    if not os.path.exists(packed):
        return {}
    with open(packed, "rb") as file:
        data = file.read()
    images = {}
    for i in range(struct.unpack_from("<I", data, 8)[0]):
        name, start, count, size = ENTRY.unpack_from(data, 16 + i * ENTRY.size)
        images[name.rstrip(b"\0").decode()] = lz4.block.decompress(data[start:start + count], uncompressed_size=size)
    return images


def pack(images):
    start = 16 + len(images) * ENTRY.size
    index, blocks = b"GALLEYK1" + struct.pack("<I4x", len(images)), b""
    for name, image in sorted(images.items()):
        block = lz4.block.compress(image, mode="high_compression", compression=12, store_size=False)
        index += ENTRY.pack(name.encode(), start + len(blocks), len(block), len(image))
        blocks += block
    with open(packed, "wb") as file:
        file.write(index + blocks)


# MARK: where NVRTC sees the fields

def assertions(most):
    """The host's compiler is to see each field of each structure where NVRTC does."""
    places = []
    for header in shared[1:]:
        for name, body in re.findall(r"^typedef struct (\w+) \{\n(.*?)^\} \1;$", read(f"{headers}/{header}"), re.M | re.S):
            lines = [line.strip() for line in body.split("\n") if line.strip() and not line.strip().startswith("///")]
            for line in lines:
                field = re.search(r"(\w+)(?:\[\w+\])?;$", line)
                if not field or "," in line:
                    sys.exit(f"{headers}/{header}: `{line}` is not one field")
                places.append((name, field[1]))
            places.append((name, None))
    # NVRTC has no offsetof: a kernel stores the numbers, and PTX shows them.
    numbers = [f"(unsigned int)(unsigned long long)&(({name}*)0)->{field}" if field else f"(unsigned int)sizeof({name})" for name, field in places]
    probe = '#include "KernelArguments.h"\nextern "C" __global__ void probe(volatile unsigned int* to) {\n'
    probe += "".join(f"to[{i}] = {number};\n" for i, number in enumerate(numbers)) + "}\n"
    result = ptx("the fields' places", probe, "80")
    held = dict(re.findall(r"mov\.u32 \t(%r\d+), (\d+);", result))
    values = [held[register] for register in re.findall(r"st\.volatile\.global\.u32 \t\[%rd\d+(?:\+\d+)?\], (%r\d+);", result)]
    text = "// Written by Scripts/build-kernels: where NVRTC sees the fields of KernelArguments.h. A failure here says that they were changed\n"
    text += "// after the kernels were compiled: run Scripts/build-kernels.\n\n"
    for (name, field), value in zip(places, values, strict=True):
        place = f"__builtin_offsetof({name}, {field})" if field else f"sizeof({name})"
        text += f"_Static_assert({place} == {value}, \"run Scripts/build-kernels\");\n"
    text += f"\n// Bytes of the largest image.\n#define MOST_KERNEL_IMAGE_BYTES {most}\n"
    with open(fields, "w") as file:
        file.write(text)


os.makedirs(compiled, exist_ok=True)
everything = list(modules())
chosen = [m for m in everything if not wanted or m[0] in wanted or m[1] in wanted]
unknown = set(wanted) - {m[0] for m in everything} - {m[1] for m in everything}
if unknown:
    sys.exit(f"there is no module {', '.join(sorted(unknown))}")
names = {m[0] + end for m in everything for end in (".ptx", ".sm_90.cubin")}
images = {name: image for name, image in unpack().items() if name in names}
with ThreadPoolExecutor(2) as pool:
    for result in pool.map(build, chosen):
        images.update(result)
if names - set(images):
    sys.exit(f"not compiled yet: {', '.join(sorted(names - set(images)))}")
pack(images)
assertions(max(map(len, images.values())))
sources = [f"{headers}/{f}" for f in shared] + [f"{kernels}/{f}" for f in sorted(os.listdir(kernels)) if f.endswith((".cu", ".cuh"))]
with open(hashes, "w") as file:
    for source in sources + [packed, fields]:
        with open(source, "rb") as content:
            file.write(f"{hashlib.sha256(content.read()).hexdigest()}  {source}\n")
