"""Writes small quantised checkpoints and what the libraries that read them compute: numpy, ml_dtypes, safetensors.

Each folder has config.json, model.safetensors and expected.safetensors, the plain tensors. The formulas are those of
fp8, mxfp4   Transformers 5.24: integrations/finegrained_fp8.py Fp8Dequantize, integrations/mxfp4.py convert_moe_packed_tensors
gptq         AutoGPTQ 0.7, qlinear_cuda.py: pack, and the product without kernels; zeros are taken modulo 2^bits after 1 was added
awq          AutoAWQ 0.2, utils/packing_utils.py: unpack_awq, reverse_awq_order, dequantize_gemm
"""

import json
import os
import sys

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

BF16, E4M3, E5M2 = ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2
random = np.random.default_rng(17)


def write(name, quantization, stored, expected):
    os.makedirs(name, exist_ok=True)
    plain = {"lm_head.weight": random.standard_normal((5, 8)).astype(BF16)}
    with open(f"{name}/config.json", "w") as f:
        json.dump({"model_type": "whale", "quantization_config": quantization}, f, indent=1)
        f.write("\n")
    save_file({**stored, **plain}, f"{name}/model.safetensors", {"format": "pt"})
    save_file({**expected, **plain}, f"{name}/expected.safetensors")


def floats8(shape, dtype):
    bits = random.integers(0, 256, shape).astype(np.uint8)
    value = bits.view(dtype)
    return np.where(np.isfinite(value.astype(np.float32)), bits, 0).astype(np.uint8).view(dtype)


def fp8(weight, scale, block, to):
    rows, columns = weight.shape[-2:]
    at_row = np.arange(rows) // block[0]
    at_column = np.arange(columns) // block[1]
    wide = scale.astype(np.float32)[..., at_row[:, None], at_column[None, :]]
    return (weight.astype(np.float32) * wide).astype(to)


def make_fp8():
    scales = lambda *shape: random.uniform(1e-3, 1e-1, shape).astype(np.float32)
    weight, experts, other = floats8((40, 72), E4M3), floats8((2, 16, 32), E4M3), floats8((16, 32), E5M2)
    a, b, c = scales(3, 3), scales(2, 1, 1), scales(1, 1)
    write(
        "fp8_block",
        {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [16, 32], "fmt": "e4m3",
         "modules_to_not_convert": ["lm_head", "model.layers.*.mlp.gate"]},
        {"model.layers.0.q_proj.weight": weight, "model.layers.0.q_proj.weight_scale_inv": a,
         "model.layers.0.mlp.experts.up": experts, "model.layers.0.mlp.experts.up_scale_inv": b,
         "model.layers.0.o_proj.weight": other, "model.layers.0.o_proj.weight_scale_inv": c},
        {"model.layers.0.q_proj.weight": fp8(weight, a, (16, 32), BF16),
         "model.layers.0.mlp.experts.up": fp8(experts, b, (16, 32), BF16),
         "model.layers.0.o_proj.weight": fp8(other, c, (16, 32), BF16)})
    whole = random.uniform(1e-3, 1e-1, (1, 1)).astype(BF16)
    write(
        "fp8_tensor",
        {"quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None},
        {"model.layers.0.q_proj.weight": weight, "model.layers.0.q_proj.weight_scale_inv": whole.reshape(()),
         "model.layers.0.q_proj.activation_scale": np.array(0.5, np.float32)},
        {"model.layers.0.q_proj.weight": fp8(weight, whole, weight.shape, BF16)})
    rows = scales(40, 1)
    write(
        "fbgemm_fp8",
        {"quant_method": "fbgemm_fp8", "activation_scale_ub": 1200.0, "modules_to_not_convert": ["lm_head"]},
        {"model.layers.0.q_proj.weight": weight, "model.layers.0.q_proj.weight_scale": rows},
        {"model.layers.0.q_proj.weight": fp8(weight, rows, (1, 72), BF16)})
    half = rows.astype(np.float16)
    write(
        "compressed_tensors",
        {"quant_method": "compressed-tensors", "format": "float-quantized", "ignore": ["lm_head", "re:.*gate$"],
         "kv_cache_scheme": None, "quantization_status": "compressed", "global_compression_ratio": 1.5,
         "config_groups": {"group_0": {
             "targets": ["Linear"], "input_activations": {"num_bits": 8, "type": "float", "dynamic": True},
             "weights": {"num_bits": 8, "type": "float", "symmetric": True, "strategy": "channel", "dynamic": False,
                         "observer": "minmax", "group_size": None, "block_structure": None, "actorder": None}}}},
        {"model.layers.0.q_proj.weight": weight, "model.layers.0.q_proj.weight_scale": half,
         "model.layers.0.q_proj.input_scale": np.array([0.5], np.float32)},
        {"model.layers.0.q_proj.weight": fp8(weight, half, (1, 72), np.float16)})


def make_mxfp4():
    values = np.array([0, .5, 1, 1.5, 2, 3, 4, 6, -0., -.5, -1, -1.5, -2, -3, -4, -6], np.float32)
    blocks = random.integers(0, 256, (2, 6, 3, 16)).astype(np.uint8)
    scales = random.integers(100, 140, (2, 6, 3)).astype(np.uint8)
    pairs = np.stack([values[blocks & 15], values[blocks >> 4]], axis=-1).reshape(2, 6, 3, 32)
    wide = np.ldexp(pairs, scales[..., None].astype(np.int32) - 127).reshape(2, 6, 96)
    name = "model.layers.0.mlp.experts.gate_up_proj"
    bias = random.standard_normal((2, 6)).astype(BF16)
    write(
        "mxfp4",
        {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]},
        {name + "_blocks": blocks, name + "_scales": scales, name + "_bias": bias},
        {name: np.ascontiguousarray(wide.transpose(0, 2, 1)).astype(BF16), name + "_bias": bias})


