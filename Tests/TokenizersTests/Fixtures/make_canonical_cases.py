"""Writes canonical-spellings.json: tokenizers whose vocabularies hold composed and decomposed spellings of one text, and what Hugging Face
tokenizers makes of texts with them.

    pip install tokenizers && python3 make_canonical_cases.py
"""
import json
import pathlib

from tokenizers import Tokenizer

E1, E2 = "\u00e9", "e\u0301"
QA1, QA2 = "\u0958", "\u0915\u093c"
A1, A2 = "\u212b", "\u00c5"
HANGUL1, HANGUL2 = "\uac00", "\u1100\u1161"
GRAVE1, GRAVE2 = "\u0340", "\u0300"  # canonically equal, and of the same length
TEXTS = [E1, E2, "a" + E2 + "a" + E1, QA1 + QA2, A1 + A2, HANGUL1 + HANGUL2, "a" + GRAVE1 + "a" + GRAVE2, E2 + " " + E1, "e", "x" + E1 + "y" + E2,
         QA2 + E1, ""]


def model(vocab, merges, **options):
    return {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
            "byte_fallback": False, "ignore_merges": False, **options, "vocab": {t: i for i, t in enumerate(vocab)}, "merges": merges}


def file(model, added=(), **parts):
    tokens = [{"id": i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": n, "special": s} for i, c, s, n in added]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": None, "pre_tokenizer": None,
            "post_processor": None, "decoder": {"type": "Fuse"}, **parts, "model": model}


WORDS = ["<unk>", "e", "\u0301", E1, E2, "a", QA1, QA2, "\u0915", "\u093c", A1, A2, HANGUL1, HANGUL2, "\u1100", "\u1161", GRAVE1, GRAVE2, "\u2581"]
MERGES = [["e", "\u0301"], ["\u0915", "\u093c"], ["\u1100", "\u1161"]]
SPACE = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
BYTES = [f"<0x{b:02X}>" for b in range(256)]
# GPT-2's alphabet: é is Ã©, e + U+0301 is e, Ì and U+0143. Tokens in it may themselves be canonically equal to others.
LEVEL = ["<unk>", "e", "\u00c3", "\u00a9", "\u00cc", "\u0143", "a", "\u00c3\u00a9", "\u00cc\u0143", "e\u00cc\u0143", "N\u0301"]
CASES = {
    "merges": file(model(WORDS, MERGES), normalizer=SPACE),
    "no merges": file(model(WORDS, []), normalizer=SPACE),
    "bytes": file(model(WORDS + BYTES, MERGES, byte_fallback=True), normalizer=SPACE),
    "bytes unused": file(model(WORDS + BYTES, MERGES, fuse_unk=True), normalizer=SPACE),
    "composing": file(model(WORDS, MERGES), normalizer={"type": "Sequence", "normalizers": [{"type": "NFC"}, SPACE]}),
    "added": file(model(WORDS[:3] + ["a"], []), added=[(4, E1, False, False), (5, E2, False, False), (6, QA2, True, False), (7, QA1, True, False)]),
    "byte level": file(model(LEVEL, [["\u00c3", "\u00a9"], ["\u00cc", "\u0143"], ["e", "\u00cc\u0143"]]),
                       added=[(11, QA1, True, False), (12, QA2, False, False)],
                       pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
                       decoder={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}),
    "template": file(model(WORDS, MERGES), added=[(19, E1 + ">", True, False), (20, E2 + ">", True, False)], post_processor={
        "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": E2 + ">", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                                                 {"SpecialToken": {"id": E1 + ">", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {E1 + ">": {"id": E1 + ">", "ids": [19], "tokens": [E1 + ">"]}, E2 + ">": {"id": E2 + ">", "ids": [20], "tokens": [E2 + ">"]}}}),
}
out = {"texts": TEXTS, "cases": {}}
for name, source in CASES.items():
    tokenizer = Tokenizer.from_str(json.dumps(source))
    out["cases"][name] = {"tokenizer": source, "ids": [tokenizer.encode(t).ids for t in TEXTS]}
path = pathlib.Path(__file__).with_name("canonical-spellings.json")
path.write_text(json.dumps(out, indent=1) + "\n")
