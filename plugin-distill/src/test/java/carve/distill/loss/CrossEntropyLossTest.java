package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.Parts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;

/** The laws of {@code cross-entropy}. */
final class CrossEntropyLossTest extends LossContract {
    @Override
    protected Loss loss(Reduction reduction) {
        return Parts.loss("type = cross-entropy, reduction = " + Parts.word(reduction));
    }

    @Override
    protected Counted counted(Reduction reduction) {
        return Counted.ANSWERS;
    }

    @Override
    protected Set<Reduction> reductions() {
        return EnumSet.complementOf(EnumSet.of(Reduction.ELEMENTS));
    }
}
