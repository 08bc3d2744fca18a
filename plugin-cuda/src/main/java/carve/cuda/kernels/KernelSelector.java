package carve.cuda.kernels;

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
public final class KernelSelector {
    private final KernelContext kernelContext;

    public KernelSelector(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    /** Returns the kernel for operands of these types, or nothing where the reference is to run. */
    public Optional<Kernel> select(FusedOp op, List<TensorType> operands) {
        return choose(op, operands).map(kernel -> new ScopedKernel(kernelContext.device(), kernel));
    }

    private Optional<Kernel> choose(FusedOp op, List<TensorType> operands) {
        if (operands.stream().anyMatch(type -> type.shape().size() == 0) && !(op instanceof CausalConv)) {
            return Optional.empty();
        }
        if (op instanceof Linear) {
            return Optional.of(new LinearKernel(kernelContext));
        }
        if (op instanceof CrossEntropy) {
            return operands.getFirst().dtype() == DType.F32
                    ? Optional.of(new CrossEntropyKernel(kernelContext))
                    : Optional.empty();
        }
        if (op instanceof SoftmaxAttention attention) {
            return SoftmaxAttentionKernel.supports(operands)
                    ? Optional.of(new SoftmaxAttentionKernel(kernelContext, attention))
                    : Optional.empty();
        }
        return hasNarrowWeights(op, operands) ? selectF32(op, operands) : Optional.empty();
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

    private Optional<Kernel> selectF32(FusedOp op, List<TensorType> operands) {
        Kernel kernel = switch (op) {
            case RmsNorm norm -> new RmsNormKernel(kernelContext, norm.epsilon(), RmsNormKernel.GatePosition.NONE);
            case GatedRmsNorm norm ->
                new RmsNormKernel(
                        kernelContext,
                        norm.epsilon(),
                        norm.gateFirst()
                                ? RmsNormKernel.GatePosition.BEFORE_NORM
                                : RmsNormKernel.GatePosition.AFTER_NORM);
            case LayerNorm norm
            when operands.get(1).shape().equals(operands.get(2).shape()) -> new LayerNormKernel(kernelContext, norm);
            case Rope rope -> new RopeKernel(kernelContext);
            case SampleToken sample -> new SampleTokenKernel(kernelContext, sample);
            case Gelu gelu -> new GeluKernel(kernelContext, gelu);
            case SwiGlu swiGlu -> new SwiGluKernel(kernelContext);
            case KlDivergence divergence -> new KlDivergenceKernel(kernelContext, divergence);
            case AdamW adam -> new AdamWKernel(kernelContext, adam);
            case DecayScan scan -> new DecayScanKernel(kernelContext, scan);
            case CausalConv conv
            when operands.getFirst().shape().size() > 0 -> new CausalConvKernel(kernelContext, conv);
            default -> null;
        };
        return Optional.ofNullable(kernel);
    }
}
