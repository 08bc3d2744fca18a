package examples.retention;

import carve.api.device.CpuTarget;
import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * {@link RetentionScan} by its recurrence, position by position: what there is to do for each does not grow with T. The state
 * of one head of one sequence stays in an array, and in the processor's cache; each such pair is a task of its own.
 *
 * @param op with its decays
 * @param host the device
 */
record RetentionCpuKernel(RetentionScan op, CpuTarget host) implements Kernel {
    @Override
    public String name() {
        return "recurrence";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = host.allocate(operands.get(2).type());
        Tensor next = host.allocate(operands.get(3).type());
        TensorView q = new TensorView(operands.get(0));
        TensorView k = new TensorView(operands.get(1));
        TensorView v = new TensorView(operands.get(2));
        TensorView out = new TensorView(y);
        MemorySegment before = host.memory(operands.get(3));
        MemorySegment after = host.memory(next);
        host.parallelFor(op.tasks(), task -> {
            float[] state = new float[q.width * v.width];
            float[] sum = new float[v.width];
            copy(before, task, state);
            for (int t = op.from(task); t < op.to(task); t++) {
                step(task, state, k.at(t, task), v.at(t, task));
                product(q.at(t, task), state, sum);
                out.put(t, task, sum);
            }
            MemorySegment.copy(state, 0, after, ValueLayout.JAVA_FLOAT, 4L * task * state.length, state.length);
        });
        return List.of(y, next);
    }

    // gradients of k, v and the state go backwards in time; that of q needs the states, which are made again on the way
    // forward
    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        List<Tensor> made =
                operands.stream().map(operand -> host.allocate(operand.type())).toList();
        Tensor empty = host.allocate(results.get(0).type());
        host.memory(empty).fill((byte) 0);
        TensorView q = new TensorView(operands.get(0));
        TensorView k = new TensorView(operands.get(1));
        TensorView v = new TensorView(operands.get(2));
        TensorView dy = new TensorView(gradients.get(0).orElse(empty));
        List<TensorView> out = made.subList(0, 3).stream().map(TensorView::new).toList();
        MemorySegment before = host.memory(operands.get(3));
        Optional<MemorySegment> last = gradients.get(1).map(host::memory);
        MemorySegment first = host.memory(made.get(3));
        host.parallelFor(op.tasks(), task -> {
            float[] state = new float[q.width * v.width];
            float[] keys = new float[q.width];
            float[] values = new float[v.width];
            copy(before, task, state);
            for (int t = op.from(task); t < op.to(task); t++) {
                step(task, state, k.at(t, task), v.at(t, task));
                transposed(state, dy.at(t, task), keys);
                out.get(0).put(t, task, keys);
            }
            float[] slope = new float[state.length];
            last.ifPresent(given -> copy(given, task, slope));
            for (int t = op.to(task) - 1; t >= op.from(task); t--) {
                add(q.at(t, task), dy.at(t, task), slope);
                transposed(slope, v.at(t, task), keys);
                out.get(1).put(t, task, keys);
                product(k.at(t, task), slope, values);
                out.get(2).put(t, task, values);
                scale(task, slope);
            }
            MemorySegment.copy(slope, 0, first, ValueLayout.JAVA_FLOAT, 4L * task * slope.length, slope.length);
        });
        return made.stream().map(Optional::of).toList();
    }

    /** The rows of a tensor (B, T, H, width), by position, of all B T, and by task. */
    private final class TensorView {
        private final MemorySegment values;
        private final int width;

        TensorView(Tensor tensor) {
            values = host.memory(tensor);
            width = tensor.extent(3);
        }

        private long offset(int position, int task) {
            return 4L * width * ((long) position * op.heads() + task % op.heads());
        }

        float[] at(int position, int task) {
            float[] row = new float[width];
            MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, offset(position, task), row, 0, width);
            return row;
        }

        void put(int position, int task, float[] row) {
            MemorySegment.copy(row, 0, values, ValueLayout.JAVA_FLOAT, offset(position, task), width);
        }
    }

    private static void copy(MemorySegment states, int task, float[] to) {
        MemorySegment.copy(states, ValueLayout.JAVA_FLOAT, 4L * task * to.length, to, 0, to.length);
    }

    // state = a state + k^T v
    private void step(int task, float[] state, float[] k, float[] v) {
        scale(task, state);
        add(k, v, state);
    }

    private void scale(int task, float[] state) {
        float decay = op.decay(task);
        for (int i = 0; i < state.length; i++) {
            state[i] *= decay;
        }
    }

    // matrix = matrix + column^T row
    private static void add(float[] column, float[] row, float[] matrix) {
        for (int i = 0; i < column.length; i++) {
            for (int j = 0; j < row.length; j++) {
                matrix[i * row.length + j] += column[i] * row[j];
            }
        }
    }

    // to = row matrix
    private static void product(float[] row, float[] matrix, float[] to) {
        java.util.Arrays.fill(to, 0);
        for (int i = 0; i < row.length; i++) {
            for (int j = 0; j < to.length; j++) {
                to[j] += row[i] * matrix[i * to.length + j];
            }
        }
    }

    // to = row matrix^T
    private static void transposed(float[] matrix, float[] row, float[] to) {
        for (int i = 0; i < to.length; i++) {
            float sum = 0;
            for (int j = 0; j < row.length; j++) {
                sum += matrix[i * row.length + j] * row[j];
            }
            to[i] = sum;
        }
    }
}
