package carve.cpu;

import carve.api.device.Kernel;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.CombinedConvScan;
import carve.api.op.CrossEntropy;
import carve.api.op.DecayScan;
import carve.api.op.GatedRmsNorm;
import carve.api.op.GroupedLinear;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.op.TopKRouting;
import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import carve.cpu.attention.AttentionKernel;
import carve.cpu.conv.CausalConvKernel;
import carve.cpu.conv.ConvStep;
import carve.cpu.experts.GroupedLinearKernel;
import carve.cpu.experts.TopKRoutingKernel;
import carve.cpu.kernel.AdamWKernel;
import carve.cpu.kernel.KernelContext;
import carve.cpu.kernel.LinearKernel;
import carve.cpu.kernel.RopeKernel;
import carve.cpu.kernel.SwiGluKernel;
import carve.cpu.loss.CrossEntropyKernel;
import carve.cpu.loss.KlDivergenceKernel;
import carve.cpu.norm.LayerNormKernel;
import carve.cpu.norm.RmsNormKernel;
import carve.cpu.scan.ConvolvedScanKernel;
import carve.cpu.scan.DecayScanKernel;
import java.util.List;
import java.util.Optional;

/** The kernels that are built into the device; they are offered as a plugin offers its own. */
final class CpuKernels implements KernelProvider {
    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget target) {
        return target instanceof CpuKernelTarget(KernelContext context, ConvStep convStep)
                ? select(op, operands, context, convStep)
                : Optional.empty();
    }

    private static Optional<Kernel> select(
            FusedOp op, List<TensorType> operands, KernelContext context, ConvStep convStep) {
        return switch (op) {
            case Linear linear ->
                LinearKernel.supports(operands) ? Optional.of(new LinearKernel(context)) : Optional.empty();
            case GroupedLinear linear ->
                GroupedLinearKernel.supports(operands)
                        ? Optional.of(new GroupedLinearKernel(context))
                        : Optional.empty();
            case CrossEntropy entropy ->
                CrossEntropyKernel.supports(operands) ? Optional.of(new CrossEntropyKernel(context)) : Optional.empty();
            case SoftmaxAttention attention ->
                AttentionKernel.supports(attention, operands)
                        ? Optional.of(new AttentionKernel(context, attention, operands))
                        : Optional.empty();
            default -> KernelContext.allF32(operands) ? f32(op, operands, context, convStep) : Optional.empty();
        };
    }

    private static Optional<Kernel> f32(
            FusedOp op, List<TensorType> operands, KernelContext context, ConvStep convStep) {
        return switch (op) {
            case RmsNorm norm -> Optional.of(new RmsNormKernel(context, norm));
            case GatedRmsNorm norm -> Optional.of(new RmsNormKernel(context, norm));
            case LayerNorm norm ->
                operands.size() < 3 || operands.get(1).equals(operands.get(2))
                        ? Optional.of(new LayerNormKernel(context, norm))
                        : Optional.empty();
            case Rope rope -> Optional.of(new RopeKernel(context, rope.pairing()));
            case SwiGlu swiGlu -> Optional.of(new SwiGluKernel(context));
            case TopKRouting routing -> Optional.of(new TopKRoutingKernel(context, routing));
            case KlDivergence divergence -> Optional.of(new KlDivergenceKernel(context, divergence));
            case AdamW adam -> Optional.of(new AdamWKernel(context, adam));
            case DecayScan scan ->
                DecayScanKernel.supports(operands)
                        ? Optional.of(new DecayScanKernel(context, scan, operands))
                        : Optional.empty();
            case CausalConv conv -> Optional.of(new CausalConvKernel(context, convStep, conv));
            case CombinedConvScan scan ->
                ConvolvedScanKernel.supports(scan, operands)
                        ? Optional.of(new ConvolvedScanKernel(context, convStep, scan))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }
}
