package carve.app.integration;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.kit.ForwardingDevice;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.function.Supplier;

/** A device on which an operation fails when it is told to. */
final class FailingDevice extends ForwardingDevice {
    private final Runnable beforeEachOperation;

    /**
     * Makes the device.
     *
     * @param beforeEachOperation throws where the operation is to fail
     */
    FailingDevice(Device inner, Runnable beforeEachOperation) {
        super("failing", inner);
        this.beforeEachOperation = beforeEachOperation;
    }

    /** Returns what throws an error as it is, which the compiler does not allow a supplier of throwables to do. */
    static Runnable throwing(Supplier<Error> error) {
        return () -> {
            throw error.get();
        };
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        beforeEachOperation.run();
        return super.execute(op, operands, result);
    }
}
