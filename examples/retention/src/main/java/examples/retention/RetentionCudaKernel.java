package examples.retention;

import carve.api.device.CudaGrid;
import carve.api.device.CudaSource;
import carve.api.device.CudaTarget;
import carve.api.device.Kernel;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/**
 * {@link RetentionScan} by its recurrence in CUDA C++, see {@code retention.cu}.
 *
 * @param op with its decays
 * @param host the device
 */
record RetentionCudaKernel(RetentionScan op, CudaTarget host) implements Kernel {
    private static final CudaSource SOURCE = CudaSource.of(RetentionCudaKernel.class.getModule(), "retention.cu");

    @Override
    public String name() {
        return "recurrence";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    // a block for each sequence and head, or several where threads do not suffice for its rows or columns
    private void launch(String function, int lines, Tensor... tensors) {
        Object[] arguments = new Object[tensors.length + 4];
        System.arraycopy(tensors, 0, arguments, 0, tensors.length);
        Shape state = tensors[3].shape();
        arguments[tensors.length] = numbers();
        arguments[tensors.length + 1] = decays();
        arguments[tensors.length + 2] = state.extent(2);
        arguments[tensors.length + 3] = state.extent(3);
        int blocks = (lines + CudaTarget.THREADS - 1) / CudaTarget.THREADS;
        host.launch(SOURCE, function, new CudaGrid(op.sequenceLayout().count(), op.heads(), blocks), arguments);
    }

    // (S, 2): where each sequence begins and ends among all B T positions
    private Tensor numbers() {
        int[] spans = new int[2 * op.sequenceLayout().count()];
        for (int s = 0; s < op.sequenceLayout().count(); s++) {
            spans[2 * s] = op.from(s * op.heads());
            spans[2 * s + 1] = op.to(s * op.heads());
        }
        return Tensors.of(host.device(), Shape.of(op.sequenceLayout().count(), 2), spans);
    }

    private Tensor decays() {
        float[] decays = new float[op.heads()];
        for (int h = 0; h < decays.length; h++) {
            decays[h] = op.decay(h);
        }
        return Tensors.of(host.device(), Shape.of(decays.length), decays);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = host.allocate(operands.get(2).type());
        Tensor next = host.allocate(operands.get(3).type());
        launch(
                "retention_forward",
                next.extent(3),
                operands.get(0),
                operands.get(1),
                operands.get(2),
                operands.get(3),
                y,
                next);
        return List.of(y, next);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        List<Tensor> made =
                operands.stream().map(operand -> host.allocate(operand.type())).toList();
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        Tensor state = operands.get(3);
        Tensor dy = gradients.get(0).orElseGet(() -> zeros(results.get(0).type()));
        Tensor last = gradients.get(1).orElseGet(() -> zeros(state.type()));
        Tensor scratch = host.allocate(state.type());
        launch("retention_backward_q", state.extent(2), k, v, dy, state, made.get(0), scratch);
        launch("retention_backward_k", state.extent(2), q, v, dy, last, made.get(1), made.get(3));
        launch("retention_backward_v", state.extent(3), q, k, dy, last, made.get(2), scratch);
        return made.stream().map(Optional::of).toList();
    }

    private Tensor zeros(TensorType type) {
        return Tensors.zeros(host.device(), type.shape());
    }
}
