package carve.runtime.eval;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.api.data.Sample;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.Site;
import carve.api.op.SequenceLayout;
import carve.api.tensor.DType;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Writes what a model computes into a safetensors file, to be compared with another implementation's.
 *
 * <p>The input file has {@code input_ids} (I64, B x L) and optionally {@code attention_mask} (B x L, ones, and zeros
 * for padding at either end) and {@code pixel_values} or {@code images}, as the model takes them. The output file has, in F32, {@code logits} (B,
 * L, V), {@code h.embed}, {@code h.LABEL} for each layer ({@code h.emb.0}, {@code h.llm.3}) and {@code h.final_norm} (B, L,
 * D), where L counts the positions of pictures too, and what the input publishes ({@code h.image_features}); with greedy steps also
 * {@code greedy_tokens} (I64, 1 x N) and {@code greedy_step_logits} (N, V), the logits from which each token was chosen, by
 * the stateful path.
 *
 * @param model what is traced
 */
public record ActivationTrace(LoadedModel model) {
    private static final String TOKENS = "input_ids";
    private static final String MASK = "attention_mask";

    /**
     * Traces one file.
     *
     * @param greedy how many tokens are chosen; 0 for none
     * @param excluded token ids that are never chosen
     * @throws CheckpointException if the input is not what is described above, or the output cannot be written
     */
    public void write(Path input, Path output, int greedy, Set<Integer> excluded) {
        try (SafeTensorsFile file = SafeTensorsFile.open(input)) {
            Map<String, TensorData> results = new LinkedHashMap<>();
            Scope.run(model.device(), () -> forward(inputs(file), mask(file), results));
            if (greedy > 0) {
                decode(prompt(file), greedy, excluded, results);
            }
            SafeTensorsWriter.write(output, TensorSources.of(results), Map.of());
        }
    }

    private ModelInputs inputs(SafeTensorsFile file) {
        for (String name : file.names()) {
            if (!Set.of(TOKENS, MASK, "pixel_values", "images").contains(name)) {
                throw problem(
                        file,
                        "'%s' is not an input; there are input_ids, attention_mask, images, pixel_values"
                                .formatted(name));
            }
        }
        if (!file.names().contains(TOKENS)) {
            throw problem(file, "there is no 'input_ids'; it has " + file.names());
        }
        Shape shape = file.type(TOKENS).shape();
        if (shape.rank() != 2 || file.type(TOKENS).dtype().isFloating()) {
            throw problem(file, "'input_ids' must be whole numbers (B, L), is " + file.type(TOKENS));
        }
        AttentionMask mask = mask(file);
        return inputs(mask.leftAligned(tokens(file)), mask.layout(), media(file));
    }

    private ModelInputs inputs(int[] tokens, SequenceLayout layout, Map<String, HostTensor> media) {
        Map<String, Tensor> there = new LinkedHashMap<>();
        media.forEach((name, tensor) -> there.put(name, tensor.copyTo(model.device())));
        return new ModelInputs(tokens, layout, there);
    }

    private static int[] tokens(SafeTensorsFile file) {
        return DTypeConversion.ints(file.type(TOKENS).dtype(), file.data(TOKENS));
    }

    private static Map<String, HostTensor> media(SafeTensorsFile file) {
        Map<String, HostTensor> media = new LinkedHashMap<>();
        for (String name : file.names()) {
            if (!name.equals(TOKENS) && !name.equals(MASK)) {
                float[] values = DTypeConversion.floats(file.type(name).dtype(), file.data(name));
                media.put(name, new HostTensor(file.type(name).shape(), values));
            }
        }
        return media;
    }

    private static AttentionMask mask(SafeTensorsFile file) {
        Shape shape = file.type(TOKENS).shape();
        if (!file.names().contains(MASK)) {
            return AttentionMask.unpadded(shape.extent(0), shape.extent(1));
        }
        if (!file.type(MASK).shape().equals(shape)) {
            throw problem(file, "'attention_mask' must be %s as 'input_ids', is %s".formatted(shape, file.type(MASK)));
        }
        int[] mask = DTypeConversion.ints(file.type(MASK).dtype(), file.data(MASK));
        try {
            return AttentionMask.of(mask, shape.extent(0), shape.extent(1));
        } catch (IllegalArgumentException e) {
            throw problem(file, "'attention_mask' " + e.getMessage());
        }
    }

