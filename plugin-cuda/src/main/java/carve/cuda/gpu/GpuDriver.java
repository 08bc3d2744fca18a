package carve.cuda.gpu;

import carve.api.device.Download;
import carve.cuda.driver.CudaGpuDriver;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What the device asks of a card: memory, modules, launches in order on one stream, graphs of launches.
 *
 * <p>There is {@link CudaGpuDriver}; tests have one that runs kernels on the processor, and one that writes down what is
 * asked. Addresses and handles are numbers. Launches and copies are asynchronous and keep their order; {@link #download}
 * and {@link #synchronize} wait.
 */
public interface GpuDriver extends AutoCloseable {
    /** Returns what the card is. */
    GpuProperties properties();

    /** Returns the bytes of memory that are free. */
    long freeBytes();

    /** Returns the address of new memory, or 0 where there is not enough. */
    long allocate(long bytes);

    /** Gives memory back; nothing that was asked for may still use it. */
    void release(long address);

    /** Copies to the card. The values may be changed as soon as it returns. */
    void upload(MemorySegment from, long to, long bytes);

    /** Waits for all that was asked, and copies from the card. */
    void download(long from, MemorySegment to, long bytes);

    /** Begins to copy from the card what is there after all that was asked before. */
    Download downloadAsync(long from, long bytes);

    /** Returns a module of compiled kernels. */
    long loadModule(byte[] image);

    /** Returns a kernel of a module. */
    long function(long module, String name);

    /** Runs a kernel after all that was asked before. */
    void launch(KernelLaunch kernelLaunch);

    /** Returns a graph that runs these launches one after the other. */
    long instantiateGraph(List<KernelLaunch> launches);

    /** Changes the arguments of one launch of a graph. */
    void updateGraph(long graph, int index, KernelLaunch kernelLaunch);

    /** Runs a graph after all that was asked before. */
    void launchGraph(long graph);

    /** Gives a graph back. */
    void destroyGraph(long graph);

    /** Waits until all that was asked is done. */
    void synchronize();

    @Override
    void close();
}
