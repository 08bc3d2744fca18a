package carve.cpu;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.ConvolvedScan;
import carve.api.op.CrossEntropy;
import carve.api.op.DecayScan;
import carve.api.op.GatedRmsNorm;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
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
        if (op instanceof Linear) {
            return LinearKernel.takes(operands) ? Optional.of(new LinearKernel(engine)) : Optional.empty();
        }
        if (op instanceof CrossEntropy) {
            return CrossEntropyKernel.takes(operands) ? Optional.of(new CrossEntropyKernel(engine)) : Optional.empty();
        }
        if (op instanceof SoftmaxAttention attention) {
            return AttentionKernel.takes(operands)
                    ? Optional.of(new AttentionKernel(
                            engine, attention, operands.get(1).dtype()))
                    : Optional.empty();
        }
        if (Engine.allF32(operands)) {
            return f32(op, operands);
        }
        List<TensorType> wide =
                operands.stream().map(type -> type.with(DType.F32)).toList();
        return hasNarrowWeights(op, operands) && Engine.allF32(wide)
                ? f32(op, wide).map(WidenedKernel::new)
                : Optional.empty();
    }

    /** Returns whether no operand but weights, which are small, is stored in fewer bits than F32. */
    private static boolean hasNarrowWeights(FusedOp op, List<TensorType> operands) {
        Set<Integer> weights = switch (op) {
            case RmsNorm norm -> Set.of(1);
            case GatedRmsNorm norm -> Set.of(2);
            case LayerNorm norm -> Set.of(1, 2);
            case CausalConv conv -> Set.of(1, 2);
            case ConvolvedScan scan ->
                Set.of(
                        ConvolvedScan.CONV,
                        ConvolvedScan.CONV_BIAS,
                        ConvolvedScan.STEP_BIAS,
                        ConvolvedScan.A_LOG,
                        ConvolvedScan.SKIP,
                        ConvolvedScan.NORM);
            default -> Set.of();
        };
        return IntStream.range(0, operands.size())
                .allMatch(i -> operands.get(i).dtype() == DType.F32
                        || weights.contains(i) && operands.get(i).dtype().isFloating());
    }

    private Optional<Kernel> f32(FusedOp op, List<TensorType> operands) {
        return switch (op) {
            case RmsNorm norm -> Optional.of(new NormKernel(engine, norm.epsilon(), Norms.Gate.NONE));
            case GatedRmsNorm norm ->
                Optional.of(new NormKernel(
                        engine, norm.epsilon(), norm.gateFirst() ? Norms.Gate.BEFORE : Norms.Gate.AFTER));
            case LayerNorm norm ->
                operands.get(1).equals(operands.get(2))
                        ? Optional.of(new LayerNormKernel(engine, norm))
                        : Optional.empty();
            case Rope rope -> Optional.of(new RopeKernel(engine));
            case SwiGlu swiGlu -> Optional.of(new SwiGluKernel(engine));
            case KlDivergence divergence -> Optional.of(new DivergenceKernel(engine, divergence));
            case AdamW adam -> Optional.of(new AdamWKernel(engine, adam));
            case DecayScan scan ->
                ScanKernel.takes(operands) ? Optional.of(new ScanKernel(engine, scan, operands)) : Optional.empty();
            case CausalConv conv -> Optional.of(new ConvKernel(engine, conv));
            case ConvolvedScan scan ->
                ConvolvedScanKernel.takes(scan, operands)
                        ? Optional.of(new ConvolvedScanKernel(engine, scan))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }
}
