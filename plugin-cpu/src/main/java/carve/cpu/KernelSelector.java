package carve.cpu;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.CombinedConvScan;
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
import carve.cpu.attention.AttentionKernel;
import carve.cpu.conv.CausalConvKernel;
import carve.cpu.kernel.AdamWKernel;
import carve.cpu.kernel.KernelContext;
import carve.cpu.kernel.LinearKernel;
import carve.cpu.kernel.RopeKernel;
import carve.cpu.kernel.SwiGluKernel;
import carve.cpu.kernel.UpcastKernel;
import carve.cpu.loss.CrossEntropyKernel;
import carve.cpu.loss.KlDivergenceKernel;
import carve.cpu.norm.LayerNormKernel;
import carve.cpu.norm.RmsNormKernel;
import carve.cpu.norm.RmsNormLoops;
import carve.cpu.scan.ConvolvedScanKernel;
import carve.cpu.scan.DecayScanKernel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Chooses the kernel for a fused op. */
final class KernelSelector {
    private final KernelContext kernelContext;

    KernelSelector(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    /** Returns the kernel for operands of these types, or nothing where the reference is to run. */
    Optional<Kernel> select(FusedOp op, List<TensorType> operands) {
        if (op instanceof Linear) {
            return LinearKernel.supports(operands) ? Optional.of(new LinearKernel(kernelContext)) : Optional.empty();
        }
        if (op instanceof CrossEntropy) {
            return CrossEntropyKernel.supports(operands)
                    ? Optional.of(new CrossEntropyKernel(kernelContext))
                    : Optional.empty();
        }
        if (op instanceof SoftmaxAttention attention) {
            return AttentionKernel.supports(operands)
                    ? Optional.of(new AttentionKernel(
                            kernelContext, attention, operands.get(1).dtype()))
                    : Optional.empty();
        }
        if (KernelContext.allF32(operands)) {
            return f32(op, operands);
        }
        List<TensorType> wide =
                operands.stream().map(type -> type.with(DType.F32)).toList();
        return hasNarrowWeights(op, operands) && KernelContext.allF32(wide)
                ? f32(op, wide).map(UpcastKernel::new)
                : Optional.empty();
    }

    /** Returns whether no operand but weights, which are small, is stored in fewer bits than F32. */
    private static boolean hasNarrowWeights(FusedOp op, List<TensorType> operands) {
        Set<Integer> weights = switch (op) {
            case RmsNorm norm -> Set.of(1);
            case GatedRmsNorm norm -> Set.of(2);
            case LayerNorm norm -> Set.of(1, 2);
            case CausalConv conv -> Set.of(1, 2);
            case CombinedConvScan scan ->
                Set.of(
                        CombinedConvScan.CONV,
                        CombinedConvScan.CONV_BIAS,
                        CombinedConvScan.DT_BIAS,
                        CombinedConvScan.A_LOG,
                        CombinedConvScan.D,
                        CombinedConvScan.NORM);
            default -> Set.of();
        };
        return IntStream.range(0, operands.size())
                .allMatch(i -> operands.get(i).dtype() == DType.F32
                        || weights.contains(i) && operands.get(i).dtype().isFloating());
    }

    private Optional<Kernel> f32(FusedOp op, List<TensorType> operands) {
        return switch (op) {
            case RmsNorm norm -> Optional.of(new RmsNormKernel(kernelContext, norm.epsilon(), RmsNormLoops.Gate.NONE));
            case GatedRmsNorm norm ->
                Optional.of(new RmsNormKernel(
                        kernelContext,
                        norm.epsilon(),
                        norm.gateFirst() ? RmsNormLoops.Gate.BEFORE : RmsNormLoops.Gate.AFTER));
            case LayerNorm norm ->
                operands.get(1).equals(operands.get(2))
                        ? Optional.of(new LayerNormKernel(kernelContext, norm))
                        : Optional.empty();
            case Rope rope -> Optional.of(new RopeKernel(kernelContext));
            case SwiGlu swiGlu -> Optional.of(new SwiGluKernel(kernelContext));
            case KlDivergence divergence -> Optional.of(new KlDivergenceKernel(kernelContext, divergence));
            case AdamW adam -> Optional.of(new AdamWKernel(kernelContext, adam));
            case DecayScan scan ->
                DecayScanKernel.supports(operands)
                        ? Optional.of(new DecayScanKernel(kernelContext, scan, operands))
                        : Optional.empty();
            case CausalConv conv -> Optional.of(new CausalConvKernel(kernelContext, conv));
            case CombinedConvScan scan ->
                ConvolvedScanKernel.supports(scan, operands)
                        ? Optional.of(new ConvolvedScanKernel(kernelContext, scan))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }
}
