#!/usr/bin/env python3
"""Tokenizers of every kind, made by the libraries of Python, and the ids that the libraries give for texts.

  tokenizer_peers.py train FOLDER [--small]     tokenizer.json files and SentencePiece models, trained on the files of this repo
  tokenizer_peers.py encode FOLDER COUNT        strings.bin, and for each tokenizer NAME.ids

Files are big-endian. strings.bin: the number of texts, and of each its length in bytes and its UTF-8. NAME.ids: the nanoseconds
of the thread that the library took (8 bytes), and of each text the number of its ids and these (4 bytes each). --small makes the resources of
carve.models.tokenizer's tests. Needs tokenizers and sentencepiece.
"""

import glob
import json
import os
import random
import struct
import sys
import time

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers import decoders as D
from tokenizers import models as M
from tokenizers import normalizers as N
from tokenizers import pre_tokenizers as P
from tokenizers import processors as O
from tokenizers import trainers as T

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
          r"|\s+(?!\S)|\s")
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+{ENDING}|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*{ENDING}"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
KIMI = (rf"[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}&&[^\p{{Han}}]]*[{LOWER}&&[^\p{{Han}}]]+{ENDING}"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK_V3 = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
               r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK_LLM = [
    r"[\r\n]",
    r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]+",
    r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
    r"\s+$",
    r"[一-龥ࠀ-一가-퟿]+",
]
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"

WORDS = {
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах".split(),
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι".split(),
    "ja": ["すべての人間は", "生まれながらにして", "自由であり", "カタカナ", "ー", "尊厳"],
    "zh": ["人人生而自由", "在尊严和权利上", "一律平等", "。", "，"],
    "ar": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق".split(),
    "hi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता".split(),
    "fr": "L'été où naît l’âme, çà et là : œuvre déjà".split(),
    "emoji": ["😀", "👩‍👩‍👧", "🇩🇪", "👍🏽", "❤️"],
    "ko": "모든 인간은 태어날 때부터 자유로우며".split(),
    "th": ["มนุษย์ทั้งหลาย", "เกิดมา", "มีอิสระ"],
}


def corpus():
    parts = []
    for pattern in ("docs/**/*.md", "api/src/main/java/**/*.java"):
        for file in sorted(glob.glob(os.path.join(ROOT, pattern), recursive=True)):
            with open(file, encoding="utf8") as text:
                parts += text.read().split("\n\n")
    draw = random.Random(1)
    for _ in range(2000):
        words = WORDS[draw.choice(sorted(WORDS))]
        parts.append(" ".join(draw.choice(words) for _ in range(12)))
    return parts