    private static CheckpointException problem(SafeTensorsFile file, String problem) {
        return new CheckpointException("%s: %s".formatted(file, problem));
    }

    private void forward(ModelInputs modelInputs, AttentionMask mask, Map<String, TensorData> results) {
        ActivationRecorder probe = new ActivationRecorder(site -> switch (site) {
            case Site.Input _ -> true;
            case Site.Layer layer -> layer.name().equals("output");
            case Site.Model _ -> !site.equals(Site.LOGITS);
            case Site.EachLayer _ -> false;
        });
        Tensor logits = model.model().forward(model.params(), modelInputs, probe);
        results.put("logits", floats(logits, mask));
        results.put("h.embed", floats(probe.values().get(Site.EMBED), mask));
        probe.values().forEach((site, value) -> {
            if (site instanceof Site.Input input) {
                results.put(
                        "h." + input.name(),
                        data(DType.F32, value.shape(), DTypeConversion.of(DType.F32, value.floats(), Arena.ofAuto())));
            }
        });
        for (int i = 0; i < model.spec().layers().size(); i++) {
            String label = model.spec().layers().get(i).label();
            results.put("h." + label, floats(probe.values().get(Site.layer(i, "output")), mask));
        }
        results.put("h.final_norm", floats(probe.values().get(Site.FINAL_NORM), mask));
    }

    private static TensorData floats(Tensor tensor, AttentionMask mask) {
        float[] values = mask.restored(tensor.floats(), tensor.shape());
        return data(DType.F32, tensor.shape(), DTypeConversion.of(DType.F32, values, Arena.ofAuto()));
    }

    private static TensorData data(DType dtype, Shape shape, MemorySegment values) {
        return new TensorData(new TensorType(dtype, shape), values);
    }

    /** Returns the only row of the input, without padding, with as many image tokens as its images have positions. */
    private Sample prompt(SafeTensorsFile file) {
        AttentionMask mask = mask(file);
        if (mask.lengths().length != 1) {
            throw new CheckpointException(
                    "greedy tokens are chosen for one row of 'input_ids', there are %d; leave --greedy out"
                            .formatted(mask.lengths().length));
        }
        int length = mask.lengths()[0];
        int[] tokens = Arrays.copyOf(mask.leftAligned(tokens(file)), length);
        Map<String, HostTensor> media = media(file);
        int positions = Scope.run(
                model.device(),
                () -> model.spec()
                        .input()
                        .layout(inputs(tokens, SequenceLayout.unpadded(1, length), media))
                        .positions());
        int[] expanded = positions == length ? tokens : expandImageTokens(tokens, positions - length);
        return new Sample(expanded, new boolean[expanded.length], media);
    }

    // an encoder that takes one token for a whole image also takes one for each of its positions
    private int[] expandImageTokens(int[] tokens, int more) {
        int image = model.spec().input().imageToken().orElseThrow();
        int images = (int) Arrays.stream(tokens).filter(token -> token == image).count();
        return Arrays.stream(tokens)
                .flatMap(token -> IntStream.generate(() -> token).limit(token == image ? 1 + more / images : 1))
                .toArray();
    }

    private void decode(Sample prompt, int steps, Set<Integer> excluded, Map<String, TensorData> results) {
        int vocabulary = model.spec().vocabulary();
        long[] tokens = new long[steps];
        float[] logits = new float[steps * vocabulary];
        try (Generator generator = new Generator(model)) {
            GenerationRequest request = new GenerationRequest(
                            generator.prompt(prompt), Sampler.greedy(excluded), Set.of(), steps)
                    .with(new GenerationRequest.Outputs(-1, false, true))
                    .with(GenerationRequest.CachePolicy.NONE);
            Completion completion = generator.generate(request, TokenListener.NONE);
            for (int i = 0; i < steps; i++) {
                tokens[i] = completion.generated().get(i).token();
                System.arraycopy(completion.generated().get(i).logits(), 0, logits, i * vocabulary, vocabulary);
            }
        }
        results.put(
                "greedy_tokens",
                data(DType.I64, Shape.of(1, steps), DTypeConversion.of(DType.I64, tokens, Arena.ofAuto())));
        results.put(
                "greedy_step_logits",
                data(DType.F32, Shape.of(steps, vocabulary), DTypeConversion.of(DType.F32, logits, Arena.ofAuto())));
    }
}
