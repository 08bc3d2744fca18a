package carve.testkit;

import carve.api.device.Device;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One primitive on operands of certain types and values.
 *
 * @param group the name in reports
 * @param op the primitive
 * @param types of the operands
 * @param values of the operands
 * @param ratio by which the result may differ; 0 where bits must be the same
 */
record PrimitiveCase(String group, Op op, List<TensorType> types, List<double[]> values, double ratio) {
    String name() {
        return types.stream().map(TensorType::toString).collect(Collectors.joining(", ", op + " of ", ""));
    }

    void assertAgrees(Device reference, Device device) {
        Tensor expected = Tensors.apply(op, operands(reference));
        Tensor actual = Tensors.apply(op, operands(device));
        if (ratio == 0) {
            TensorAssertions.assertBitwiseEqual(name(), expected, actual);
        } else {
            TensorAssertions.assertClose(name(), expected, actual, ratio);
        }
    }

    private List<Tensor> operands(Device device) {
        return IntStream.range(0, types.size())
                .mapToObj(i -> TensorValues.upload(device, types.get(i), values.get(i)))
                .toList();
    }
}