class Maker:
    def __init__(self, folder, small):
        self.folder, self.small, self.corpus = folder, small, corpus()
        os.makedirs(folder, exist_ok=True)

    def save(self, name, tokenizer):
        tokenizer.add_special_tokens([
            AddedToken("<|im_end|>", special=True),
            AddedToken("<mask>", lstrip=True, special=True, normalized=False),
            AddedToken("<|r|>", rstrip=True, special=True),
        ])
        tokenizer.add_tokens([
            AddedToken("carve", single_word=True, normalized=True),
            AddedToken("Straße", normalized=True),
            AddedToken("   ", normalized=False),
            AddedToken("  ", normalized=False),
        ])
        tokenizer.save(os.path.join(self.folder, name + ".json"), pretty=False)

    def bpe(self, name, normalizer, pre_tokenizer, decoder, post=None, alphabet=False, limit=1000, words=False, **model):
        tokenizer = Tokenizer(M.BPE(**model))
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre_tokenizer:
            tokenizer.pre_tokenizer = pre_tokenizer
        tokenizer.decoder = decoder
        special = SPECIAL + (["<0x%02X>" % i for i in range(256)] if model.get("byte_fallback") else [])
        marks = {k: v for k, v in model.items() if k in ("continuing_subword_prefix", "end_of_word_suffix")}
        size = (len(special) + (256 if alphabet else min(limit, 100)) + 250) if self.small else 3000
        texts = [word for part in self.corpus for word in part.split()] if words else self.corpus
        tokenizer.train_from_iterator(texts, T.BpeTrainer(
            vocab_size=size, special_tokens=special, show_progress=False,
            initial_alphabet=P.ByteLevel.alphabet() if alphabet else [],
            limit_alphabet=min(limit, 100) if self.small and not alphabet else limit, **marks))
        if model.get("byte_fallback"):  # the tokens of bytes are no added ones
            described = json.loads(tokenizer.to_str())
            described["added_tokens"] = [t for t in described["added_tokens"] if not t["content"].startswith("<0x")]
            tokenizer = Tokenizer.from_str(json.dumps(described))
        tokenizer.post_processor = post or O.TemplateProcessing(
            single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)])
        self.save(name, tokenizer)

    def byte_level(self, name, *steps, normalizer=None, post=None, **model):
        pre = P.Sequence(list(steps)) if len(steps) > 1 else steps[0]
        self.bpe(name, normalizer, pre, D.ByteLevel(), post=post, alphabet=True, **model)

    def word_piece(self, name, normalizer, pre_tokenizer, decoder):
        tokenizer = Tokenizer(M.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
        tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre_tokenizer, decoder
        tokenizer.train_from_iterator(self.corpus, T.WordPieceTrainer(
            vocab_size=700 if self.small else 4000, special_tokens=["[UNK]"] + SPECIAL, show_progress=False,
            limit_alphabet=120 if self.small else 1000))
        ends = [(token, tokenizer.token_to_id(token)) for token in ("[SEP]", "[CLS]")]
        tokenizer.post_processor = O.BertProcessing(*ends)
        self.save(name, tokenizer)

    def word_level(self, name, normalizer, pre_tokenizer, decoder):
        tokenizer = Tokenizer(M.WordLevel(unk_token="<unk>"))
        if normalizer:
            tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizer
        if decoder:
            tokenizer.decoder = decoder
        tokenizer.train_from_iterator(self.corpus, T.WordLevelTrainer(
            vocab_size=300 if self.small else 30000, special_tokens=SPECIAL, show_progress=False))
        self.save(name, tokenizer)

    def sentence_piece(self, name, **options):
        text, rules = os.path.join(self.folder, "corpus.txt"), os.path.join(self.folder, "rules.tsv")
        with open(text, "w", encoding="utf8") as out:
            out.write("\n".join(part.replace("\n", " ") for part in self.corpus))
        if self.small and "normalization_rule_name" not in options:  # the usual rules have 240 KB
            with open(rules, "w", encoding="utf8") as out:
                pairs = {0xFF21 + i: 0x41 + i for i in range(58)} | {0x2003: 0x20, 0x3000: 0x20, 9: 0x20, 10: 0x20}
                out.writelines("%X\t%X\n" % pair for pair in pairs.items())
                out.write("FB01\t66 69\n65 301\tE9\n200B\t\n7F\t\n")
            options["normalization_rule_tsv"] = rules
        small = {"vocab_size": 600, "hard_vocab_limit": False} if self.small else {"vocab_size": 2500}
        sentencepiece.SentencePieceTrainer.train(
            input=text, model_prefix=os.path.join(self.folder, name), minloglevel=2, num_threads=2,
            **({"character_coverage": 0.98} | small | options))
        os.remove(text)
        os.remove(os.path.join(self.folder, name + ".vocab"))
        if os.path.exists(rules):
            os.remove(rules)

    def unigram(self, name, model, normalizers, pre_tokenizer, decoder, byte_fallback):
        pieces, rules = read_model(os.path.join(self.folder, model + ".model"))
        tokenizer = Tokenizer(M.Unigram(pieces, 0, byte_fallback))
        tokenizer.normalizer = N.Sequence(([N.Precompiled(rules)] if rules else []) + normalizers)
        tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoder
        tokenizer.post_processor = O.TemplateProcessing(
            single="$A </s>", pair="$A $B </s>", special_tokens=[("</s>", 2)])
        self.save(name, tokenizer)


def read_model(file):
    """Returns the pieces with their scores, and the replacements, of a SentencePiece model."""
    def fields(message):
        at = 0

        def varint():
            nonlocal at
            value = shift = 0
            while True:
                part = message[at]
                at += 1
                value |= (part & 127) << shift
                shift += 7
                if part < 128:
                    return value
        while at < len(message):
            key = varint()
            if key & 7 == 0:
                yield key >> 3, varint()
            else:
                size = varint() if key & 7 == 2 else 4 if key & 7 == 5 else 8
                yield key >> 3, message[at:at + size]
                at += size
    pieces, rules = [], b""
    with open(file, "rb") as data:
        for number, content in fields(data.read()):
            if number == 1:
                piece = dict(fields(content))
                pieces.append((piece[1].decode(), struct.unpack("<f", piece[2])[0] if 2 in piece else 0.0))
            elif number == 3:
                rules = dict(fields(content)).get(2, b"")
    return pieces, rules


def split(pattern, behavior="isolated", invert=False):
    return P.Split(Regex(pattern), behavior, invert)


def train(folder, small):
    make = Maker(folder, small)
    bytes_only = P.ByteLevel(add_prefix_space=False, use_regex=False)
    gpt2 = P.ByteLevel(add_prefix_space=False)
    ends = (("</s>", 2), ("<s>", 1))
    bos = O.TemplateProcessing(single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)])
    digits = P.Digits(individual_digits=True)
    make.byte_level("gpt2", gpt2, post=O.ByteLevel(trim_offsets=False))
    make.byte_level("roberta", P.ByteLevel(add_prefix_space=True), post=O.RobertaProcessing(*ends))
    make.byte_level("llama3", split(LLAMA3), bytes_only, ignore_merges=True, post=O.Sequence([O.ByteLevel(), bos]))
    make.byte_level("qwen2", split(QWEN2), bytes_only, normalizer=N.NFC())
    make.byte_level("cl100k", split(CL100K, "removed", True), bytes_only)
    make.byte_level("o200k", split(O200K), bytes_only)
    make.byte_level("kimi", split(KIMI), bytes_only)
    make.byte_level("deepseek-v3", split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK_V3), bytes_only)
    make.byte_level("deepseek-llm", *[split(pattern) for pattern in DEEPSEEK_LLM], digits, bytes_only)
    make.byte_level("falcon", P.Punctuation("contiguous"), gpt2, P.Digits(individual_digits=False), split("[0-9][0-9][0-9]"))
    make.byte_level("starcoder", digits, gpt2)
    make.byte_level("bloom", split(BLOOM), bytes_only)
    make.byte_level("bytes-normalizer", split("Ġ", "merged_with_next"), normalizer=N.ByteLevel())
    make.byte_level("clip", split(CLIP, "removed", True), bytes_only, end_of_word_suffix="</w>", unk_token="<unk>",
                    normalizer=N.Sequence([N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()]),
                    post=O.RobertaProcessing(*ends))
    fallback = dict(byte_fallback=True, fuse_unk=True, unk_token="<unk>", limit=300)
    text = [D.Replace("▁", " "), D.ByteFallback(), D.Fuse()]
    make.bpe("llama2", N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None,
             D.Sequence(text + [D.Strip(" ", 1, 0)]), words=True, **fallback)
    make.bpe("mistral", None, P.Metaspace(prepend_scheme="first", split=False),
             D.Sequence(text + [D.Strip(" ", 1, 0)]), words=True, **fallback)
    make.bpe("gemma", N.Replace(" ", "▁"), P.Split(" ", "merged_with_previous"), D.Sequence(text), **fallback)
    make.bpe("bpe-suffix", N.Lowercase(), P.Whitespace(), D.BPEDecoder(suffix="</w>"), unk_token="<unk>", fuse_unk=True,
             end_of_word_suffix="</w>", limit=60)
    make.bpe("bpe-unknown", N.NFKC(), P.WhitespaceSplit(), D.BPEDecoder(suffix="</w>"), unk_token="<unk>", limit=60)
    make.bpe("bpe-prefix", N.NFKD(), P.BertPreTokenizer(), D.WordPiece(), unk_token="<unk>",
             continuing_subword_prefix="##", limit=60)
    make.word_piece("bert-uncased", N.BertNormalizer(), P.BertPreTokenizer(), D.WordPiece())
    make.word_piece("bert-cased", N.BertNormalizer(lowercase=False), P.BertPreTokenizer(), D.WordPiece(cleanup=False))
    make.word_piece("bert-stripped", N.Sequence([N.NFD(), N.StripAccents(), N.Strip(), N.Lowercase()]),
                    P.Sequence([P.Whitespace(), P.Punctuation("removed")]), D.WordPiece())
    make.word_level("words", N.Lowercase(), P.Sequence([P.CharDelimiterSplit(" "), P.Punctuation("merged_with_previous")]), None)
    if not small:  # the library of the tests is too old for it
        make.word_level("fixed-length", None, P.FixedLength(length=3), D.CTC())
    make.sentence_piece("sp-unigram", model_type="unigram", byte_fallback=True)
    make.sentence_piece("sp-bpe", model_type="bpe", byte_fallback=True)
    make.sentence_piece("sp-bpe-identity", model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
                        remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True)
    symbols = dict(user_defined_symbols=["<sep>", "carve", "  "])
    make.sentence_piece("sp-unigram-symbols", model_type="unigram", **symbols,
                        **({} if small else {"normalization_rule_name": "nmt_nfkc_cf"}))
    make.sentence_piece("sp-bpe-symbols", model_type="bpe", add_dummy_prefix=False, **symbols)
    make.sentence_piece("sp-suffix", model_type="unigram", treat_whitespace_as_suffix=True)
    one_space = N.Replace(Regex(" {2,}"), " ")
    make.unigram("t5", "sp-unigram", [N.Strip(False, True), N.Replace(Regex(" {2,}"), "▁")],
                 P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), D.Metaspace(), False)
    make.unigram("xlm-roberta", "sp-unigram-symbols", [one_space], P.Metaspace(), D.Metaspace(), False)
    first = dict(prepend_scheme="first")
    make.unigram("unigram-bytes", "sp-unigram", [one_space], P.Metaspace(**first),
                 D.Sequence([D.ByteFallback(), D.Metaspace(**first)]), True)
    never = dict(prepend_scheme="never")
    make.unigram("unigram-scripts", "sp-unigram", [N.Nmt()], P.Sequence([P.UnicodeScripts(), P.Metaspace(**never)]),
                 D.Metaspace(**never), True)


