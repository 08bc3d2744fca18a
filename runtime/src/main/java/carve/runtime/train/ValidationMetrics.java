package carve.runtime.train;

import carve.api.json.JsonObject;
import java.util.Optional;

/**
 * Measurements of a student on samples that it is not trained on.
 *
 * @param positions the positions with a target, which perplexities are means over
 * @param perplexity the exponential of the mean cross entropy of the targets, in nats
 * @param teacher the comparison with the teacher, if there is one
 */
public record ValidationMetrics(long positions, double perplexity, Optional<TeacherComparison> teacher) {
    /**
     * The student beside its teacher, over all positions of the samples.
     *
     * @param perplexity the teacher's
     * @param kl the mean of {@code KL(teacher || student)} of the next token, in nats
     * @param topTokenAgreement the fraction of positions whose most probable token is the same
     */
    public record TeacherComparison(double perplexity, double kl, double topTokenAgreement) {}

    JsonObject json() {
        JsonObject json = JsonObject.empty().with("positions", positions).with("perplexity", perplexity);
        return teacher.map(comparison -> json.with("teacher_perplexity", comparison.perplexity())
                        .with("kl", comparison.kl())
                        .with("top_1_agreement", comparison.topTokenAgreement()))
                .orElse(json);
    }

    static ValidationMetrics of(JsonObject json) {
        Optional<TeacherComparison> teacher = json.has("kl")
                ? Optional.of(new TeacherComparison(
                        json.real("teacher_perplexity"), json.real("kl"), json.real("top_1_agreement")))
                : Optional.empty();
        return new ValidationMetrics(json.longInteger("positions"), json.real("perplexity"), teacher);
    }
}
