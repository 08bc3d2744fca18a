package examples.retention;

import carve.api.op.Sequences;
import carve.testkit.KernelTrial;
import carve.testkit.Randoms;
import carve.testkit.Tolerance;
import java.util.List;
import java.util.function.IntFunction;

/** With what kernels for {@link RetentionScan} are tried, at T positions: whole rows and packed ones. */
public final class RetentionTrials implements IntFunction<List<KernelTrial>> {
    @Override
    public List<KernelTrial> apply(int positions) {
        KernelTrial whole = trial("whole rows", Sequences.whole(2, positions));
        return positions < 5 ? List.of(whole) : List.of(whole, trial("packed", Sequences.packed(0, 2, positions)));
    }

    private static KernelTrial trial(String name, Sequences s) {
        Randoms random = Randoms.seeded();
        return new KernelTrial(
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