RANGES = [(0x20, 0x7E)] * 6 + [
    (0xA0, 0xFF), (0x100, 0x17F), (0x370, 0x377), (0x384, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x3FF), (0x400, 0x481),
    (0x48A, 0x52F), (0x5D0, 0x5EA), (0x621, 0x64A), (0x660, 0x669), (0x905, 0x939), (0x93E, 0x94C), (0x966, 0x96F),
    (0xE01, 0xE3A), (0xE40, 0xE4E), (0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2), (0x1E00, 0x1EFF),
    (0x1F00, 0x1F15), (0x2010, 0x2027), (0x2030, 0x205E), (0x2070, 0x2071), (0x2074, 0x208E), (0x20A0, 0x20B5),
    (0x2100, 0x214F), (0x2150, 0x2188), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF), (0x2500, 0x25FF),
    (0x2600, 0x26FF), (0x3001, 0x303F), (0x3041, 0x3096), (0x30A1, 0x30FF), (0x3131, 0x318E), (0x3200, 0x321E),
    (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xF900, 0xFA2D), (0xFB00, 0xFB06), (0xFF01, 0xFF5E), (0xFF65, 0xFF9F),
    (0x1D400, 0x1D454), (0x1F300, 0x1F5FF), (0x1F600, 0x1F64F), (0x20000, 0x2A6D6), (0x1F1E6, 0x1F1FF), (0x10400, 0x1044F)]
