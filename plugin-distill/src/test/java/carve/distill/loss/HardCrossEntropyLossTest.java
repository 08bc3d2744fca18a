package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.Parts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/** The laws of {@code hard-cross-entropy}, with each mask. */
final class HardCrossEntropyLossTest {
    private static Loss loss(String mask, Reduction reduction) {
        return Parts.loss("type = hard-cross-entropy, mask = " + mask + ", reduction = " + Parts.word(reduction));
    }

    @Nested
    final class OverAll extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return HardCrossEntropyLossTest.loss("all", reduction);
        }

        @Override
        protected Counted counted(Reduction reduction) {
            return Counted.ALL;
        }

        @Override
        protected boolean vanishes() {
            return false;
        }
    }

    @Nested
    final class WithoutPadding extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return HardCrossEntropyLossTest.loss("padding", reduction);
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
        protected boolean vanishes() {
            return false;
        }
    }

    @Nested
    final class OverAnswers extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return HardCrossEntropyLossTest.loss("answers", reduction);
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
        protected boolean vanishes() {
            return false;
        }
    }
}
