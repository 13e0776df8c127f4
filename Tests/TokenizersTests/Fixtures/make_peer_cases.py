#!/usr/bin/env python3
"""Trains small tokenizers with Hugging Face `tokenizers`, encodes texts with them, and writes both to peer-tokenizers.json.

Usage: python3 make_peer_cases.py     (needs the PyPI package tokenizers; the committed file was made with 0.23.3)

Each case has `text`, `ids` (with special tokens), `plain` (without), and `decoded` (of plain, special tokens skipped).
"""
import json
import os
import random

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

random.seed(20240726)

GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
LLAMA3 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN2 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""

CORPUS = """The quick brown fox jumps over the lazy dog. We've seen it, they'll see it; I'm sure he'd agree that it's John's.
In 1969 there were 1,234,567 reasons (and 42 more) to go; 3.14159 is not one of them. def f(x): return x ** 2 + 1
Füße größer als Straßen, déjà vu, naïve façade. Привет, мир! Γειά σου Κόσμε. 今天天气很好 日本語テスト 안녕하세요 नमस्ते مرحبا שלום
let x: Int? = nil // Swift\n\n\tfor i in 0..<10 { print("\\(i)") }\r\n   indented   text   here   \n\n\n😀👍🏽👩‍👩‍👧‍👦 ❤️‍🔥""".split("\n") * 4

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", " \t\n\r", " ", "'sStTrReEvVmMlLdD", ".,;:!?()[]{}<>|/\\@#$%^&*-_=+~`\"",
    "äöüßéèñçøå", "ÀÉÎÕÜ", "абвгджз", "αβγδ", "你好世界天气", "あいうアイウ", "한국어", "नमस्ते", "مرحبا", "😀👍🏽‍❤️🔥", "\u00a0\u2003\u3000\u2028\u200b\ufeff\u0085",
    "½⅓²³Ⅷ１２३", "e\u0301a\u0308n\u0303", "\u1100\u1161\u11a8", "\x00\x01\x1f\x7f", "\u0378\ue000",
]


def random_text():
    parts = []
    for _ in range(random.randint(1, 12)):
        alphabet = random.choice(ALPHABETS)
        parts.append("".join(random.choice(alphabet) for _ in range(random.randint(1, 6))))
        if random.random() < 0.3:
            parts.append(random.choice(["the", " quick", "brown ", "we've", "I'M", "\n\n", "  ", " 123456", "<s>", "</s>", "<|end|>", "<tool>", "nana", "▁"]))
    return "".join(parts)


TEXTS = ["", " ", "  ", "\n", "Hello world", " Hello", "a  b", "we've they'll I'M", "12345678", "<s>x</s>", "a <tool> b", "a<tool>b", "x<|end|>y", "banana nana"]
TEXTS += [line for line in CORPUS[: len(CORPUS) // 4]] + [random_text() for _ in range(140)]

ADDED = [
    AddedToken("<s>", special=True, normalized=False), AddedToken("</s>", special=True, normalized=False),
    AddedToken("<|end|>", special=True, normalized=False, rstrip=True), AddedToken("<tool>", special=False, normalized=False, lstrip=True),
    AddedToken("nana", special=False, normalized=True, single_word=True),
]
# A prepending normalizer changes what the peer prints for a normalised token.
ADDED_RAW = ADDED[:-1] + [AddedToken("nana", special=False, normalized=False, single_word=True)]


def byte_level(pre, normalizer=None, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.add_tokens(ADDED)
    return tokenizer


def sentence_piece(normalizer, pre, decoder):
    characters = sorted({c for line in CORPUS for c in line.replace(" ", "▁") if ord(c) < 0x500} | {"▁"})
    base = ["<unk>"] + [f"<0x{i:02X}>" for i in range(256)] + characters
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.normalizer = normalizer
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=320, show_progress=False))
    merges = [tuple(m) for m in json.loads(trained.to_str())["model"]["merges"] if all(c in characters for c in "".join(m))]
    vocab = {token: i for i, token in enumerate(base)}
    for a, b in merges:
        vocab.setdefault(a + b, len(vocab))
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizer
    if pre:
        tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoder
    tokenizer.add_tokens(ADDED_RAW)
    return tokenizer


LLAMA_DECODER = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
GEMMA_DECODER = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
made = {
    "gpt2": byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "gpt2-prefix-space": byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "smollm": byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])),
    "llama3": byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), ignore_merges=True),
    "qwen2": byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), normalizers.NFC()),
    "llama2": sentence_piece(normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None, LLAMA_DECODER),
    "metaspace-first": sentence_piece(None or normalizers.Sequence([]), pre_tokenizers.Metaspace(prepend_scheme="first", split=False), decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])),
    "gemma": sentence_piece(normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"), GEMMA_DECODER),
}
made["llama3"].post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", made["llama3"].token_to_id("<s>"))])])
made["llama2"].post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[(t, made["llama2"].token_to_id(t)) for t in ("<s>", "</s>")])

out = {"tokenizers": tokenizers.__version__, "texts": TEXTS, "cases": {}}
for name, tokenizer in made.items():
    encoded = [tokenizer.encode(text) for text in TEXTS]
    plain = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    out["cases"][name] = {
        "tokenizer": json.loads(tokenizer.to_str()), "ids": [e.ids for e in encoded], "plain": plain,
        "decoded": [tokenizer.decode(ids, skip_special_tokens=True) for ids in plain],
    }
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer-tokenizers.json")
with open(path, "w", encoding="utf-8") as file:
    json.dump(out, file, ensure_ascii=True, separators=(",", ":"))
    file.write("\n")
print(os.path.getsize(path), "bytes,", len(TEXTS), "texts,", list(made))