SPACE = " \t\n\r\u00a0\u3000\u2028\u2029\u2003\u200b\u200c\u200d\ufeff\u0085\x0b\x0c\u1680\u2009"
MARKS = [chr(c) for c in range(0x300, 0x34F)]
ODD = (0, 1, 7, 8, 0x1B, 0x7F, 0x80, 0x9F, 0xAD, 0x378, 0xE000, 0xFFFD, 0xFFFF, 0xFDD0, 0x10FFFF, 0x2060)
PARTS = """the of and carve Carve CARVE carved Straße strasse don't I'LL we've it's'd 'S 'T x1 123456 12,345.67 def return public
static void {} [] () => != == // /* */ <s> </s> <|im_start|> <|im_end|> <mask> <|r|> [CLS] [SEP] [UNK] <unk> ▁ ▁▁ Ġ ##ing <0x0A>
<0x41> \\n %s http://a.b/c?d=e#f a_b-c d.e.f é e\u0301 ﬁ ½ ² Ⅷ ǅ İ ı ẞ ſ K Å ﷺ \u3099 がが゙ カ゛ 中文 日本語テキスト 한국어 ไทย
हिन्दी नि العربية עברית Привет Ελλάδα 👩‍👩‍👧‍👦 🇩🇪🇫🇷 👍🏽 ❤️ 1️⃣ <sep>""".split()


