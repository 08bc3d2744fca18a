package carve.runtime.train;

import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The parameters of a student that a stage trains, and the optimizer's moments; both in F32, whatever the student was stored in. */
final class TrainableParams implements AutoCloseable {
    private final TrainingStage stage;
    private final ParamStore params;
    private final Set<String> names;
    private final Map<String, Tensor> frozen;
    private final LowRankAdapters adapters;
    private final ParamStore moments;

    /** Widens the chosen parameters, and makes moments of zero. */
    TrainableParams(TrainingStage stage, ParamStore params, Set<String> names) {
        this.stage = stage;
        this.params = params;
        this.names = names;
        castToF32();
        frozen = new LinkedHashMap<>(params.asMap());
        frozen.keySet().removeAll(names);
        adapters = new LowRankAdapters(stage, params, names);
        moments = new ParamStore(params.device());
        for (String kind : momentNames()) {
            optimized()
                    .forEach(name -> moments.put(
                            momentKey(kind, name),
                            Tensors.zeros(params.device(), store(name).get(name).shape())));
        }
    }

    // the parameters that are trained as they are, and the factors of others
    private List<String> optimized() {
        List<String> optimized = new ArrayList<>(names);
        optimized.removeAll(adapters.targets());
        optimized.addAll(adapters.factors().names());
        return optimized;
    }

    private ParamStore store(String name) {
        return adapters.factors().names().contains(name) ? adapters.factors() : params;
    }

    private void castToF32() {
        for (String name : names) {
            if (params.get(name).dtype() != DType.F32) {
                params.put(name, params.get(name).cast(DType.F32));
            }
        }
    }

    private List<String> momentNames() {
        return stage.config().optimizer().moments();
    }

    private static String momentKey(String kind, String name) {
        return kind + "." + name;
    }

    /** Returns the names of those that are trained. */
    Set<String> names() {
        return names;
    }

    /** Returns the names of the student's other parameters. */
    Set<String> frozen() {
        return frozen.keySet();
    }

    /** Returns the bytes of parameters, their gradients and moments. */
    TrainingMemory footprint() {
        long bytes = names.stream()
                .mapToLong(name -> params.get(name).type().bytes())
                .sum();
        return new TrainingMemory(bytes + adapters.bytes(), bytes, moments.bytes());
    }

    /** Reads parameters and moments from a checkpoint. */
    void load(Path checkpoint) {
        List<String> whole = new ArrayList<>(names);
        whole.removeAll(adapters.targets());
        CheckpointFolder.load(checkpoint, "param.", whole, params);
        CheckpointFolder.load(
                checkpoint, "param.", List.copyOf(adapters.factors().names()), adapters.factors());
        adapters.merge();
        CheckpointFolder.load(checkpoint, "moment.", List.copyOf(moments.names()), moments);
    }

    /** Returns what a checkpoint has, by name. */
    Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        optimized().forEach(name -> tensors.put("param." + name, store(name).get(name)));
        moments.asMap().forEach((name, tensor) -> tensors.put("moment." + name, tensor));
        return tensors;
    }

    /**
     * Lets the optimizer replace each parameter and its moments.
     *
     * @param step the number of the step, from 1
     * @param rate the learning rate
     * @param clip what gradients are multiplied by, at most 1
     */
    void update(long step, double rate, GradientAccumulator buffer, double clip) {
        for (String name : optimized()) {
            Scope.run(params.device(), () -> update(name, step, rate, clipped(buffer.gradient(name), clip)));
        }
        adapters.merge();
    }

    /** Replaces the gradients of weights with low-rank adapters by those of their factors. */
    void project(GradientAccumulator gradients) {
        adapters.project(gradients);
    }

    private static Tensor clipped(Tensor gradient, double clip) {
        return clip < 1 ? gradient.multiply(clip) : gradient;
    }

    private void update(String name, long step, double rate, Tensor gradient) {
        List<String> kinds = momentNames();
        List<Tensor> given =
                kinds.stream().map(kind -> moments.get(momentKey(kind, name))).toList();
        List<Tensor> next = stage.config().optimizer().step(name, store(name).get(name), gradient, given, rate, step);
        store(name).put(name, next.getFirst());
        for (int i = 0; i < kinds.size(); i++) {
            moments.put(momentKey(kinds.get(i), name), next.get(i + 1));
        }
    }

    /**
     * Checks that no other parameter was changed.
     *
     * @throws carve.api.stage.StageException if a parameter that is not trained was replaced
     */
    void requireFrozenUnchanged() {
        List<String> touched = frozen.keySet().stream()
                .filter(name -> params.get(name) != frozen.get(name))
                .toList();
        if (!touched.isEmpty()) {
            throw stage.failure("frozen parameters were modified: " + touched);
        }
    }

    /** Releases moments and adapters; the parameters are the student's. */
    @Override
    public void close() {
        moments.close();
        adapters.close();
    }
}
