package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.Parts;
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
        private final Counted counted;

        Masked(String mask, Counted counted) {
            this.mask = mask;
            this.counted = counted;
        }

        @Override
        protected Loss loss(Reduction reduction) {
            return Parts.loss("%s, mask = %s, reduction = %s".formatted(settings, mask, Parts.word(reduction)));
        }

        @Override
        protected Counted counted(Reduction reduction) {
            return counted;
        }

        @Override
        protected Set<Reduction> reductions() {
            return counted == Counted.ALL
                    ? EnumSet.allOf(Reduction.class)
                    : EnumSet.complementOf(EnumSet.of(Reduction.ELEMENTS));
        }

        @Override
        protected double power() {
            return power;
        }

        @Override
        protected boolean vanishes() {
            return vanishes;
        }
    }

    @Nested
    final class OverAll extends Masked {
        OverAll() {
            super("all", Counted.ALL);
        }
    }

    @Nested
    final class WithoutPadding extends Masked {
        WithoutPadding() {
            super("padding", Counted.PADDING_LEFT_OUT);
        }
    }

    @Nested
    final class OverAnswers extends Masked {
        OverAnswers() {
            super("answers", Counted.ANSWERS);
        }
    }
}
