package carve.runtime.train;

import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Low-rank matrices that are trained in place of linear weights (LoRA, Hu et al. 2021, arXiv:2106.09685, section 4.1): {@code W = W0
 * + alpha / rank B A} with A {@code (rank, K)} initially uniform as in the authors' code, B {@code (N, rank)} initially zero, and W0
 * {@code (N, K)} as it was.
 *
 * <p>The student has the merged weight W at every step, so it is an ordinary model at any time. Of the gradient G of W those of
 * the factors are {@code dA = alpha / rank B^T G} and {@code dB = alpha / rank G A^T}.
 */
final class LowRankAdapters implements AutoCloseable {
    private static final String A = ".lora_A";
    private static final String B = ".lora_B";

    private final ParamStore params;
    private final double scale;
    private final List<String> targets;
    private final ParamStore originals;
    private final ParamStore factors;

    /** Makes factors whose product is zero, for the weights that the settings choose among those that a stage trains. */
    LowRankAdapters(TrainingStage stage, ParamStore params, Set<String> trained) {
        LoraConfig config = stage.config().lora();
        this.params = params;
        this.scale = config.scale();
        this.targets = config.isOff()
                ? List.of()
                : trained.stream().filter(config.targets()::matches).toList();
        requireMatrices(stage, config);
        originals = new ParamStore(params.device());
        targets.forEach(name -> originals.put(name, params.get(name).multiply(1)));
        factors = ParamStore.initial(
                params.device(),
                targets.stream()
                        .flatMap(name -> specs(name, params.get(name).shape(), config.rank()))
                        .toList(),
                stage.config().batches().seed());
    }

    private void requireMatrices(TrainingStage stage, LoraConfig config) {
        if (!config.isOff() && targets.isEmpty()) {
            throw stage.failure(
                    "'lora.targets' %s match none of the parameters that 'train' selects".formatted(config.targets()));
        }
        List<String> others = targets.stream()
                .filter(name -> params.get(name).shape().rank() != 2)
                .toList();
        if (!others.isEmpty()) {
            throw stage.failure("'lora.targets' match %s, which are no matrices".formatted(others));
        }
    }

    private static Stream<ParamSpec> specs(String name, Shape weight, int rank) {
        int inputs = weight.extent(1);
        return Stream.of(
                new ParamSpec(name + A, Shape.of(rank, inputs), Init.fanIn(inputs)),
                new ParamSpec(name + B, Shape.of(weight.extent(0), rank), Init.ZEROS));
    }

    /** Returns whether a parameter is a factor whose gradient is zero in the first step, in which the other factor is zero. */
    static boolean isInitiallyIdle(String name) {
        return name.endsWith(A);
    }

    /** Returns the weights that have factors. */
    List<String> targets() {
        return targets;
    }

    /** Returns the factors by name: {@code WEIGHT.lora_A} and {@code WEIGHT.lora_B}. */
    ParamStore factors() {
        return factors;
    }

    /** Returns the bytes of factors and original weights. */
    long bytes() {
        return originals.bytes() + factors.bytes();
    }

    /** Replaces the gradients of merged weights by those of their factors. */
    void project(GradientAccumulator gradients) {
        for (String name : targets) {
            Scope.run(params.device(), () -> {
                Tensor gradient = gradients.gradient(name);
                gradients.replace(
                        name,
                        Map.of(
                                name + A,
                                factors.get(name + B)
                                        .matmul(gradient, true, false)
                                        .multiply(scale),
                                name + B,
                                gradient.matmul(factors.get(name + A), false, true)
                                        .multiply(scale)));
            });
        }
    }

    /** Merges the factors into the student's weights, as they are now. */
    void merge() {
        for (String name : targets) {
            Scope.run(params.device(), () -> {
                Tensor product = factors.get(name + B).matmul(factors.get(name + A));
                params.put(name, originals.get(name).add(product.multiply(scale)));
            });
        }
    }

    /** Releases factors and original weights; the student keeps the merged ones. */
    @Override
    public void close() {
        originals.close();
        factors.close();
    }
}
