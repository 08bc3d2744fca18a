package carve.api.device.kit;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The types of operands, by which kernels are chosen, and those of their gradients. */
public final class OperandTypes {
    private OperandTypes() {}

    /** Returns whether all operands are F32. */
    public static boolean areF32(List<TensorType> operands) {
        for (TensorType operand : operands) {
            if (operand.dtype() != DType.F32) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether no operand is empty. */
    public static boolean haveElements(List<TensorType> operands) {
        for (TensorType operand : operands) {
            if (operand.shape().size() == 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns the operands of a fused op with its {@linkplain FusedOp#weightOperands() weights} in F32, if only weights are
     * floating-point numbers in another type; nothing if all are F32 already, or another operand is not.
     */
    public static Optional<List<TensorType>> withF32Weights(FusedOp op, List<TensorType> operands) {
        Set<Integer> weights = op.weightOperands();
        if (weights.isEmpty() || areF32(operands)) {
            return Optional.empty();
        }
        TensorType[] types = new TensorType[operands.size()];
        for (int i = 0; i < types.length; i++) {
            TensorType type = operands.get(i);
            boolean castable = weights.contains(i) && type.dtype().isFloating();
            if (type.dtype() != DType.F32 && !castable) {
                return Optional.empty();
            }
            types[i] = castable ? type.with(DType.F32) : type;
        }
        return Optional.of(List.of(types));
    }

    /** Returns gradients in the types of their operands. */
    public static List<Optional<Tensor>> castGradients(List<Tensor> operands, List<Optional<Tensor>> gradients) {
        List<Optional<Tensor>> cast = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            DType dtype = operands.get(i).dtype();
            cast.add(gradients.get(i).map(gradient -> gradient.cast(dtype)));
        }
        return cast;
    }
}
