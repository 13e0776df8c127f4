#!/usr/bin/env python3
"""Times generation through the library beside llama.cpp and ik_llama.cpp: in one run, taking turns, as whole processes.

    Benchmarks/inference/bench.py [--rounds 5] [--only Q4_1,BF16] [--json out.json]
    Benchmarks/inference/bench.py --start         from a process's start to its first token, and peak memory
    Benchmarks/inference/bench.py --neighbour     with another busy process on the machine

Peers are measured where LLAMA_BENCH and IK_LLAMA_BENCH name their llama-bench (how to build them: ../Kernels/README.md).
Models are taken from GALLEY_MODELS (SmolLM2-135M-Instruct.Q4_1.gguf) and PEER_MODELS (smol-F32.gguf and so on, from llama-quantize).
Greedy answers are held against the reference data (GALLEY_GOLDEN, or ../shared/golden) first: a fast wrong token is no result.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("XDG_DATA_HOME", os.path.expanduser("~/.local/share"))
MODELS = os.environ.get("GALLEY_MODELS", f"{DATA}/galley/models")
PEER_MODELS = os.environ.get("PEER_MODELS", MODELS)
GOLDEN = os.environ.get("GALLEY_GOLDEN", f"{ROOT}/../shared/golden")
BENCH = os.environ.get("INFERENCE_BENCH", f"{ROOT}/.build/release/inference-bench")
SHIPPED = f"{MODELS}/SmolLM2-135M-Instruct.Q4_1.gguf"
PEERS = {name: os.environ[key] for name, key in (("llama.cpp", "LLAMA_BENCH"), ("ik_llama.cpp", "IK_LLAMA_BENCH")) if os.environ.get(key)}


def path(kind):
    return SHIPPED if kind == "Q4_1" else f"{PEER_MODELS}/smol-{kind}.gguf"


def ours(arguments, threads):
    output = subprocess.run([BENCH, "speed", *arguments, f"threads={threads}", "runs=1"], check=True, capture_output=True, text=True).stdout
    result = json.loads(output)
    return {key: result[key][0] for key in ("prefill", "decode") if result[key]}


def peer(binary, model, threads, prompt, tokens):
    command = [binary, "-m", model, "-t", str(threads), "-p", str(prompt), "-n", str(tokens), "-r", "1", "-o", "json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # Some versions print other things before the list.
    return {"decode" if test["n_gen"] else "prefill": test["avg_ts"] for test in json.loads(output[output.index("["):])}


def check():
    chats = f"{GOLDEN}/smollm2/chats.json"
    if not os.path.exists(chats):
        sys.exit(f"{chats} is not here: set GALLEY_GOLDEN")
    output = subprocess.run([BENCH, "check", SHIPPED, chats, "dtype=float32"], check=True, capture_output=True, text=True).stdout
    result = json.loads(output)
    if result["different"] or not result["cases"]:
        sys.exit(f"greedy answers in float32 are not the reference's: {result}")
    print(f"greedy answers in float32: all {result['cases']} equal the reference's, id for id")


def table(rows, columns, head):
    print("| " + " | ".join([head, *columns]) + " |")
    print("| " + " | ".join("---" for _ in range(len(columns) + 1)) + " |")
    for name, cells in rows:
        print("| " + " | ".join([name, *cells]) + " |")


def busy_seconds():
    """Seconds that all processors have been busy or taken away by the host so far; None where nothing tells."""
    try:
        with open("/proc/stat") as file:
            words = file.readline().split()[1:9]
    except OSError:
        return None
    user, nice, system, _, _, interrupts, soft_interrupts, stolen = map(int, words)
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def measured(run):
    """A run's figures, and which part of one processor everything else on the machine took meanwhile."""
    begin, before, own = time.monotonic(), busy_seconds(), os.times()
    figures = run()
    seconds, after, now = time.monotonic() - begin, busy_seconds(), os.times()
    mine = sum(getattr(now, key) - getattr(own, key) for key in ("user", "system", "children_user", "children_system"))
    return figures, max(0.0, after - before - mine) / seconds if before is not None else 0.0


ends = float("inf")
kept = None


def earlier():
    if kept and os.path.exists(kept):
        with open(kept) as file:
            return json.load(file)
    return {}


def rounds(kinds, contenders, count, results, most_others=None):
    """Every contender once a round; lists of figures by kind, contender and measure. No run starts after `ends`. Where others took more of the
    machine than `most_others`, a run does not count and is made again, three times at most."""
    for _ in range(count):
        for kind in kinds:
            for name, run in contenders(kind):
                for _ in range(4):
                    if time.monotonic() > ends:
                        return results
                    figures, others = measured(run)
                    counts = most_others is None or others <= most_others
                    told = " ".join(f"{measure} {value:.3f}" for measure, value in figures.items())
                    print(f"{kind} {name} {told} others {others:.2f}{'' if counts else ' not counted'}", file=sys.stderr, flush=True)
                    if counts:
                        break
                else:
                    continue
                for measure, value in figures.items():
                    results.setdefault(kind, {}).setdefault(name, {}).setdefault(measure, []).append(value)
                if kept:
                    with open(kept, "w") as file:
                        json.dump(results, file, indent=1)
    return results


