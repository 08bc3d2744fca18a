package carve.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.device.Download;
import carve.cuda.gpu.GpuDriver;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.KernelLaunch;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A card whose kernels {@link EmulatorCompiler} has compiled: memory is the process's, launches are done at once. */
public final class EmulatedDriver implements GpuDriver {
    private static final FunctionDescriptor LAUNCH =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

    /** A kernel, with the launcher of its library. */
    private record Kernel(MethodHandle launcher, MemorySegment call, String name) {}

    private final long memory;
    private final Arena arena = Arena.ofConfined();
    private final Map<Long, Arena> allocated = new HashMap<>();
    private final Map<Long, Long> sizes = new HashMap<>();
    private final List<SymbolLookup> modules = new ArrayList<>();
    private final List<Kernel> kernels = new ArrayList<>();
    private final List<List<KernelLaunch>> graphs = new ArrayList<>();

    public EmulatedDriver() {
        this(1L << 32);
    }

    /** Makes a card with so much memory. */
    EmulatedDriver(long memory) {
        this.memory = memory;
    }

    @Override
    public GpuProperties properties() {
        return new GpuProperties("this processor", "sm_90", memory, 64);
    }

    @Override
    public long freeBytes() {
        return memory - sizes.values().stream().mapToLong(size -> size).sum();
    }

    @Override
    public long allocate(long bytes) {
        if (bytes > freeBytes()) {
            return 0;
        }
        var own = Arena.ofConfined();
        long address = own.allocate(bytes, 256).fill((byte) -1).address();
        allocated.put(address, own);
        sizes.put(address, bytes);
        return address;
    }

    @Override
    public void release(long address) {
        sizes.remove(address);
        allocated.remove(address).close();
    }

    @SuppressWarnings("restricted")
    private static MemorySegment at(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    @Override
    public void upload(MemorySegment from, long to, long bytes) {
        MemorySegment.copy(from, 0, at(to, bytes), 0, bytes);
    }

    @Override
    public void download(long from, MemorySegment to, long bytes) {
        MemorySegment.copy(at(from, bytes), 0, to, 0, bytes);
    }

    @Override
    public Download downloadAsync(long from, long bytes) {
        byte[] values = new byte[(int) bytes];
        download(from, MemorySegment.ofArray(values), bytes);
        return Download.of(MemorySegment.ofArray(values));
    }

    @Override
    @SuppressWarnings("restricted")
    public long loadModule(byte[] image) {
        modules.add(SymbolLookup.libraryLookup(Path.of(new String(image, StandardCharsets.UTF_8)), arena));
        return modules.size() - 1;
    }

    @Override
    @SuppressWarnings("restricted")
    public long function(long module, String name) {
        SymbolLookup library = modules.get((int) module);
        MethodHandle launcher =
                Linker.nativeLinker().downcallHandle(library.find("host_launch").orElseThrow(), LAUNCH);
        kernels.add(new Kernel(launcher, library.find("host_call_" + name).orElseThrow(), name));
        return kernels.size() - 1;
    }

    @Override
    public void launch(KernelLaunch kernelLaunch) {
        Kernel kernel = kernels.get((int) kernelLaunch.function());
        try (var own = Arena.ofConfined()) {
            var bytes = own.allocate(Math.max(8, kernelLaunch.arguments().capacity()), 16);
            bytes.asByteBuffer().put(kernelLaunch.arguments().duplicate().clear());
            var pointers =
                    own.allocate(ADDRESS, Math.max(1, kernelLaunch.offsets().size()));
            for (int i = 0; i < kernelLaunch.offsets().size(); i++) {
                pointers.setAtIndex(
                        JAVA_LONG, i, bytes.address() + kernelLaunch.offsets().get(i));
            }
            KernelLaunch.Grid grid = kernelLaunch.grid();
            int stuck = (int) kernel.launcher()
                    .invoke(kernel.call(), pointers, grid.x(), grid.y(), grid.z(), kernelLaunch.threads());
            if (stuck != 0) {
                throw new AssertionError(kernel.name() + ": some threads wait at a barrier that others never reach");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(kernel.name(), e);
        }
    }

    @Override
    public long instantiateGraph(List<KernelLaunch> launches) {
        graphs.add(new ArrayList<>(launches));
        return graphs.size() - 1;
    }

    @Override
    public void updateGraph(long graph, int index, KernelLaunch kernelLaunch) {
        graphs.get((int) graph).set(index, kernelLaunch);
    }

    @Override
    public void launchGraph(long graph) {
        graphs.get((int) graph).forEach(this::launch);
    }

    @Override
    public void destroyGraph(long graph) {
        graphs.set((int) graph, List.of());
    }

    @Override
    public void synchronize() {
        // all is done
    }

    @Override
    public void close() {
        allocated.values().forEach(Arena::close);
        allocated.clear();
        arena.close();
    }
}
