#!/usr/bin/env python3
"""Times training steps of a Transformers model in PyTorch on the CPU, and the F32 products that the machine can do.

The step is that of `supervised` in Carve: cross-entropy of all tokens, gradients clipped to a norm of 1, AdamW; weights, gradients and
products in F32. Prints one JSON line: tokens per second of each step, and the rate of a matrix product of 2048 x 2048.

    python3 torch_training.py MODEL [--threads 2] [--rows 4] [--positions 512] [--steps 6] [--warm-up 2]
"""
import argparse
import json
import statistics
import time

import torch
import transformers


def product_rate(size=2048, repeats=7):
    a, b = torch.randn(size, size), torch.randn(size, size)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - begin)
    return 2 * size**3 / statistics.median(times) / 1e9


def train(model, tokens, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    rates = []
    for _ in range(steps):
        begin = time.perf_counter()
        optimizer.zero_grad()
        model(input_ids=tokens, labels=tokens).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rates.append(tokens.numel() / (time.perf_counter() - begin))
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    for name, value in [("threads", 2), ("rows", 4), ("positions", 512), ("steps", 6), ("warm-up", 2)]:
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(42)
    model = transformers.AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).train()
    tokens = torch.randint(0, model.config.vocab_size, (options.rows, options.positions))
    rates = train(model, tokens, options.warm_up + options.steps)[options.warm_up :]
    print(json.dumps({
        "program": f"PyTorch {torch.__version__}, Transformers {transformers.__version__}",
        "tokens_per_second": rates,
        "product_gflops": product_rate(),
    }))


if __name__ == "__main__":
    main()
