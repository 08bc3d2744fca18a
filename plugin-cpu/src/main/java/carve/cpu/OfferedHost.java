package carve.cpu;

import carve.api.device.Device;
import carve.api.device.HostMemory;
import carve.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * The device as plugins' own kernels see it. A segment has the bounds of its tensor and the one class that all kernels know.
 *
 * @param device that holds the tensors
 * @param workers that run tasks
 */
record OfferedHost(Device device, Workers workers) implements HostMemory {
    @Override
    public MemorySegment values(Tensor tensor) {
        return Memory.segment(Engine.at(tensor), tensor.type().bytes());
    }

    @Override
    public int threads() {
        return workers.threads();
    }

    @Override
    public void run(int tasks, IntConsumer work) {
        workers.run(tasks, (task, scratch) -> work.accept(task));
    }
}
