package carve.cpu;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
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
import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

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
        return Engine.allF32(operands) ? f32(op, operands) : Optional.empty();
    }

    private Optional<Kernel> f32(FusedOp op, List<TensorType> operands) {
        return switch (op) {
            case RmsNorm norm -> Optional.of(new NormKernel(engine, norm.epsilon(), Norms.Gate.NONE));
            case GatedRmsNorm norm -> Optional.of(new NormKernel(engine, norm.epsilon(),
                    norm.gateFirst() ? Norms.Gate.BEFORE : Norms.Gate.AFTER));
            case LayerNorm norm -> operands.get(1).equals(operands.get(2))
                    ? Optional.of(new LayerNormKernel(engine, norm))
                    : Optional.empty();
            case Rope rope -> Optional.of(new RopeKernel(engine));
            case SwiGlu swiGlu -> Optional.of(new SwiGluKernel(engine));
            case KlDivergence divergence -> Optional.of(new DivergenceKernel(engine, divergence));
            case AdamW adam -> Optional.of(new AdamWKernel(engine, adam));
            case SoftmaxAttention attention -> AttentionKernel.takes(operands)
                    ? Optional.of(new AttentionKernel(engine, attention))
                    : Optional.empty();
            case DecayScan scan -> ScanKernel.takes(operands)
                    ? Optional.of(new ScanKernel(engine, scan))
                    : Optional.empty();
            case CausalConv conv -> Optional.of(new ConvKernel(engine, conv));
            default -> Optional.empty();
        };
    }
}
