package carve.distill.optimizer;

import carve.api.op.AdamW;
import carve.api.param.Selector;
import carve.api.stage.Optimizer;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Set;

/**
 * Adam with decoupled weight decay, as PyTorch's {@code AdamW}; the arithmetic is that of {@link AdamW}.
 *
 * @param learningRate the peak learning rate
 * @param beta1 the decay of the mean
 * @param beta2 the decay of the square mean
 * @param epsilon added to the root of the square mean
 * @param weightDecay multiplied by the rate
 * @param noWeightDecay chooses the parameters without decay
 * @param weightDecayMinRank parameters with fewer axes have no decay either
 * @param groups the parameters that are treated otherwise; the first that matches counts
 */
record AdamWOptimizer(
        double learningRate,
        double beta1,
        double beta2,
        double epsilon,
        double weightDecay,
        Selector noWeightDecay,
        int weightDecayMinRank,
        List<ParamGroup> groups)
        implements Optimizer {
    /** Copies the list. */
    AdamWOptimizer {
        groups = List.copyOf(groups);
    }

    @Override
    public List<String> moments() {
        return List.of("mean", "square-mean");
    }

    @Override
    public List<Tensor> step(
            String name, Tensor parameter, Tensor gradient, List<Tensor> moments, double stepRate, long step) {
        boolean decays = parameter.shape().rank() >= weightDecayMinRank && !noWeightDecay.matches(name);
        ParamGroup group = groupOf(name);
        double decay = decays ? group.weightDecay() : 0;
        double rate = group.learningRate() == learningRate ? stepRate : stepRate / learningRate * group.learningRate();
        AdamW op = new AdamW(rate, group.beta1(), group.beta2(), epsilon, decay, step);
        return Tensors.apply(op, parameter, gradient, moments.get(0), moments.get(1));
    }

    @Override
    public List<String> unusedGroups(Set<String> names) {
        List<ParamGroup> used = names.stream().map(this::groupOf).toList();
        return groups.stream()
                .filter(group -> !used.contains(group))
                .map(group -> group.match().toString())
                .toList();
    }

    private ParamGroup groupOf(String name) {
        return groups.stream()
                .filter(group -> group.match().matches(name))
                .findFirst()
                .orElseGet(() -> new ParamGroup(Selector.of(), learningRate, beta1, beta2, weightDecay));
    }
}
