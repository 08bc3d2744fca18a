package carve.runtime.eval.quality;

import carve.api.json.JsonObject;

/**
 * The recall of teacher and student for a task at a length, scored both ways: by what they generate, and by whether the answer is likelier than
 * three wrong ones of its kind. A student may know which answer is likelier and still not produce it.
 *
 * @param task the name of the task
 * @param length the length of its texts in tokens
 * @param samples how many were asked
 * @param teacherGenerated the teacher's mean score by generation, 0 to 1
 * @param studentGenerated the student's
 * @param teacherLikelihood the teacher's accuracy by likelihood, 0 to 1; NaN for tasks without wrong answers to compare with
 * @param studentLikelihood the student's
 */
public record RecallComparison(
        String task,
        int length,
        int samples,
        double teacherGenerated,
        double studentGenerated,
        double teacherLikelihood,
        double studentLikelihood) {
    /** Returns whether the answers were scored by likelihood too. */
    public boolean hasLikelihood() {
        return !Double.isNaN(teacherLikelihood) && !Double.isNaN(studentLikelihood);
    }

    JsonObject json() {
        JsonObject json = JsonObject.empty()
                .with("task", task)
                .with("length", length)
                .with("samples", samples)
                .with("teacher_generated", teacherGenerated)
                .with("student_generated", studentGenerated);
        return hasLikelihood()
                ? json.with("teacher_likelihood", teacherLikelihood).with("student_likelihood", studentLikelihood)
                : json;
    }
}
