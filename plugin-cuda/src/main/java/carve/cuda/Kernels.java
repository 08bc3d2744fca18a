package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.CrossEntropy;
import carve.api.op.DecayScan;
import carve.api.op.GatedRmsNorm;
import carve.api.op.Gelu;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.SampleToken;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Chooses the kernel for a fused op. */
final class Kernels {
    private final Engine engine;

    Kernels(Engine engine) {
        this.engine = engine;
    }

    /** Returns the kernel for operands of these types, or nothing where the reference is to run. */
    Optional<Kernel> of(FusedOp op, List<TensorType> operands) {
        return choose(op, operands).map(kernel -> new ScopedKernel(engine.device(), kernel));
    }

    private Optional<Kernel> choose(FusedOp op, List<TensorType> operands) {
        if (operands.stream().anyMatch(type -> type.shape().size() == 0) && !(op instanceof CausalConv)) {
            return Optional.empty();
        }
        if (op instanceof Linear) {
            return Optional.of(new LinearKernel(engine));
        }
        if (op instanceof CrossEntropy) {
            return operands.getFirst().dtype() == DType.F32
                    ? Optional.of(new CrossEntropyKernel(engine))
                    : Optional.empty();
        }
        if (op instanceof SoftmaxAttention attention) {
            return AttentionKernel.takes(operands)
                    ? Optional.of(new AttentionKernel(engine, attention))
                    : Optional.empty();
        }
        return hasNarrowWeights(op, operands) ? f32(op, operands) : Optional.empty();
    }

    /** Returns whether no operand but weights, which are small, is stored in fewer bits than F32. */
    private static boolean hasNarrowWeights(FusedOp op, List<TensorType> operands) {
        Set<Integer> weights = switch (op) {
            case RmsNorm norm -> Set.of(1);
            case GatedRmsNorm norm -> Set.of(2);
            case LayerNorm norm -> Set.of(1, 2);
            case CausalConv conv -> Set.of(1, 2);
            default -> Set.of();
        };
        return IntStream.range(0, operands.size())
                .allMatch(i -> operands.get(i).dtype() == DType.F32
                        || weights.contains(i) && operands.get(i).dtype().isFloating());
    }

    private Optional<Kernel> f32(FusedOp op, List<TensorType> operands) {
        Kernel kernel = switch (op) {
            case RmsNorm norm -> new NormKernel(engine, norm.epsilon(), NormKernel.Gating.NONE);
            case GatedRmsNorm norm ->
                new NormKernel(
                        engine, norm.epsilon(), norm.gateFirst() ? NormKernel.Gating.BEFORE : NormKernel.Gating.AFTER);
            case LayerNorm norm
            when operands.get(1).shape().equals(operands.get(2).shape()) -> new LayerNormKernel(engine, norm);
            case Rope rope -> new RopeKernel(engine);
            case SampleToken sample -> new SampleKernel(engine, sample);
            case Gelu gelu -> new GeluKernel(engine, gelu);
            case SwiGlu swiGlu -> new SwiGluKernel(engine);
            case KlDivergence divergence -> new DivergenceKernel(engine, divergence);
            case AdamW adam -> new AdamWKernel(engine, adam);
            case DecayScan scan -> new ScanKernel(engine, scan);
            case CausalConv conv when operands.getFirst().shape().size() > 0 -> new ConvKernel(engine, conv);
            default -> null;
        };
        return Optional.ofNullable(kernel);
    }
}
