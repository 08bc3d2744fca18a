package carve.cuda;

import carve.cuda.blas.CublasBlas;
import carve.cuda.driver.CudaGpuDriver;
import carve.cuda.driver.DriverProbe;
import carve.cuda.driver.DriverProbe.ProbeResult;
import carve.cuda.driver.NativeLibrary;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.MatmulPrecision;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import jcuda.driver.JCudaDriver;

/**
 * Speeds of a GPU whose driver and cuBLAS are called directly: copies and matrix products, as lines of JSON beside
 * those of {@code gpu_peers.py}; for {@code bench/gpu.sh}.
 */
public final class DirectCudaBenchmark {
    private static final int RUNS = 7;
    private static final int ROW = 1024;
    private static final int ROWS = 64;
    private static final double ENOUGH_SECONDS = 0.01;
    private static final int MOST = 64;

    private final CudaGpuDriver driver;

    private DirectCudaBenchmark(CudaGpuDriver driver) {
        this.driver = driver;
    }

    public static void main(String[] arguments) {
        String libraries = System.getProperty("carve.cuda.libraries", "");
        Optional<NativeLibrary> cublas = NativeLibrary.find("libcublas", libraries);
        if (!(DriverProbe.probe("libcuda.so.1") instanceof ProbeResult.Devices)) {
            System.err.println("no driver of NVIDIA's");
            System.exit(2);
        }
        lines(new CudaGpuDriver(0), cublas, 1 << 30, 1024, 4096, 8192).forEach(System.out::println);
    }

    /** Returns the lines; the driver is closed. */
    public static List<String> lines(CudaGpuDriver driver, Optional<NativeLibrary> cublas, int bytes, int... extents) {
        var direct = new DirectCudaBenchmark(driver);
        List<String> lines = new ArrayList<>(List.of(direct.copies(bytes)));
        cublas.ifPresent(nativeLibrary -> {
            try (var blas = new CublasBlas(
                    nativeLibrary, driver.streamAddress(), () -> {}, MatmulPrecision.F32, Optional.empty())) {
                for (int extent : extents) {
                    lines.add(direct.product(blas, "F32", 0, extent));
                    lines.add(direct.product(blas, "BF16", 1, extent));
                }
            }
        });
        driver.close();
        return lines;
    }

    private String copies(int bytes) {
        long from = random(ROW, Float.BYTES, bytes / Float.BYTES / ROW);
        long to = driver.allocate(bytes);
        String line = line(
                "copy of %d MiB".formatted(bytes >> 20),
                2.0 * bytes / 1e9,
                "GB/s",
                "the driver",
                () -> JCudaDriver.cuMemcpyDtoDAsync(
                        CudaGpuDriver.devicePointer(to),
                        CudaGpuDriver.devicePointer(from),
                        bytes,
                        driver.streamHandle()));
        driver.release(from);
        driver.release(to);
        return line;
    }

    // into what they are stored as, as the device gives them
    private String product(CublasBlas blas, String type, int code, int extent) {
        int width = code == 0 ? Float.BYTES : Short.BYTES;
        long a = random(extent, width, extent);
        long b = random(extent, width, extent);
        long c = driver.allocate((long) extent * extent * width);
        String line = line(
                "product of %s, %d cubed".formatted(type, extent),
                2.0 * extent * extent * extent / 1e9,
                "GFLOP/s",
                "cuBLAS",
                () -> {
                    blas.gemm(
                            extent,
                            extent,
                            extent,
                            matrix(a, code, extent),
                            matrix(b, code, extent),
                            matrix(c, code, extent),
                            1);
                    return 0;
                });
        List.of(a, b, c).forEach(driver::release);
        return line;
    }

    private static GpuBlas.Matrix matrix(long address, int code, int extent) {
        return new GpuBlas.Matrix(address, code, false, extent, 0);
    }

    // normal numbers, as those that models are made of: zeros would be multiplied faster
    private long random(int columns, int width, int rows) {
        byte[] some = new byte[columns * width * Math.min(ROWS, rows)];
        var random = new SplittableRandom(42);
        var values = ByteBuffer.wrap(some).order(ByteOrder.LITTLE_ENDIAN);
        while (values.hasRemaining()) {
            int bits = Float.floatToRawIntBits((float) random.nextGaussian());
            if (width == Float.BYTES) {
                values.putInt(bits);
            } else {
                values.putShort((short) (bits >>> 16));
            }
        }
        long all = (long) columns * width * rows;
        long address = driver.allocate(all);
        for (long done = 0; done < all; done += some.length) {
            driver.upload(MemorySegment.ofArray(some), address + done, Math.min(some.length, all - done));
        }
        return address;
    }

    private String line(String name, double work, String unit, String by, LongSupplier body) {
        once(body, 1);
        int repeats = (int) Math.clamp(ENOUGH_SECONDS / Math.max(1e-6, once(body, 1)), 1, MOST);
        double[] seconds = new double[RUNS];
        Arrays.setAll(seconds, i -> once(body, repeats));
        Arrays.sort(seconds);
        return String.format(
                Locale.ROOT,
                "{\"case\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"median-millis\":%.6f,\"by\":\"%s called directly\"}",
                name,
                work / seconds[RUNS / 2],
                unit,
                seconds[RUNS / 2] * 1000,
                by);
    }

    private double once(LongSupplier body, int repeats) {
        driver.synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            CudaGpuDriver.check("what is measured", (int) body.getAsLong());
        }
        driver.synchronize();
        return Math.max(1, System.nanoTime() - start) / 1e9 / repeats;
    }
}
