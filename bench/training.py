#!/usr/bin/env python3
"""Makes the report of bench/training.sh of its figures: prints Markdown.

    python3 training.py MODEL ROWS POSITIONS FIGURES...

FIGURES are files of JSON lines: those of torch_training.py, or metrics.jsonl of a run of Carve named carve-*.jsonl.
"""
import json
import os
import statistics
import sys


def parameters(folder):
    """Returns the number of weights that positions are multiplied by: all matrices, the embedding as the output once."""
    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    header.pop("__metadata__", None)
    sizes = {name: entry["shape"][0] * entry["shape"][1] for name, entry in header.items() if len(entry["shape"]) == 2}
    tied = "lm_head.weight" not in sizes
    return sum(size for name, size in sizes.items() if tied or "embed_tokens" not in name)


def main():
    model, rows, positions, *files = sys.argv[1:]
    rates, peak = {}, []
    for path in files:
        lines = [json.loads(line) for line in open(path)]
        if os.path.basename(path).startswith("carve-"):
            rates.setdefault("Carve", []).extend(line["tokens_per_second"] for line in lines[2:])
        else:
            for line in lines:
                rates.setdefault(line["program"], []).extend(line["tokens_per_second"])
                peak.append(line["product_gflops"])
    limit = statistics.median(peak)
    work = 6 * parameters(model)
    print(f"A supervised step in F32, {rows} rows of {positions} tokens, 2 threads; products of 2048 x 2048: {limit:.0f} GFLOP/s.")
    print(f"Work is 6 operations for each of {work // 6:,} weights and token; attention, norms and the optimizer do not count.\n")
    print("| program | tokens/s: median | quartiles | of the product rate |\n| --- | --- | --- | --- |")
    for name, values in sorted(rates.items()):
        low, middle, high = statistics.quantiles(values, n=4)
        print(f"| {name} | {middle:.0f} | {low:.0f} to {high:.0f} | {middle * work / 1e9 / limit:.0%} |")


if __name__ == "__main__":
    main()
