"""The working part of Scripts/build-kernels."""
import ctypes, hashlib, os, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

tools, wanted = sys.argv[1], sys.argv[2:]
kernels = "Sources/CUDABackend/Kernels"
compiled = kernels + "/Compiled"
formats = ["f32", "f16", "bf16", "int8", "n4", "n4dq", "q4_0", "q4_1", "q8_0"]
modules = [("Rows", None), ("Attention", None), ("Quantise", None), ("AnyProduct", None), ("DecodeStep", None)]
modules += [(source, f) for source in ("MatrixVector", "MatrixProduct") for f in formats]
modules += [("DecodeLoop", f) for f in formats]
modules += [("TensorProduct", f) for f in formats if f != "f32"]
# What uses the bulk copy engine needs compute capability 9.0, and has instructions in its machine code that no other has.
# Other kernels of a prompt follow one another sooner there (Common.cuh), which PTX for 8.0 cannot say.
architectures = {"DecodeLoop": ("90", "90a"), "TensorProduct": ("90a", "90a")}
architectures.update((source, ("80", "90")) for source in ("Rows", "Attention", "AnyProduct", "DecodeStep", "MatrixVector", "MatrixProduct"))

nvrtc = ctypes.CDLL(tools + "/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")


def ptx(source, form, architecture):
    path = f"{kernels}/{source}.cu"
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    with open(path, "rb") as file:
        nvrtc.nvrtcCreateProgram(ctypes.byref(program), file.read(), path.encode(), 0, None, None)
    options = ["--gpu-architecture=compute_" + architecture, "--std=c++17", "-default-device", "-I" + kernels]
    if form:
        options.append("-DSELECT_" + form)
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
    text = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetPTX(program, text)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    lines = [line for line in text.value.decode().split("\n") if not line.startswith("//")]
    return "\n".join(lines).strip() + "\n"


def assemble(text, architecture, machine):
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(text)
        file.flush()
        subprocess.run([tools + "/nvidia/cuda_nvcc/bin/ptxas", "-arch=sm_" + architecture, file.name, "-o", machine], check=True)


def build(module):
    source, form = module
    name = f"{source}.{form}" if form else source
    if wanted and source not in wanted and name not in wanted:
        return name
    portable, own = architectures.get(source, ("80", None))
    text = ptx(source, form, portable)
    path = f"{compiled}/{name}.ptx"
    old = open(path).read() if os.path.exists(path) else None
    machine = f"{compiled}/{name}.sm_90.cubin"
    if text != old or own or not os.path.exists(machine):
        with open(path, "w") as file:
            file.write(text)
        assemble(text if own in (None, portable) else ptx(source, form, own), own or "90", machine)
    return name


os.makedirs(compiled, exist_ok=True)
with ThreadPoolExecutor(2) as pool:
    names = list(pool.map(build, modules))
sources = sorted(f for f in os.listdir(kernels) if f.endswith((".cu", ".cuh")))
with open(compiled + "/SOURCES.sha256", "w") as file:
    for source in sources:
        with open(f"{kernels}/{source}", "rb") as content:
            file.write(f"{hashlib.sha256(content.read()).hexdigest()}  {source}\n")
with open("Sources/CCUDAShim/KernelImages.c", "w") as file:
    file.write("// Written by Scripts/build-kernels.\n#include \"CCUDAShim.h\"\n\n#include <string.h>\n\n")
    file.write("#pragma clang diagnostic ignored \"-Wc23-extensions\"\n\n")
    for i, name in enumerate(names):
        file.write(f"static const char text{i}[] = {{\n#embed \"../CUDABackend/Kernels/Compiled/{name}.ptx\"\n, 0}};\n")
        file.write(f"static const char machine{i}[] = {{\n#embed \"../CUDABackend/Kernels/Compiled/{name}.sm_90.cubin\"\n}};\n")
    file.write("\nstatic const struct { const char *name, *text, *machine; } images[] = {\n")
    for i, name in enumerate(names):
        file.write(f"    {{ \"{name}\", text{i}, machine{i} }},\n")
    file.write("};\n\nconst char *ccuda_kernel_image(const char *name, int32_t major, int32_t minor) {\n"
               "    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {\n"
               "        if (strcmp(images[i].name, name) == 0) return major == 9 && minor == 0 ? images[i].machine : images[i].text;\n"
               "    }\n    return NULL;\n}\n\n"
               "const char *ccuda_kernel_name(size_t index) { return index < sizeof images / sizeof *images ? images[index].name : NULL; }\n")
