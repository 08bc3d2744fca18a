package carve.cpu;

import carve.api.device.CpuTarget;
import carve.api.device.Device;
import carve.api.tensor.Tensor;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.ThreadPool;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * The device as plugins' own kernels see it. A segment has the bounds of its tensor and the one class that all kernels know.
 *
 * @param device that holds the tensors
 * @param threadPool that run tasks
 */
record CpuHostMemory(Device device, ThreadPool threadPool) implements CpuTarget {
    @Override
    public MemorySegment memory(Tensor tensor) {
        return NativeMemory.segment(
                KernelContext.addressOf(tensor), tensor.type().bytes());
    }

    @Override
    public int threads() {
        return threadPool.threads();
    }

    @Override
    public void parallelFor(int tasks, IntConsumer work) {
        threadPool.parallelFor(tasks, (task, scratchpad) -> work.accept(task));
    }
}