def part(draw):
    kind = draw.random()
    if kind < 0.35:
        return draw.choice(PARTS)
    if kind < 0.55:
        first, last = draw.choice(RANGES)
        return "".join(chr(draw.randint(first, last)) for _ in range(draw.choice((1, 1, 2, 3, 7))))
    if kind < 0.62:
        return "".join(draw.choice(SPACE) for _ in range(draw.choice((1, 1, 2, 3))))
    if kind < 0.68:
        return draw.choice(SPACE[:4]) * draw.choice((1, 2, 3, 4, 8, 17, 65))
    if kind < 0.73:
        return "".join(draw.choice(MARKS) for _ in range(draw.choice((1, 1, 2, 4))))
    if kind < 0.78:
        return draw.choice("ab1.中é!") * draw.choice((2, 3, 5, 50, 130))
    if kind < 0.80:
        return chr(draw.choice(ODD))
    if kind < 0.92:
        return " " + draw.choice(PARTS)
    letters = "abcdefghijklmnopqrstuvwxyzABCDE0123456789_"
    return "".join(draw.choice(letters) for _ in range(draw.randint(1, 12)))


def encode(folder, count):
    draw = random.Random(42)
    texts = ["", " ", "  ", "\n"]
    texts += ["".join(part(draw) for _ in range(draw.choice((1, 2, 3, 4, 6, 10, 20)))) for _ in range(count - 4)]
    with open(os.path.join(folder, "strings.bin"), "wb") as out:
        out.write(struct.pack(">i", len(texts)))
        for text in texts:
            utf8 = text.encode()
            out.write(struct.pack(">i", len(utf8)) + utf8)
    for file in sorted(glob.glob(os.path.join(folder, "*.json")) + glob.glob(os.path.join(folder, "*.model"))):
        if file.endswith(".json"):
            tokenizer = Tokenizer.from_file(file)
            ids = lambda text, t=tokenizer: t.encode(text).ids
        else:
            ids = sentencepiece.SentencePieceProcessor(model_file=file).encode
        nanos = 0
        with open(file.rsplit(".", 1)[0] + ".ids", "wb") as out:
            out.write(struct.pack(">q", 0))
            for start in range(0, len(texts), 10000):
                begin = time.thread_time_ns()
                encoded = [ids(text) for text in texts[start:start + 10000]]
                nanos += time.thread_time_ns() - begin
                for each in encoded:
                    out.write(struct.pack(">i%di" % len(each), len(each), *each))
            out.seek(0)
            out.write(struct.pack(">q", nanos))


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("train", "encode"):
        sys.exit(__doc__)
    if sys.argv[1] == "train":
        train(sys.argv[2], "--small" in sys.argv)
    else:
        encode(sys.argv[2], int(sys.argv[3]))
