package carve.api.decoder;

import java.util.List;
import java.util.function.Consumer;

/**
 * A kind of decoder as data: how its {@code config.json} reads, and what its tensors are called. Found by {@link
 * java.util.ServiceLoader}; what all decoders do is then there: conversion to hybrids, training, saving, tokenizer and chat
 * template.
 *
 * {@snippet :
 * public final class Qwen3 implements DecoderArchitecture {
 *     public List<String> modelTypes() {
 *         return List.of("qwen3");
 *     }
 *
 *     public void describe(DecoderBuilder decoder) {
 *         decoder.readLlama().mixer("qk-norm", "rms-head");
 *     }
 * }
 * }
 */
public interface DecoderArchitecture {
    /** Returns the {@code model_type}s of such models. */
    List<String> modelTypes();

    /**
     * Describes the model of a configuration. Each key is read that changes what the model computes; one that was not read and is
     * not harmless is refused afterwards.
     *
     * @param decoder what is described, and the configuration
     * @throws carve.api.json.JsonException if a value is missing, not understood or not supported
     */
    void describe(DecoderBuilder decoder);

    /** Returns the architecture of one {@code model_type}, with the extents of a configuration that leaves them out. */
    static DecoderArchitecture of(String modelType, DecoderDefaults defaults, Consumer<DecoderBuilder> description) {
        return new DecoderArchitecture() {
            @Override
            public List<String> modelTypes() {
                return List.of(modelType);
            }

            @Override
            public void describe(DecoderBuilder decoder) {
                description.accept(decoder.defaults(defaults));
            }

            @Override
            public String toString() {
                return modelType;
            }
        };
    }

    /**
     * Returns the decoder that a configuration describes, of which every key is read, harmless, or refused.
     *
     * @param attention the name of the mixer that layers have where the architecture names no other
     */
    default DecoderSpec read(ConfigReader config, String attention) {
        DecoderBuilder decoder = new DecoderBuilder(config, attention);
        describe(decoder);
        DecoderSpec spec = decoder.build();
        config.requireAllRead();
        return spec;
    }
}
