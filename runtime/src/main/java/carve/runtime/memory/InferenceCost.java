package carve.runtime.memory;

import carve.api.device.ReferenceDevice;
import carve.api.json.JsonObject;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.LayerPlan;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * The memory and memory traffic of a model's layers in inference, computed from its architecture without reading a weight.
 *
 * <p>A decoding step reads every weight of a layer once, of experts those that one position chooses. It reads a whole KV cache and writes the entry of one position; a state of
 * constant size it reads and writes as a whole. Of the embedding it reads one row.
 *
 * @param layers the layers, in order
 * @param other embedding, final norm and output
 * @param context the number of positions for which states are counted
 */
public record InferenceCost(List<LayerCost> layers, LayerCost other, long context) {
    /**
     * The cost of a layer.
     *
     * @param label its name in traces
     * @param mixer its mixer's name
     * @param settings settings of the mixer that differ from its defaults
     * @param converted whether a plan gave it this mixer
     * @param parameterCount the number of its parameters
     * @param weightBytes their bytes, as they are stored
     * @param cacheBytes the bytes of its state
     * @param bytesPerDecodeStep the bytes that one decoding step moves
     */
    public record LayerCost(
            String label,
            String mixer,
            Map<String, Object> settings,
            boolean converted,
            long parameterCount,
            long weightBytes,
            long cacheBytes,
            long bytesPerDecodeStep) {}

    /** Copies the list. */
    public InferenceCost {
        layers = List.copyOf(layers);
    }

    /** Returns the stack of a model as it is. */
    public static InferenceCost of(ModelFolder model, long context) {
        Function<String, Optional<DType>> stored = model.hasWeights()
                ? name -> Optional.of(model.tensors().type(name).dtype())
                : _ -> Optional.empty();
        return of(model.spec(), List.of(), parameterTypes(model, stored), context);
    }

    /**
     * Returns the stack of the student that a plan makes of a teacher.
     *
     * @throws carve.api.config.SettingsException if the plan does not fit the teacher
     */
    public static InferenceCost of(ModelFolder teacher, LayerPlan plan, MixerCatalog mixers, long context) {
        if (!teacher.hasWeights()) {
            plan.checked(teacher.spec().layers().size(), mixers.names());
            ModelSpec student = teacher.family().studentSpec(teacher.spec(), plan, mixers);
            List<Integer> converted = Conversion.converted(teacher.spec(), student);
            return of(student, converted, parameterTypes(teacher, _ -> Optional.empty()), context);
        }
        try (ReferenceDevice device = new ReferenceDevice()) {
            Conversion conversion = Conversion.of(teacher, plan, mixers, device, 0);
            var tensors = conversion.tensors();
            return of(
                    conversion.student(),
                    conversion.converted(),
                    parameterTypes(
                            teacher, name -> Optional.of(tensors.type(name).dtype())),
                    context);
        }
    }

    // a model that is yet to be trained will have tensors of the type that its configuration names
    private static Function<ParamSpec, TensorType> parameterTypes(
            ModelFolder model, Function<String, Optional<DType>> stored) {
        DType declared = declaredDtype(model.spec().config());
        return param -> new TensorType(stored.apply(param.name()).orElse(declared), param.shape());
    }

    private static DType declaredDtype(JsonObject config) {
        String name = config.optionalString("torch_dtype")
                .or(() -> config.optionalString("dtype"))
                .orElse("float32");
        return switch (name) {
            case "bfloat16" -> DType.BF16;
            case "float16" -> DType.F16;
            default -> DType.F32;
        };
    }

    private static InferenceCost of(
            ModelSpec spec, List<Integer> converted, Function<ParamSpec, TensorType> types, long context) {
        List<LayerCost> layers = new ArrayList<>();
        for (int i = 0; i < spec.layers().size(); i++) {
            String prefix = ModelSpec.layerPrefix(i);
            Block block = spec.layers().get(i);
            layers.add(layer(block, converted.contains(i), param -> types.apply(param.under(prefix)), context));
        }
        return new InferenceCost(layers, rest(spec, types), context);
    }

    private static LayerCost layer(
            Block block, boolean converted, Function<ParamSpec, TensorType> types, long context) {
        List<ParamSpec> own = block.parameters();
        long weights =
                own.stream().mapToLong(param -> types.apply(param).bytes()).sum();
        double read = own.stream()
                .mapToDouble(param ->
                        block.usedShare(param.name()) * types.apply(param).bytes())
                .sum();
        Mixer mixer = block.mixer();
        long cache = mixer.stateBytes(1, context);
        long written = mixer.hasConstantState() ? cache : mixer.stateBytes(1, context + 1) - cache;
        return new LayerCost(
                block.label(),
                block.mixerSpec().name(),
                block.mixerSpec().settings().toMap(),
                converted,
                own.stream().mapToLong(param -> param.shape().size()).sum(),
                weights,
                cache,
                Math.round(read) + cache + written);
    }

    private static LayerCost rest(ModelSpec spec, Function<ParamSpec, TensorType> types) {
        long parameters = 0;
        long weights = 0;
        long decode = 0;
        for (ParamSpec param : spec.parameters()) {
            if (!param.name().startsWith("layers.")) {
                TensorType type = types.apply(param);
                parameters += type.shape().size();
                weights += type.bytes();
                decode += param.name().startsWith("input.") ? 0 : type.bytes();
            }
        }
        DType embedded = types.apply(spec.parameters().getFirst()).dtype();
        long row = new TensorType(embedded, Shape.of(spec.hidden())).bytes();
        return new LayerCost("in, out", "", Map.of(), false, parameters, weights, 0, decode + row);
    }

    /** Returns the sums over all layers and what lies around them. */
    public LayerCost total() {
        return new LayerCost(
                "all",
                "",
                Map.of(),
                false,
                sum(LayerCost::parameterCount),
                sum(LayerCost::weightBytes),
                sum(LayerCost::cacheBytes),
                sum(LayerCost::bytesPerDecodeStep));
    }

    private long sum(ToLongFunction<LayerCost> part) {
        return layers.stream().mapToLong(part).sum() + part.applyAsLong(other);
    }
}
