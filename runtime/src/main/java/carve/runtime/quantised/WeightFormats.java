package carve.runtime.quantised;

import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The formats that configurations describe, each by the keys of its library. */
final class WeightFormats {
    private static final String NOT_CONVERTED = "modules_to_not_convert";

    private WeightFormats() {}

    /** Returns the format of {@code fp8}: blocks as DeepSeek has them, or one scale for each matrix. */
    static Fp8Format fp8(QuantisationKeys keys) {
        keys.require("fmt", "", "e4m3", "float8_e4m3fn", "e5m2");
        keys.require("scale_fmt", ", since scales are numbers of 8 bits", "float");
        keys.require("expert_dtype", "", "fp8");
        keys.require("activation_scheme", "", "dynamic", "static");
        keys.ignore("dequantize");
        keys.strings("modules_to_convert");
        List<String> skipped = new ArrayList<>(keys.strings(NOT_CONVERTED));
        skipped.addAll(keys.strings("ignored_layers"));
        List<Integer> size = keys.integers("weight_block_size");
        return new Fp8Format(
                size.isEmpty() ? List.of(BlockSize.WHOLE) : List.of(block(keys, "weight_block_size", size)),
                SkippedModules.of(skipped));
    }

    private static BlockSize block(QuantisationKeys keys, String key, List<Integer> size) {
        if (size.size() != 2 || size.get(0) < 1 || size.get(1) < 1) {
            throw keys.json().error(key, "expected two numbers above 0, found " + size);
        }
        return new BlockSize(size.get(0), size.get(1));
    }

    /** Returns the format of {@code fbgemm_fp8}: a scale for each row. */
    static Fp8Format fbgemm(QuantisationKeys keys) {
        keys.ignore("activation_scale_ub");
        return new Fp8Format(List.of(BlockSize.ROW), SkippedModules.of(keys.strings(NOT_CONVERTED)));
    }

    /** Returns the format of {@code compressed-tensors} with FP8 weights. */
    static Fp8Format compressedTensors(QuantisationKeys keys) {
        keys.require("format", ", only FP8 weights are", "float-quantized", "naive-quantized");
        keys.requireEmpty("kv_cache_scheme", "a quantised cache");
        keys.requireEmpty("transform_config", "rotated weights");
        keys.ignore("global_compression_ratio", "quantization_status", "version", "run_compressed", "dequantize");
        if (keys.has("sparsity_config")) {
            new QuantisationKeys(keys.json().object("sparsity_config"))
                    .require("format", ", sparse weights are not", "dense");
        }
        JsonObject groups = keys.has("config_groups") ? keys.json().object("config_groups") : JsonObject.empty();
        List<BlockSize> blocks = groups.keys().stream()
                .map(name -> group(groups.object(name)))
                .distinct()
                .toList();
        return new Fp8Format(blocks, SkippedModules.of(keys.strings("ignore")));
    }

    private static BlockSize group(JsonObject json) {
        QuantisationKeys group = new QuantisationKeys(json);
        group.ignore("targets", "input_activations", "output_activations");
        group.require("format", ", only FP8 weights are", "float-quantized", "naive-quantized");
        QuantisationKeys weights = new QuantisationKeys(json.object("weights"));
        group.has("weights");
        weights.require("type", ", only FP8 weights are", "float");
        weights.require("num_bits", ", only FP8 weights are", "8");
        weights.require("symmetric", "", "true");
        weights.require("dynamic", "", "false");
        weights.ignore("observer", "observer_kwargs", "actorder", "group_size", "scale_dtype", "zp_dtype");
        List<Integer> size = weights.integers("block_structure");
        BlockSize block = switch (weights.string("strategy", "tensor")) {
            case "tensor" -> BlockSize.WHOLE;
            case "channel" -> BlockSize.ROW;
            case "block" -> block(weights, "block_structure", size);
            default -> throw weights.json().error("strategy", "must be tensor, channel or block");
        };
        weights.requireAllRead();
        group.requireAllRead();
        return block;
    }

    /** Returns the format of {@code mxfp4}. */
    static Mxfp4Format mxfp4(QuantisationKeys keys) {
        keys.ignore("dequantize");
        return new Mxfp4Format(SkippedModules.of(keys.strings(NOT_CONVERTED)));
    }

    /** Returns the format of {@code gptq}. */
    static GptqFormat gptq(QuantisationKeys keys) {
        int bits = keys.integer("bits", 0);
        if (!List.of(2, 3, 4, 8).contains(bits)) {
            throw keys.json().error("bits", "must be 2, 3, 4 or 8");
        }
        String format =
                keys.string("checkpoint_format", keys.string("format", "gptq")).toLowerCase(Locale.ROOT);
        keys.ignore("format");
        if (!List.of("gptq", "gptq_v2").contains(format)) {
            throw new JsonException(
                    "quantization_config: checkpoint_format '%s' is not supported; there are gptq and gptq_v2"
                            .formatted(format));
        }
        keys.require("is_marlin_format", "", "false");
        keys.require("pack_dtype", "", "int32");
        keys.requireEmpty("dynamic", "other settings for some modules");
        keys.requireEmpty("adapter", "an adapter");
        // how it was found, or how it may be run; g_idx and qzeros are stored in any case
        keys.ignore(
                "desc_act",
                "sym",
                "true_sequential",
                "damp_percent",
                "damp_auto_increment",
                "static_groups",
                "dataset");
        keys.ignore("tokenizer", "model_name_or_path", "model_file_base_name", "quantizer", "meta", "batch_size");
        keys.ignore("act_group_aware", "hyb_act", "mse", "pad_token_id", "model_seqlen", "max_input_length", "backend");
        keys.ignore("block_name_to_quantize", "module_name_preceding_first_block", "modules_in_block_to_quantize");
        keys.ignore(
                "use_cuda_fp16", "use_exllama", "disable_exllama", "exllama_config", "cache_block_outputs", "lm_head");
        keys.ignore("cache_examples_on_gpu", "rotation", "parallel_packing", "device", "offload_to_disk");
        return new GptqFormat(bits, keys.integer("group_size", -1), format.equals("gptq"));
    }

    /** Returns the format of {@code awq}. */
    static AwqFormat awq(QuantisationKeys keys) {
        keys.require("bits", "", "4");
        keys.require("w_bit", "", "4");
        keys.require("zero_point", "", "true");
        String version = keys.string("version", keys.string("format", "gemm")).toLowerCase(Locale.ROOT);
        keys.ignore("format");
        if (!version.equals("gemm")) {
            throw new JsonException(
                    "quantization_config: version '%s' of AWQ is not supported; there is gemm".formatted(version));
        }
        keys.ignore("backend", "do_fuse", "exllama_config", "fuse_max_seq_len", "modules_to_fuse");
        int groupSize = keys.integer("group_size", keys.integer("q_group_size", 128));
        return new AwqFormat(groupSize, SkippedModules.of(keys.strings(NOT_CONVERTED)));
    }
}
