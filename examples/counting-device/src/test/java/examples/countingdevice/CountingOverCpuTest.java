package examples.countingdevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.ReferenceDevice;
import carve.api.op.SwiGlu;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.config.CpuConfig;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The device {@code cpu} computes below, with its own kernels, which come with the artifact carve-cpu. */
final class CountingOverCpuTest {
    @Test
    void kernelsOfTheCpuRunAndAreCounted() {
        try (var counting = new CountingDevice(new CpuDevice(CpuConfig.standard()), Optional.empty());
                var reference = new ReferenceDevice()) {
            Tensor x = RandomTensors.seeded().normal(counting, "x", 3, 5);
            Tape tape = new Tape();
            Tensor watched = tape.watch(x);
            Tensor y = Tensors.apply(new SwiGlu(), watched, x).getFirst();
            Tensor expected = RandomTensors.seeded().normal(reference, "x", 3, 5);
            TensorAssertions.assertClose(
                    "swiglu",
                    new SwiGlu().reference(List.of(expected, expected)).getFirst(),
                    y.detach(),
                    1e-6);
            tape.gradients(y.sum(), List.of(watched));
            // a processor without AVX2 computes the reference
            String choice = counting.context().kernels().choices().get("swiglu");
            int kernels = choice.startsWith("kernel ") ? 1 : 0;
            assertEquals(kernels, counting.counts().of("swiglu"), choice);
            assertEquals(kernels, counting.counts().of("swiglu backward"), choice);
            assertTrue(counting.counts().of("upload") > 0);
        }
    }
}
