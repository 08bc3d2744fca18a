package carve.cpu;

import carve.api.device.CpuTarget;
import carve.api.device.Device;
import carve.api.tensor.Tensor;
import carve.cpu.conv.ConvStep;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * The device as kernels see it. Those of plugins see a {@link CpuTarget}, whose segments have the bounds of their tensors;
 * built-in ones take the context, which is this package's own.
 *
 * @param context threads, products and loops that built-in kernels share
 * @param convStep the convolution of one position
 */
record CpuKernelTarget(KernelContext context, ConvStep convStep) implements CpuTarget {
    @Override
    public Device device() {
        return context.device();
    }

    @Override
    public MemorySegment memory(Tensor tensor) {
        return NativeMemory.segment(
                KernelContext.addressOf(tensor), tensor.type().bytes());
    }

    @Override
    public int threads() {
        return context.threads().threads();
    }

    @Override
    public void parallelFor(int tasks, IntConsumer work) {
        context.threads().parallelFor(tasks, (task, scratchpad) -> work.accept(task));
    }
}
