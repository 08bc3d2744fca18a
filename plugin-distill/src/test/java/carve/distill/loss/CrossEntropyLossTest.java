package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.TestParts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;

/** The laws of {@code cross-entropy}. */
final class CrossEntropyLossTest extends LossContract {
    @Override
    protected Loss loss(Reduction reduction) {
        return TestParts.loss("type = cross-entropy, reduction = " + TestParts.word(reduction));
    }

    @Override
    protected CountedPositions countedPositions(Reduction reduction) {
        return CountedPositions.ANSWERS;
    }

    @Override
    protected Set<Reduction> reductions() {
        return EnumSet.complementOf(EnumSet.of(Reduction.MEAN));
    }
}
