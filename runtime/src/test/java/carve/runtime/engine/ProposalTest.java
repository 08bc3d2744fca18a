package carve.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.runtime.engine.Proposal.Acceptance;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests that accepted draft tokens are distributed as the model's own tokens are. */
final class ProposalTest {
    private static final int LENGTH = 3;
    private static final int RUNS = 20_000;

    // by the token before, the last row is for the first token
    private static final double[][] MODEL = {{0.1, 0.6, 0.3}, {0.5, 0, 0.5}, {0.2, 0.2, 0.6}, {0.7, 0.1, 0.2}};
    private static final double[][] DRAFT = {{0.3, 0.3, 0.4}, {0.4, 0.3, 0.3}, {0, 0.5, 0.5}, {0.2, 0.2, 0.6}};

    private static Sampler sampler(long seed) {
        return new Sampler(1, 0, 1, seed, Set.of());
    }

    private static int last(List<Integer> tokens) {
        return tokens.isEmpty() ? 3 : tokens.getLast();
    }

    /** Makes a sequence of three tokens by rounds of at most two drafted ones. */
    private static int sequence(long seed) {
        Sampler sampler = sampler(seed);
        List<Integer> tokens = new ArrayList<>();
        while (tokens.size() < LENGTH) {
            int first = tokens.size();
            Proposal proposal = new Proposal(new ArrayList<>(), new ArrayList<>());
            List<double[]> model = new ArrayList<>();
            List<Integer> ahead = new ArrayList<>(tokens);
            for (int i = 0; i < 2; i++) {
                double[] q = DRAFT[last(ahead)];
                model.add(MODEL[last(ahead)]);
                ahead.add(Proposal.draw(q, sampler.uniform("draft", first + i)));
                proposal.tokens().add(ahead.getLast());
                proposal.probabilities().add(q);
            }
            model.add(MODEL[last(ahead)]);
            Acceptance acceptance = proposal.rejectionSample(model, sampler, first);
            tokens.addAll(proposal.tokens().subList(0, acceptance.accepted()));
            tokens.add(acceptance.next());
        }
        return 9 * tokens.get(0) + 3 * tokens.get(1) + tokens.get(2);
    }

    @Test
    void sequencesAreDistributedAsTheModelsOwn() {
        int[] counts = new int[27];
        for (int run = 0; run < RUNS; run++) {
            counts[sequence(42 + run)]++;
        }
        double chiSquare = 0;
        int cells = 0;
        for (int i = 0; i < counts.length; i++) {
            double expected = RUNS * MODEL[3][i / 9] * MODEL[i / 9][i / 3 % 3] * MODEL[i / 3 % 3][i % 3];
            if (expected == 0) {
                assertEquals(0, counts[i], "what the model never says");
            } else {
                chiSquare += Math.pow(counts[i] - expected, 2) / expected;
                cells++;
            }
        }
        assertEquals(22, cells);
        // one in a thousand of chi-square with 21 degrees of freedom is above
        assertTrue(chiSquare < 46.8, "chi-square " + chiSquare);
    }

    @Test
    void whatModelAndDraftAgreeOnStays() {
        double[] p = {0.25, 0.75};
        for (int seed = 0; seed < 100; seed++) {
            assertEquals(
                    1,
                    new Proposal(List.of(1), List.of(p))
                            .rejectionSample(List.of(p, p), sampler(seed), 0)
                            .accepted());
        }
    }

    @Test
    void greedyTakesTheModelsToken() {
        double[] zero = {1, 0};
        double[] one = {0, 1};
        Proposal proposal = new Proposal(List.of(0, 0), List.of(zero, zero));
        assertEquals(
                new Acceptance(1, 1), proposal.rejectionSample(List.of(zero, one, zero), Sampler.greedy(Set.of()), 0));
        assertEquals(
                new Acceptance(2, 1), proposal.rejectionSample(List.of(zero, zero, one), Sampler.greedy(Set.of()), 0));
    }
}
