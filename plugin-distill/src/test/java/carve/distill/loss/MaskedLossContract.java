package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.TestParts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/** The laws of a loss with each mask; all but the one that counts everything lack the mean over elements. */
abstract class MaskedLossContract {
    private final String settings;
    private final double power;
    private final boolean vanishes;

    /** Tries a loss with these settings that grows with what is reduced and is zero for equal. */
    MaskedLossContract(String settings) {
        this(settings, 1, true);
    }

    MaskedLossContract(String settings, double power, boolean vanishes) {
        this.settings = settings;
        this.power = power;
        this.vanishes = vanishes;
    }

    private abstract class Masked extends LossContract {
        private final String mask;
        private final CountedPositions countedPositions;

        Masked(String mask, CountedPositions countedPositions) {
            this.mask = mask;
            this.countedPositions = countedPositions;
        }

        @Override
        protected Loss loss(Reduction reduction) {
            return TestParts.loss("%s, mask = %s, reduction = %s".formatted(settings, mask, TestParts.word(reduction)));
        }

        @Override
        protected CountedPositions countedPositions(Reduction reduction) {
            return countedPositions;
        }

        @Override
        protected Set<Reduction> reductions() {
            return countedPositions == CountedPositions.ALL
                    ? EnumSet.allOf(Reduction.class)
                    : EnumSet.complementOf(EnumSet.of(Reduction.MEAN));
        }

        @Override
        protected double reductionExponent() {
            return power;
        }

        @Override
        protected boolean isZeroForEqualInputs() {
            return vanishes;
        }
    }

    @Nested
    final class OverAll extends Masked {
        OverAll() {
            super("all", CountedPositions.ALL);
        }
    }

    @Nested
    final class WithoutPadding extends Masked {
        WithoutPadding() {
            super("non-padding", CountedPositions.NON_PADDING);
        }
    }

    @Nested
    final class OverAnswers extends Masked {
        OverAnswers() {
            super("answers", CountedPositions.ANSWERS);
        }
    }
}
