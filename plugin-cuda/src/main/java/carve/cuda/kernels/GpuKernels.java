package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.device.kit.OperandTypes;
import carve.api.device.kit.ScopedKernel;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.CrossEntropy;
import carve.api.op.DecayScan;
import carve.api.op.GatedRmsNorm;
import carve.api.op.Gelu;
import carve.api.op.GroupedLinear;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.SampleToken;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.op.TopKRouting;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** The kernels that are built into a GPU device; they are offered as a plugin offers its own. */
public final class GpuKernels implements KernelProvider {
    private final String device;

    /**
     * Makes the provider.
     *
     * @param device the name of the device whose kernels these are
     */
    public GpuKernels(String device) {
        this.device = device;
    }

    @Override
    public String name() {
        return device;
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget target) {
        return target instanceof GpuKernelTarget gpu
                ? select(op, operands, gpu.context()).map(kernel -> new ScopedKernel(target.device(), kernel))
                : Optional.empty();
    }

    private static Optional<Kernel> select(FusedOp op, List<TensorType> operands, KernelContext context) {
        if (!OperandTypes.haveElements(operands) && !(op instanceof CausalConv)) {
            return Optional.empty();
        }
        return switch (op) {
            case Linear linear -> Optional.of(new LinearKernel(context));
            case GroupedLinear linear -> Optional.of(new GroupedLinearKernel(context));
            case CrossEntropy entropy ->
                operands.getFirst().dtype() == DType.F32
                        ? Optional.of(new CrossEntropyKernel(context))
                        : Optional.empty();
            case SoftmaxAttention attention ->
                SoftmaxAttentionKernel.supports(attention, operands)
                        ? Optional.of(new SoftmaxAttentionKernel(context, attention, operands))
                        : Optional.empty();
            default -> OperandTypes.areF32(operands) ? selectF32(op, operands, context) : Optional.empty();
        };
    }

    private static Optional<Kernel> selectF32(FusedOp op, List<TensorType> operands, KernelContext context) {
        return switch (op) {
            case RmsNorm norm -> Optional.of(new RmsNormKernel(context, norm));
            case GatedRmsNorm norm -> Optional.of(new RmsNormKernel(context, norm));
            case LayerNorm norm
            when operands.size() < 3
                    || operands.get(1).shape().equals(operands.get(2).shape()) ->
                Optional.of(new LayerNormKernel(context, norm));
            case Rope rope -> Optional.of(new RopeKernel(context, rope));
            case SampleToken sample -> Optional.of(new SampleTokenKernel(context, sample));
            case Gelu gelu -> Optional.of(new GeluKernel(context, gelu));
            case SwiGlu swiGlu -> Optional.of(new SwiGluKernel(context));
            case TopKRouting routing
            when TopKRoutingKernel.supports(operands) -> Optional.of(new TopKRoutingKernel(context, routing));
            case KlDivergence divergence -> Optional.of(new KlDivergenceKernel(context, divergence));
            case AdamW adam -> Optional.of(new AdamWKernel(context, adam));
            case DecayScan scan -> Optional.of(new DecayScanKernel(context, scan));
            case CausalConv conv
            when operands.getFirst().shape().size() > 0 -> Optional.of(new CausalConvKernel(context, conv));
            default -> Optional.empty();
        };
    }
}
