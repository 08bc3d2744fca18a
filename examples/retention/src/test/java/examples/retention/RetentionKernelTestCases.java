package examples.retention;

import carve.api.op.SequenceLayout;
import carve.testkit.KernelCase;
import carve.testkit.RandomTensors;
import carve.testkit.Tolerance;
import java.util.List;
import java.util.function.IntFunction;

/** With what kernels for {@link RetentionScan} are tried, at T positions: whole rows and packed ones. */
public final class RetentionKernelTestCases implements IntFunction<List<KernelCase>> {
    @Override
    public List<KernelCase> apply(int positions) {
        KernelCase whole = trial("whole rows", SequenceLayout.unpadded(2, positions));
        return positions < 5 ? List.of(whole) : List.of(whole, trial("packed", SequenceLayout.packed(0, 2, positions)));
    }

    private static KernelCase trial(String name, SequenceLayout s) {
        RandomTensors random = RandomTensors.seeded();
        return new KernelCase(
                name,
                new RetentionScan(s, List.of(0.5, 0.9, 0.99)),
                device -> List.of(
                        random.normal(device, "q", s.batch(), s.positions(), 3, 5),
                        random.normal(device, "k", s.batch(), s.positions(), 3, 5),
                        random.normal(device, "v", s.batch(), s.positions(), 3, 13),
                        random.normal(device, "state", s.count(), 3, 5, 13)),
                Tolerance.SCAN);
    }
}
