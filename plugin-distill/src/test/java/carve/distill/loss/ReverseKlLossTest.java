package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.distill.Parts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/** The laws of {@code reverse-kl}, at a temperature, with each mask. */
final class ReverseKlLossTest {
    private static Loss loss(String mask, Reduction reduction) {
        return Parts.loss(
                "type = reverse-kl, temperature = 2, mask = " + mask + ", reduction = " + Parts.word(reduction));
    }

    @Nested
    final class OverAll extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return ReverseKlLossTest.loss("all", reduction);
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
            return ReverseKlLossTest.loss("padding", reduction);
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
            return ReverseKlLossTest.loss("answers", reduction);
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
