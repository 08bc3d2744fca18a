package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.Parts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/** The laws of {@code frobenius}, with each mask. */
final class FrobeniusLossTest {
    private static Loss loss(String mask, Reduction reduction) {
        return Parts.loss("type = frobenius, mask = " + mask + ", reduction = " + Parts.word(reduction));
    }

    @Nested
    final class OverAll extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return FrobeniusLossTest.loss("all", reduction);
        }

        @Override
        protected Counted counted(Reduction reduction) {
            return Counted.ALL;
        }

        @Override
        protected double power() {
            return 0.5;
        }
    }

    @Nested
    final class WithoutPadding extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return FrobeniusLossTest.loss("padding", reduction);
        }

        @Override
        protected Counted counted(Reduction reduction) {
            return Counted.PADDING_LEFT_OUT;
        }

        @Override
        protected Set<Reduction> reductions() {
            return EnumSet.complementOf(EnumSet.of(Reduction.ELEMENTS));
        }

        @Override
        protected double power() {
            return 0.5;
        }
    }

    @Nested
    final class OverAnswers extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return FrobeniusLossTest.loss("answers", reduction);
        }

        @Override
        protected Counted counted(Reduction reduction) {
            return Counted.ANSWERS;
        }

        @Override
        protected Set<Reduction> reductions() {
            return EnumSet.complementOf(EnumSet.of(Reduction.ELEMENTS));
        }

        @Override
        protected double power() {
            return 0.5;
        }
    }
}
