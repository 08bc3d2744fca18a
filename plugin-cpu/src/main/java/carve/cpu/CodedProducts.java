package carve.cpu;

import carve.api.tensor.Blocks;
import carve.api.tensor.DType;
import carve.cpu.ProductCode.Lie;
import carve.cpu.code.MachineCode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Products of rows with weights as they are stored, {@code y (M, N) = x (M, K) W (N, K)^T + b}, by machine code that is made for
 * each K when it is first met: what {@link Gemv} and {@link Rows} do, on processors with AVX-512.
 *
 * <p>A task is a range of rows of W. Where x has few rows, four places of the range are read at the same time, each from front to
 * back, as the processor expects it. Where it has more, the range fits into the second cache, from where it is read again for
 * the next rows of x.
 */
final class CodedProducts implements FewRows {
    private static final long STREAM_BYTES = 64 * 1024;
    // the rows of x that are prepared for Q4_0 at a time, and stay in the caches while W goes by
    private static final int PIECE = 512;
    private static final long SMALL = 64L * 64 * 64;
    private static final int COLUMNS = ProductCode.COLUMNS;
    private static final int NIBBLE_INPUT = 3 * Blocks.SIZE / 2 * Float.BYTES;

    private final Workers workers;
    private final boolean many;
    private final Map<Kind, MachineCode> made = new HashMap<>();
    private final MachineCode nibbleInput = MachineCode.of(NibbleInputCode.bytes());

    private record Kind(DType dtype, int k, int rows, boolean bias, Lie lie) {}

    /** Makes the products of a device, of many rows too unless those are for a library. */
    CodedProducts(Workers workers, CpuConfig.Blas blas) {
        this.workers = workers;
        this.many = blas == CpuConfig.Blas.AUTO || blas == CpuConfig.Blas.OWN;
    }

    @Override
    public String name() {
        return "code-as-stored";
    }

    @Override
    public boolean servesMany() {
        return many;
    }

    @Override
    public void multiply(Rows.Product p, int m, long x, long y) {
        for (int row = 0; row < m; row += PIECE) {
            piece(p, Math.min(PIECE, m - row), x + 4L * row * p.k(), y + 4L * row * p.n());
        }
    }

    private void piece(Rows.Product p, int m, long x, long y) {
        long from = p.dtype() == DType.Q4_0 ? nibbleInput(p, m, x) : x;
        int xBytes = p.dtype() == DType.Q4_0 ? p.k() / Blocks.SIZE * NIBBLE_INPUT : p.k() * Float.BYTES;
        int tile = ProductCode.most(p.dtype(), p.k());
        int passes = (m + tile - 1) / tile;
        int rows = (m + passes - 1) / passes;
        int last = m - (passes - 1) * rows;
        Codes most = codes(p, rows, passes);
        Codes fewer = last == rows ? most : codes(p, last, passes);
        int each = each(p);
        boolean small = (long) m * p.n() * p.k() <= SMALL;
        workers.run(small, (p.n() + each - 1) / each, (task, scratch) -> {
            int n = task * each;
            int count = Math.min(each, p.n() - n);
            for (int row = 0; row < m; row += rows) {
                long to = y + 4L * ((long) row * p.n() + n);
                (m - row < rows ? fewer : most).run(p, n, count, from + (long) row * xBytes, to);
            }
        });
    }

    /**
     * What multiplies some rows of x with a range of rows of W.
     *
     * @param beside four rows of W that lie beside each other at a time; nothing if W goes by but once, as from memory
     * @param apart four rows of W that are a quarter of the range apart, or one that takes the place of four
     */
    private record Codes(Optional<MachineCode> beside, MachineCode apart) {
        void run(Rows.Product p, int n, int count, long x, long y) {
            int times = count / COLUMNS;
            int done = times * COLUMNS;
            long bytes = p.dtype().bytes(p.k());
            long next = 4L * p.n();
            long bias = p.bias() == 0 ? 0 : p.bias() + 4L * n - y;
            if (times > 0 && beside.isPresent()) {
                beside.get().call(p.row(n), bytes, x, y, Float.BYTES, times, next, bias);
            } else if (times > 0) {
                apart.call(p.row(n), times * bytes, x, y, 4L * times, times, next, bias);
            }
            if (done < count) {
                apart.call(p.row(n + done), 0, x, y + 4L * done, 0, count - done, next, bias);
            }
        }
    }

    private Codes codes(Rows.Product p, int rows, int passes) {
        return new Codes(
                passes > 1 ? Optional.of(code(p, rows, Lie.BESIDE)) : Optional.empty(), code(p, rows, Lie.APART));
    }

    /** Returns how many rows of W make a task: as many as make the same number of tasks for each thread. */
    private int each(Rows.Product p) {
        long bytes = p.dtype().bytes(p.k());
        int most = COLUMNS * Math.clamp(STREAM_BYTES / Math.max(1, bytes), 4, 256);
        int least = 4 * workers.threads();
        int tasks = Math.max(least, (p.n() + most - 1) / most);
        int whole = (tasks + workers.threads() - 1) / workers.threads() * workers.threads();
        int each = Math.max(4 * COLUMNS, (p.n() + whole - 1) / whole);
        return (each + COLUMNS - 1) / COLUMNS * COLUMNS;
    }

    private long nibbleInput(Rows.Product p, int m, long x) {
        long blocks = (long) m * p.k() / Blocks.SIZE;
        long to = workers.scratch().room(blocks * NIBBLE_INPUT);
        nibbleInput.call(x, to, blocks, 0, 0, 0, 0, 0);
        return to;
    }

    private MachineCode code(Rows.Product p, int rows, Lie lie) {
        return made.computeIfAbsent(
                new Kind(p.dtype(), p.k(), rows, p.bias() != 0, lie),
                kind -> MachineCode.of(ProductCode.of(kind.dtype, kind.k, kind.rows, kind.bias, kind.lie)));
    }

    @Override
    public void close() {
        made.values().forEach(MachineCode::close);
        nibbleInput.close();
    }
}