def pack(integers, bits):
    """Packs each column, as AutoGPTQ does: the bits follow one another, the lowest first, 32 in a word."""
    stream = (integers[:, None, :] >> np.arange(bits)[None, :, None] & 1).reshape(-1, 32, integers.shape[1])
    words = (stream.astype(np.uint64) << np.arange(32, dtype=np.uint64)[None, :, None]).sum(axis=1)
    return words.astype(np.uint32).view(np.int32)


def make_gptq(name, bits, group_size, version, indexed, dtype):
    inputs, outputs = 96, 64
    size = inputs if group_size == -1 else group_size
    group = np.arange(inputs) // size
    if indexed:
        random.shuffle(group)
    groups = -(-inputs // size)
    weight = random.integers(0, 1 << bits, (inputs, outputs)).astype(np.int64)
    zeros = random.integers(0, 1 << bits, (groups, outputs)).astype(np.int64)
    scales = random.uniform(1e-3, 1e-1, (groups, outputs)).astype(dtype)
    stored_zeros = (zeros - 1) % (1 << bits) if version == "gptq" else zeros
    module = "model.layers.0.q_proj"
    stored = {module + ".qweight": pack(weight, bits), module + ".scales": scales,
              module + ".qzeros": np.ascontiguousarray(pack(stored_zeros.T, bits).T),
              module + ".bias": random.standard_normal(outputs).astype(dtype)}
    if indexed:
        stored[module + ".g_idx"] = group.astype(np.int32)
    expected = scales[group] * (weight - zeros[group]).astype(dtype)
    write(
        name,
        {"quant_method": "gptq", "bits": bits, "group_size": group_size, "desc_act": indexed, "sym": False,
         "checkpoint_format": version, "damp_percent": 0.01, "true_sequential": True, "static_groups": False,
         "model_name_or_path": None, "model_file_base_name": "model"},
        stored,
        {module + ".weight": np.ascontiguousarray(expected.T.astype(dtype)), module + ".bias": stored[module + ".bias"]})


def make_awq():
    order = [0, 2, 4, 6, 1, 3, 5, 7]

    def packed(integers):
        by_word = integers.reshape(integers.shape[0], -1, 8)
        words = np.zeros(by_word.shape[:2], np.uint32)
        for place, output in enumerate(order):
            words |= by_word[:, :, output].astype(np.uint32) << np.uint32(4 * place)
        return words.view(np.int32)

    weight = random.integers(0, 16, (96, 40))
    zeros = random.integers(0, 16, (3, 40))
    scales = random.uniform(1e-3, 1e-1, (3, 40)).astype(np.float16)
    group = np.arange(96) // 32
    expected = (weight - zeros[group]).astype(np.float16) * scales[group]
    module = "model.layers.0.q_proj"
    write(
        "awq",
        {"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": True, "version": "gemm",
         "modules_to_not_convert": None},
        {module + ".qweight": packed(weight), module + ".qzeros": packed(zeros), module + ".scales": scales},
        {module + ".weight": np.ascontiguousarray(expected.T)})


if __name__ == "__main__":
    os.chdir(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
    make_fp8()
    make_mxfp4()
    make_gptq("gptq_4", 4, 32, "gptq", True, np.float16)
    make_gptq("gptq_3_v2", 3, 32, "gptq_v2", False, np.float16)
    make_gptq("gptq_8", 8, -1, "gptq", False, BF16)
    make_gptq("gptq_2", 2, 48, "gptq", True, np.float16)
    make_awq()
