package carve.runtime.eval.quality;

import carve.api.json.JsonObject;

/**
 * The costs of a session of a length for teacher and student, measured in turn in one run.
 *
 * @param length the tokens of the prompt
 * @param teacherTokensPerSecond the teacher's median speed of decoding after it
 * @param studentTokensPerSecond the student's
 * @param teacherStateBytes the bytes of the teacher's state after it
 * @param studentStateBytes the student's
 */
public record SpeedComparison(
        int length,
        double teacherTokensPerSecond,
        double studentTokensPerSecond,
        long teacherStateBytes,
        long studentStateBytes) {
    /** Returns how many times as fast as the teacher the student decodes. */
    public double speedRatio() {
        return studentTokensPerSecond / teacherTokensPerSecond;
    }

    JsonObject json() {
        return JsonObject.empty()
                .with("length", length)
                .with("teacher_tokens_per_second", teacherTokensPerSecond)
                .with("student_tokens_per_second", studentTokensPerSecond)
                .with("teacher_state_bytes", teacherStateBytes)
                .with("student_state_bytes", studentStateBytes);
    }
}
