package carve.app.bench;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.model.ActivationRecorder;
import carve.api.model.Block;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelSpec;
import carve.api.op.SequenceLayout;
import carve.api.param.CounterRandom;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The checks that a model must pass before its speed is reported: a layer with each of its mixers computes what the definitions compute on
 * the same weights, and greedy tokens that are chosen step by step are those that the whole sequence at once asks for.
 *
 * @param tokens the tokens chosen after {@value #PROMPT_TOKENS} others, of which number i is {@code (7919 i + 1) mod V}
 * @param problems what is wrong; empty if nothing is
 */
public record CorrectnessGate(List<Integer> tokens, List<String> problems) {
    /** The length of the prompt. */
    public static final int PROMPT_TOKENS = 16;
    /** The number of tokens that are chosen. */
    public static final int DECODE_TOKENS = 16;

    private static final int POSITIONS = 5;
    private static final double MAX_RELATIVE_ERROR = 1e-3;
    // of the range of logits; nearer ones may change places
    private static final double TIE_TOLERANCE = 1e-4;

    /** Tries a model. */
    public static CorrectnessGate of(BenchModel subject) {
        List<String> problems = new ArrayList<>(layers(subject.model()));
        List<Integer> chosen = new ArrayList<>();
        problems.addAll(greedy(subject, chosen));
        return new CorrectnessGate(List.copyOf(chosen), List.copyOf(problems));
    }

    private static List<String> layers(LoadedModel model) {
        List<String> problems = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < model.spec().layers().size(); i++) {
            Block block = model.spec().layers().get(i);
            if (seen.add(block.mixerSpec().name())) {
                double ratio = relativeError(block, model.params().under(ModelSpec.layerPrefix(i)), model.device());
                if (!(ratio <= MAX_RELATIVE_ERROR)) {
                    problems.add("layer %d, %s: %.2g from the definition, allowed %.0e"
                            .formatted(i, block.mixerSpec().name(), ratio, MAX_RELATIVE_ERROR));
                }
            }
        }
        return problems;
    }

    private static double relativeError(Block block, Params params, Device device) {
        try (ReferenceDevice reference = new ReferenceDevice();
                ParamStore same = new ParamStore(reference)) {
            Scope.run(device, () -> {
                for (ParamSpec param : block.parameters()) {
                    float[] values = params.get(param.name()).cast(DType.F32).floats();
                    same.put(param.name(), Tensors.of(reference, param.shape(), values));
                }
            });
            return relativeError(
                    Scope.run(
                                    reference,
                                    () -> List.of(
                                            forward(block, same, reference).floats()))
                            .getFirst(),
                    Scope.run(
                                    device,
                                    () -> List.of(forward(block, params, device).floats()))
                            .getFirst());
        }
    }

    private static Tensor forward(Block block, Params params, Device device) {
        int width = block.config().hidden();
        CounterRandom random = new CounterRandom(42, "gate");
        float[] x = new float[POSITIONS * width];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.normal(i);
        }
        Tensor input = Tensors.of(device, Shape.of(1, POSITIONS, width), x);
        return block.forward(params, input, SequenceLayout.unpadded(1, POSITIONS), ActivationHook.NONE);
    }

    private static double relativeError(float[] expected, float[] actual) {
        double error = 0;
        double square = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow((double) actual[i] - expected[i], 2);
            square += Math.pow(expected[i], 2);
        }
        return Math.sqrt(error / square);
    }

    private static int[] generate(LoadedModel model, int... prompt) {
        Sampler sampler = Sampler.greedy(BenchTokens.imageTokens(model.spec()));
        try (Generator generator = new Generator(model)) {
            return generator
                    .generate(
                            new GenerationRequest(Prompt.text(prompt), sampler, Set.of(), DECODE_TOKENS),
                            TokenListener.NONE)
                    .tokens();
        }
    }

    private static List<String> greedy(BenchModel subject, List<Integer> chosen) {
        LoadedModel model = subject.model();
        int[] prompt = BenchTokens.tokens(model.spec(), PROMPT_TOKENS);
        int[] answer = generate(model, prompt);
        Arrays.stream(answer).forEach(chosen::add);
        int[] all = Arrays.copyOf(prompt, PROMPT_TOKENS + DECODE_TOKENS - 1);
        System.arraycopy(answer, 0, all, PROMPT_TOKENS, DECODE_TOKENS - 1);
        float[] logits = Scope.run(
                        model.device(),
                        () -> List.of(model.model()
                                .forward(model.params(), ModelInputs.text(all), ActivationRecorder.NONE)
                                .slice(1, PROMPT_TOKENS - 1, all.length)
                                .floats()))
                .getFirst();
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < DECODE_TOKENS; i++) {
            int from = i * model.spec().vocabulary();
            int token = chosen.get(i);
            float[] row = Arrays.copyOfRange(logits, from, from + model.spec().vocabulary());
            float best = row[token];
            float least = row[token];
            int at = token;
            for (int v = 0; v < row.length; v++) {
                boolean better = row[v] > best && BenchTokens.isTextToken(model.spec(), v);
                at = better ? v : at;
                best = better ? row[v] : best;
                least = Math.min(least, row[v]);
            }
            if (!(best - row[token] <= TIE_TOLERANCE * (best - least))) {
                problems.add("greedy token %d is %d step by step, and %d all at once".formatted(i, token, at));
            }
        }
        return problems;
    }
}
