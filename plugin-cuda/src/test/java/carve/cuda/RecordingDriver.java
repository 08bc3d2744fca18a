package carve.cuda;

import carve.api.device.Download;
import carve.cuda.gpu.GpuDriver;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.KernelLaunch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A card that runs nothing and writes down what it is asked. */
public final class RecordingDriver implements GpuDriver {
    private static final long BASE = 1L << 40; // no size is as large

    private final List<String> asked = new ArrayList<>();
    private final long memory;
    private long graphs = 7;
    private long used;
    private long next = BASE;
    private final List<Long> sizes = new ArrayList<>();

    public RecordingDriver(long memory) {
        this.memory = memory;
    }

    /** Returns what was asked since this was last called. */
    public List<String> calls() {
        List<String> result = List.copyOf(asked);
        asked.clear();
        return result;
    }

    @Override
    public GpuProperties properties() {
        return new GpuProperties("a card on paper", "sm_90", memory, 132);
    }

    @Override
    public long freeBytes() {
        return memory - used;
    }

    @Override
    public long allocate(long bytes) {
        asked.add("allocate " + bytes);
        if (bytes > freeBytes()) {
            return 0;
        }
        used += bytes;
        next += 512;
        sizes.add(bytes);
        return next;
    }

    @Override
    public void release(long address) {
        asked.add("release");
        used -= sizes.get((int) ((address - BASE) / 512) - 1);
    }

    @Override
    public void upload(MemorySegment from, long to, long bytes) {
        asked.add("upload " + bytes);
    }

    @Override
    public void download(long from, MemorySegment to, long bytes) {
        asked.add("download " + bytes);
    }

    @Override
    public Download downloadAsync(long from, long bytes) {
        asked.add("fetch " + bytes);
        MemorySegment values = MemorySegment.ofArray(new byte[(int) bytes]);
        return new Download() {
            @Override
            public boolean isDone() {
                return false;
            }

            @Override
            public MemorySegment await() {
                asked.add("await " + bytes);
                return values;
            }
        };
    }

    @Override
    public long loadModule(byte[] image) {
        asked.add("load");
        return 0;
    }

    @Override
    public long function(long module, String name) {
        asked.add("function " + name);
        return name.hashCode();
    }

    @Override
    public void launch(KernelLaunch kernelLaunch) {
        asked.add("launch " + kernelLaunch.grid().x());
    }

    @Override
    public long instantiateGraph(List<KernelLaunch> launches) {
        asked.add("record " + launches.size());
        return graphs++;
    }

    @Override
    public void updateGraph(long graph, int index, KernelLaunch kernelLaunch) {
        asked.add("change " + index + " of " + graph);
    }

    @Override
    public void launchGraph(long graph) {
        asked.add("replay " + graph);
    }

    @Override
    public void destroyGraph(long graph) {
        asked.add("forget " + graph);
    }

    @Override
    public void synchronize() {
        asked.add("synchronize");
    }

    @Override
    public void close() {
        asked.add("close");
    }
}
