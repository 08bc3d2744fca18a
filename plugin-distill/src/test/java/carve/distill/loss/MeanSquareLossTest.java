package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.Parts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/** The laws of {@code mean-square}, with each mask. */
final class MeanSquareLossTest {
    private static Loss loss(String mask, Reduction reduction) {
        return Parts.loss("type = mean-square, mask = " + mask + ", reduction = " + Parts.word(reduction));
    }

    @Nested
    final class OverAll extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return MeanSquareLossTest.loss("all", reduction);
        }

        @Override
        protected Counted counted(Reduction reduction) {
            return Counted.ALL;
        }
    }

    @Nested
    final class WithoutPadding extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return MeanSquareLossTest.loss("padding", reduction);
        }

        @Override
        protected Counted counted(Reduction reduction) {
            return Counted.PADDING_LEFT_OUT;
        }

        @Override
        protected Set<Reduction> reductions() {
            return EnumSet.complementOf(EnumSet.of(Reduction.ELEMENTS));
        }
    }

    @Nested
    final class OverAnswers extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return MeanSquareLossTest.loss("answers", reduction);
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
}
