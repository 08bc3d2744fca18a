package carve.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.op.AdamW;
import carve.api.param.ParamStore;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cuda.CudaDevice;
import carve.cuda.EmulatedDevices;
import carve.cuda.RecordingDriver;
import carve.cuda.gpu.GpuBuffer;
import carve.cuda.gpu.MemoryPool;
import carve.testkit.RandomTensors;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Steps of many parameters, done together, give what they give one by one. */
final class MultiTensorAdamWTest {
    private static final int[] EXTENTS = {1, 2, 5, 13, 63, 64, 65, 200, 4095, 4096, 4097, 9000};
    private static final int PARAMETERS = 60;

    /** Two steps of all parameters, as a trainer does them. */
    private static ParamStore trained(CudaDevice device, boolean oneByOne) {
        ParamStore store = new ParamStore(device);
        for (int i = 0; i < PARAMETERS; i++) {
            store.put("p" + i, RandomTensors.seeded().normal(device, "p" + i, EXTENTS[i % EXTENTS.length]));
            store.put("mean" + i, Tensors.zeros(device, store.get("p" + i).shape()));
            store.put("square" + i, Tensors.zeros(device, store.get("p" + i).shape()));
        }
        for (int step = 1; step <= 2; step++) {
            for (int i = 0; i < PARAMETERS; i++) {
                step(device, store, i, step);
                if (oneByOne) {
                    device.synchronize();
                }
            }
        }
        return store;
    }

    private static void step(CudaDevice device, ParamStore store, int i, int step) {
        Scope.run(device, () -> {
            Tensor value = store.get("p" + i);
            Tensor gradient = value.multiply(0.1f * step); // which is launched between the steps
            var op = new AdamW(1e-2, 0.9, 0.999, 1e-8, i % 3 == 0 ? 0 : 0.05, step);
            List<Tensor> next = Tensors.apply(op, value, gradient, store.get("mean" + i), store.get("square" + i));
            store.put("p" + i, next.get(0));
            store.put("mean" + i, next.get(1));
            store.put("square" + i, next.get(2));
        });
    }

    @Test
    void togetherIsOneByOneToTheBit() {
        try (CudaDevice device = EmulatedDevices.open();
                CudaDevice other = EmulatedDevices.open();
                ParamStore together = trained(device, false);
                ParamStore oneByOne = trained(other, true)) {
            for (String name : together.names()) {
                assertArrayEquals(
                        oneByOne.get(name).floats(), together.get(name).floats(), name);
            }
        }
    }

    @Test
    void allParametersAreFewLaunches() {
        var driver = new RecordingDriver(1L << 30);
        try (CudaDevice device = EmulatedDevices.open(driver, false);
                ParamStore store = trained(device, false)) {
            device.synchronize();
            driver.calls();
            for (int i = 0; i < PARAMETERS; i++) {
                step(device, store, i, 3);
            }
            device.synchronize();
            long launches = driver.calls().stream()
                    .filter(asked -> asked.startsWith("launch"))
                    .count();
            int gradients = 2 * PARAMETERS; // the number, and the product with it
            assertEquals(gradients + 2, launches);
        }
    }

    @Test
    void memoryThatStepsReadIsNotUsedAgainBeforeThem() {
        var driver = new RecordingDriver(1L << 20);
        var pool = new MemoryPool(driver, driver::synchronize);
        GpuBuffer first = pool.allocate(1000);
        long address = first.address();
        pool.deferReuse(true);
        first.close();
        assertEquals(1024, pool.deferredBytes());
        assertTrue(pool.allocate(1000).address() != address);
        pool.deferReuse(false);
        assertEquals(address, pool.allocate(1000).address());
    }
}
