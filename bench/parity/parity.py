"""Parts of parity.sh: a tiny teacher, a student whose every parameter counts, inputs, and the logits of other programs.

    parity.py teacher FOLDER              a tiny Llama with random weights, as Transformers saves it
    parity.py perturb FOLDER SCALE        adds noise of SCALE x rms (of SCALE where rms is 0) to each tensor of a checkpoint
    parity.py inputs FILE VOCABULARY N    N random tokens
    parity.py transformers MODEL IN OUT N logits and N greedy tokens by Transformers, in float32
    parity.py llama.cpp MODEL IN OUT N    the same by llama.cpp, of a GGUF file
    parity.py compare NAME CARVE OTHER    a row of the table; exits with 1 if they differ
    parity.py fixture MODEL FOLDER        inputs and values of Transformers as the tests have them, in float32 and in float64
    parity.py versions                    a line
"""
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

LIMIT = 1e-4  # of F32 logits, rms of the differences over rms


def teacher(folder):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(42)
    config = LlamaConfig(
        vocab_size=37, hidden_size=24, intermediate_size=17, num_hidden_layers=3, num_attention_heads=3,
        num_key_value_heads=1, head_dim=8, rms_norm_eps=3e-6, max_position_embeddings=128, initializer_range=0.3,
        rope_parameters={"rope_type": "default", "rope_theta": 5000.0}, bos_token_id=None, eos_token_id=None)
    LlamaForCausalLM(config).save_pretrained(folder)


def perturb(folder, scale):
    random = np.random.default_rng(42)
    path = folder + "/model.safetensors"
    tensors = load_file(path)
    for name in sorted(tensors):
        tensor = tensors[name]
        size = float(np.sqrt(np.mean(tensor.astype(np.float64) ** 2))) or 1.0
        tensors[name] = (tensor + float(scale) * size * random.standard_normal(tensor.shape)).astype(tensor.dtype)
    save_file(tensors, path, metadata={"format": "pt"})


def inputs(path, vocabulary, count):
    ids = np.random.default_rng(42).integers(0, int(vocabulary), (1, int(count)), dtype=np.int64)
    save_file({"input_ids": ids}, path)


def transformers(model, path, out, count):
    import torch
    from transformers import AutoModelForCausalLM

    ids = torch.from_numpy(load_file(path)["input_ids"])
    loaded, info = AutoModelForCausalLM.from_pretrained(
        model, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    wrong = {key: value for key, value in info.items() if value}
    if wrong:
        raise SystemExit(f"{model}: Transformers says {wrong}")
    loaded.eval()
    with torch.no_grad():
        logits = loaded(ids, use_cache=False).logits
        tokens = loaded.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=int(count), do_sample=False, eos_token_id=None,
            pad_token_id=0)
    save_file({"logits": logits.numpy(), "greedy_tokens": tokens[:, ids.shape[1]:].contiguous().numpy()}, out)


class Wide:
    """torch, in whose place float32 is float64, so that no cast of a model narrows."""

    def __getattr__(self, name):
        import torch

        return torch.float64 if name == "float32" else getattr(torch, name)


def fixture(model, folder):
    import shutil

    import torch
    from transformers import AutoModelForCausalLM
    from transformers.models.granitemoehybrid import modeling_granitemoehybrid as module

    random = np.random.default_rng(42)
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, attn_implementation="eager").eval()
    vocabulary = loaded.config.vocab_size
    cases = {name: random.integers(0, vocabulary, shape, dtype=np.int64)
             for name, shape in {"L1s0": (1, 1), "L7s0": (2, 7), "L64s2": (1, 64)}.items()}
    narrow = values(loaded, cases)
    module.torch = Wide()
    torch.Tensor.float = torch.Tensor.double
    wide = values(loaded.double(), cases)
    save_file({"in." + name + ".input_ids": ids for name, ids in cases.items()} | narrow, folder + "/io.safetensors")
    save_file(wide, folder + "/io.f64.safetensors")
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(model + "/" + name, folder + "/" + name)
    for name in cases:
        a, b = (one["out." + name + ".logits"].astype(np.float64) for one in (narrow, wide))
        print(name, float(np.sqrt(np.mean((a - b) ** 2) / np.mean(b ** 2))))


def values(model, cases):
    import torch

    found = {}
    with torch.no_grad():
        for name, ids in cases.items():
            ids = torch.from_numpy(ids)
            found["out." + name + ".logits"] = model(ids, use_cache=False).logits.numpy()
            for _ in range(16):
                ids = torch.cat([ids, model(ids, use_cache=False).logits[:, -1:].argmax(-1)], 1)
            found["out." + name + ".greedy_tokens"] = ids[:, -16:].contiguous().numpy()
    return found


def llama_cpp(model, path, out, count):
    from llama_cpp import Llama

    ids = [int(token) for token in load_file(path)["input_ids"][0]]
    llama = Llama(  # keys and values in F32 (0), which are F16 by default
        model, n_ctx=len(ids) + int(count) + 1, logits_all=True, n_gpu_layers=0, n_threads=2, flash_attn=False, type_k=0, type_v=0,
        verbose=False)
    llama.eval(ids)
    logits = np.array(llama.scores[:len(ids)], np.float32)[None]
    tokens = [int(np.argmax(llama.scores[len(ids) - 1]))]
    while len(tokens) < int(count):
        llama.eval(tokens[-1:])
        tokens.append(int(np.argmax(llama.scores[llama.n_tokens - 1])))
    save_file({"logits": logits, "greedy_tokens": np.array([tokens], np.int64)}, out)


def compare(name, carve, other):
    ours = load_file(carve)
    theirs = load_file(other)
    a = ours["logits"].astype(np.float64)
    b = theirs["logits"].astype(np.float64)
    error = float(np.sqrt(np.mean((a - b) ** 2) / np.mean(b ** 2)))
    last = np.sort(b, axis=-1)
    margin = float(np.min(last[..., -1] - last[..., -2]))
    same = int(np.sum(ours["greedy_tokens"].ravel() == theirs["greedy_tokens"].ravel()))
    count = theirs["greedy_tokens"].size
    top = int(np.sum(a.argmax(-1) == b.argmax(-1)))
    print(f"| {name} | {a.shape[1]} | {error:.1e} | {np.abs(a - b).max():.1e} | {top} of {a.shape[1]} "
          f"| {same} of {count} | {margin:.1e} |")
    return 0 if error <= LIMIT and same == count else 1


def versions():
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = ["Python " + platform.python_version()]
    for package in ("torch", "transformers", "llama-cpp-python", "numpy"):
        try:
            found.append(package + " " + version(package))
        except PackageNotFoundError:
            pass
    print(", ".join(found))


if __name__ == "__main__":
    command = sys.argv[1].replace(".", "_")
    sys.exit(globals()[command](*sys.argv[2:]))
