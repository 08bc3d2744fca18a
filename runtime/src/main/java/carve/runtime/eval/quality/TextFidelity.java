package carve.runtime.eval.quality;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.List;

/**
 * The predictions of a student beside its teacher's on the same texts.
 *
 * @param buckets by position in the text, from its beginning
 * @param continuations how the greedy continuations of prompts agree
 */
public record TextFidelity(List<Bucket> buckets, Continuations continuations) {
    /**
     * The predictions at some positions.
     *
     * @param from the first position
     * @param to the position after the last
     * @param tokens how many tokens were predicted there
     * @param teacherLoss the teacher's mean negative log-likelihood of the next token, in nats
     * @param studentLoss the student's
     * @param divergence the mean of {@code KL(teacher || student)}, in nats
     * @param agreement the fraction of predictions with the same most probable token
     */
    public record Bucket(
            int from,
            int to,
            long tokens,
            double teacherLoss,
            double studentLoss,
            double divergence,
            double agreement) {
        /** Returns the teacher's perplexity. */
        public double teacherPerplexity() {
            return Math.exp(teacherLoss);
        }

        /** Returns the student's perplexity. */
        public double studentPerplexity() {
            return Math.exp(studentLoss);
        }

        JsonObject json() {
            return JsonObject.empty()
                    .with("from", from)
                    .with("to", to)
                    .with("tokens", tokens)
                    .with("teacher_perplexity", teacherPerplexity())
                    .with("student_perplexity", studentPerplexity())
                    .with("kl_divergence", divergence)
                    .with("top1_agreement", agreement);
        }
    }

    /**
     * Greedy continuations of the same prompts.
     *
     * @param prompts how many there were
     * @param promptTokens the tokens of each prompt
     * @param tokens the most tokens of a continuation
     * @param samePrefix the mean number of tokens before the first different one
     * @param same the fraction of continuations that are the same to the end
     */
    public record Continuations(int prompts, int promptTokens, int tokens, double samePrefix, double same) {
        JsonObject json() {
            return JsonObject.empty()
                    .with("prompts", prompts)
                    .with("prompt_tokens", promptTokens)
                    .with("tokens", tokens)
                    .with("same_prefix_tokens", samePrefix)
                    .with("same", same);
        }
    }

    /** Copies the list. */
    public TextFidelity {
        buckets = List.copyOf(buckets);
        if (buckets.isEmpty()) {
            throw new IllegalArgumentException("there are no predictions to compare");
        }
    }

    /** Returns the predictions at all positions together. */
    public Bucket overall() {
        BucketSums sums = new BucketSums();
        buckets.forEach(sums::add);
        return sums.bucket(0, buckets.getLast().to());
    }

    JsonObject json() {
        return overall()
                .json()
                .with(
                        "positions",
                        new JsonArray(
                                buckets.stream().<JsonValue>map(Bucket::json).toList()))
                .with("continuations", continuations.json());
    }
}
