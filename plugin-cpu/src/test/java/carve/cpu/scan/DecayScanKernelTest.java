package carve.cpu.scan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import carve.api.device.Device;
import carve.api.op.DecayScan;
import carve.api.op.SequenceLayout;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.KernelReferenceCheck;
import carve.cpu.TestTensors;
import carve.cpu.TestTensors.HostTensor;
import carve.cpu.config.CpuConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scans agree with their definition, forward and in every gradient, at odd extents; neither rows nor threads change them. */
final class DecayScanKernelTest extends KernelReferenceCheck {
    /** Compares a scan with groups (Gq, Gk, Gv) of H heads, with and without a gradient of the last state. */
    private void scan(SequenceLayout s, int heads, int[] groups, int state, int width) {
        int t = s.positions();
        for (int weighted = 1; weighted <= 2; weighted++) {
            agree(
                    1e-5,
                    weighted,
                    new DecayScan(s),
                    x(s.batch(), t, groups[0], state),
                    x(s.batch(), t, groups[1], state),
                    x(s.batch(), t, groups[2], width),
                    TestTensors.random(random, -1, 0, s.batch(), t, heads),
                    x(s.batch(), t, heads),
                    x(s.count(), heads, width, state));
        }
    }

    @Test
    void scan() {
        for (int n : EXTENTS) {
            scan(SequenceLayout.unpadded(2, n), 2, new int[] {2, 2, 2}, 5, 13);
            scan(SequenceLayout.unpadded(1, 13), 1, new int[] {1, 1, 1}, n, 5);
            scan(SequenceLayout.unpadded(1, 13), 1, new int[] {1, 1, 1}, 5, n);
        }
        scan(SequenceLayout.unpadded(2, 70), 6, new int[] {6, 3, 2}, 24, 32);
        scan(SequenceLayout.unpadded(2, 70), 4, new int[] {1, 1, 4}, 33, 8);
        scan(SequenceLayout.unpadded(1, 70), 6, new int[] {1, 1, 1}, 24, 32);
        scan(SequenceLayout.unpadded(1, 70), 6, new int[] {1, 2, 6}, 24, 8);
        scan(SequenceLayout.unpadded(1, 70), 20, new int[] {1, 2, 10}, 8, 8);
        scan(SequenceLayout.packed(0, 1, 3, 70, 75), 4, new int[] {4, 2, 2}, 8, 8);
        scan(SequenceLayout.packed(0, 100, 101, 230), 2, new int[] {2, 1, 1}, 128, 70);
    }

    @Test
    void scanOfWideStates() {
        scan(SequenceLayout.unpadded(1, 90), 2, new int[] {2, 1, 1}, 256, 200);
        scan(SequenceLayout.unpadded(1, 70), 2, new int[] {1, 1, 2}, 150, 256);
    }

    @Test
    void rowsAndThreadsDoNotChangeAScan() {
        HostTensor q = x(3, 150, 2, 70);
        HostTensor k = x(3, 150, 1, 70);
        HostTensor v = x(3, 150, 4, 40);
        HostTensor g = TestTensors.random(random, -1, 0, 3, 150, 4);
        HostTensor w = x(3, 150, 4);
        HostTensor state = x(3, 4, 40, 70);
        List<HostTensor> operands = List.of(q, k, v, g, w, state);
        List<Tensor> all =
                Tensors.apply(new DecayScan(SequenceLayout.unpadded(3, 150)), TestTensors.toDevice(cpu, operands));
        try (Device other = new CpuDevice(new CpuConfig(5, CpuConfig.BlasMode.BUILTIN, true))) {
            for (int b = 0; b < 3; b++) {
                int row = b;
                List<Tensor> alone = operands.stream()
                        .map(x -> x.on(other).slice(0, row, row + 1))
                        .toList();
                List<Tensor> one = Tensors.apply(new DecayScan(SequenceLayout.unpadded(1, 150)), alone);
                for (int i = 0; i < 2; i++) {
                    assertArrayEquals(
                            all.get(i).slice(0, b, b + 1).floats(), one.get(i).floats(), "result " + i + ", row " + b);
                }
            }
        }
    }

    @Test
    void threadsDoNotChangeGradientsOfAScan() {
        List<HostTensor> operands =
                List.of(x(1, 90, 1, 24), x(1, 90, 1, 24), x(1, 90, 3, 8), x(1, 90, 6), x(1, 90, 6), x(1, 6, 8, 24));
        List<HostTensor> weights = List.of(x(1, 90, 6, 8), x(1, 6, 8, 24));
        FusedOp op = new DecayScan(SequenceLayout.unpadded(1, 90));
        List<Tensor> expected = run(cpu, op, operands, weights);
        for (int threads : new int[] {1, 5}) {
            try (Device other = new CpuDevice(new CpuConfig(threads, CpuConfig.BlasMode.BUILTIN, true))) {
                List<Tensor> actual = run(other, op, operands, weights);
                for (int i = 0; i < expected.size(); i++) {
                    assertArrayEquals(
                            expected.get(i).floats(), actual.get(i).floats(), threads + " threads, value " + i);
                }
            }
        }
    }

    @Test
    void scanOfStrongDecay() {
        HostTensor decay = TestTensors.random(random, -30, 0, 1, 130, 2);
        agree(
                1e-5,
                new DecayScan(SequenceLayout.unpadded(1, 130)),
                x(1, 130, 2, 8),
                x(1, 130, 2, 8),
                x(1, 130, 2, 8),
                decay,
                x(1, 130, 2),
                x(1, 2, 8, 8));
    }
}
