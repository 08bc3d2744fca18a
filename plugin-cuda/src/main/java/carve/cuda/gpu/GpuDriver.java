package carve.cuda.gpu;

import carve.api.device.Download;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The driver of a GPU: memory, modules, launches in order on one stream, graphs of launches.
 *
 * <p>Addresses and handles are numbers. Launches and copies are asynchronous and keep their order; {@link #download} and
 * {@link #synchronize} wait. A vendor's driver implements it; tests have one that runs kernels on the processor, and one that
 * records its calls.
 */
public interface GpuDriver extends AutoCloseable {
    /** Returns the properties of the GPU. */
    GpuProperties properties();

    /** Returns the bytes of memory that are free. */
    long freeBytes();

    /** Returns the address of new memory, or 0 where there is not enough. */
    long allocate(long bytes);

    /** Releases memory, which no launch may use any more. */
    void release(long address);

    /** Copies to the GPU. The values may be changed as soon as it returns. */
    void upload(MemorySegment from, long to, long bytes);

    /** Waits for all earlier launches, and copies from the GPU. */
    void download(long from, MemorySegment to, long bytes);

    /** Begins to copy from the GPU, after all earlier launches. */
    Download downloadAsync(long from, long bytes);

    /** Returns a module of compiled kernels. */
    long loadModule(byte[] image);

    /** Returns a kernel of a module. */
    long function(long module, String name);

    /** Launches a kernel, after all earlier launches. */
    void launch(KernelLaunch kernelLaunch);

    /** Returns a graph that runs these launches one after the other. */
    long instantiateGraph(List<KernelLaunch> launches);

    /** Changes the arguments of one launch of a graph. */
    void updateGraph(long graph, int index, KernelLaunch kernelLaunch);

    /** Launches a graph, after all earlier launches. */
    void launchGraph(long graph);

    /** Releases a graph. */
    void destroyGraph(long graph);

    /** Waits until all launches and copies are done. */
    void synchronize();

    @Override
    void close();
}