def show(results):
    names = list(dict.fromkeys(name for kind in results.values() for name in kind))
    for measure in ("decode", "prefill"):
        rows = []
        for kind, figures in results.items():
            medians = {name: statistics.median(figures[name][measure]) for name in names if figures.get(name, {}).get(measure)}
            if "Galley" not in medians:
                continue
            best = max((value for name, value in medians.items() if name != "Galley"), default=None)
            ratio = f"{medians['Galley'] / best:.2f}" if best else "–"
            rows.append((kind, [f"{medians[name]:.0f}" if name in medians else "–" for name in names] + [ratio]))
        if rows:
            print(f"\n{measure}, tokens/s, medians")
            table(rows, [*names, "ratio to the better peer"], "weights")


def speed(options):
    def contenders(kind):
        sizes = [f"prompt={options.prompt}", f"tokens={options.tokens}"]
        yield "Galley", lambda: ours([path(kind), *sizes], options.threads)
        for name, binary in PEERS.items():
            yield name, lambda binary=binary: peer(binary, path(kind), options.threads, options.prompt, options.tokens)

    results = rounds(options.only, contenders, options.rounds, earlier(), options.most_others)
    if options.dtypes:
        def quantised(dtype):
            yield "Galley", lambda: ours([SHIPPED, f"dtype={dtype}", f"prompt={options.prompt}", f"tokens={options.tokens}"], options.threads)
        rounds(options.dtypes, quantised, options.rounds, results, options.most_others)
    return results


def whole(command):
    """Seconds of a process from start to end, and its peak resident memory in MiB."""
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    return {"seconds": time.monotonic() - begin, "MiB": usage.ru_maxrss / 1024}


def start(options):
    """The peers' llama-bench makes one token from one: no prompt, no tokenizer at work, so a lower bound."""
    def contenders(kind):
        yield "Galley, a chat's first token", lambda: whole([BENCH, "first", path(kind), f"threads={options.threads}"])
        yield "Galley, a chat's 32 tokens", lambda: whole([BENCH, "first", path(kind), f"threads={options.threads}", "tokens=32"])
        for name, binary in PEERS.items():
            command = [binary, "-m", path(kind), "-t", str(options.threads), "-p", "0", "-n", "1", "-r", "1", "--warmup", "0"]
            if name == "llama.cpp":
                command[-2:] = ["--no-warmup"]
            yield f"{name}, one token from one", lambda command=command: whole(command)

    results = rounds(options.only, contenders, options.rounds, earlier(), options.most_others)
    for kind, figures in results.items():
        print(f"\n{kind}")
        rows = [(name, [f"{statistics.median(f['seconds']):.3f}", f"{max(f['MiB']):.0f}"]) for name, f in figures.items()]
        table(rows, ["seconds, median", "peak MiB"], "process")
    return results


def neighbour(options):
    def busy(run):
        other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            time.sleep(0.2)
            return run()
        finally:
            other.kill()
            other.wait()

    def contenders(kind):
        sizes = ["prompt=0", f"tokens={options.tokens}"]
        yield "Galley, one thread, alone", lambda: ours([path(kind), *sizes], 1)
        yield "Galley, two threads, neighbour", lambda: busy(lambda: ours([path(kind), *sizes], 2))
        yield "Galley, one thread, neighbour", lambda: busy(lambda: ours([path(kind), *sizes], 1))
        for name, binary in PEERS.items():
            yield f"{name}, one thread, alone", lambda binary=binary: peer(binary, path(kind), 1, 0, options.tokens)
            yield f"{name}, two threads, neighbour", lambda binary=binary: busy(lambda: peer(binary, path(kind), 2, 0, options.tokens))

    results = rounds(options.only, contenders, options.rounds, earlier())
    for kind, figures in results.items():
        print(f"\n{kind}, decode, tokens/s, medians")
        table([(name, [f"{statistics.median(f['decode']):.0f}"]) for name, f in figures.items()], ["tokens/s"], "")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="F32,BF16,Q8_0,Q4_0,Q4_1", type=lambda text: [word for word in text.split(",") if word])
    parser.add_argument("--dtypes", default="", type=lambda text: [word for word in text.split(",") if word], help="nf4, fp4, int8, … from the Q4_1 file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--neighbour", action="store_true")
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument("--most-others", type=float, help="runs during which all else took more of one processor than this are repeated")
    parser.add_argument("--json", help="a file for all figures; those of earlier runs in it are added to")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no run starts later than this")
    options = parser.parse_args()
    global ends, kept
    kept = options.json
    ends = time.monotonic() + options.seconds
    absent = [kind for kind in options.only if not os.path.exists(path(kind))]
    if absent:
        print(f"left out, no model file: {', '.join(absent)}")
        options.only = [kind for kind in options.only if kind not in absent]
    if not options.no_check:
        check()
    results = (start if options.start else neighbour if options.neighbour else speed)(options)
    if not options.start and not options.neighbour:
        show(results)


main()
